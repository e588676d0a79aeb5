#include "mixed/nested_sums.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(NestedSums, PutsGroupsObservedAlikeTogether) {
  std::vector<double> const one(7, 1), time{0, 1, 0, 1, 0, 1, 2}, y{3, 1, 4, 1, 5, 9, 2};
  Grouping const client{{0, 0, 1, 1, 2, 2, 2}, 3}, therapist{{0, 0, 0, 0, 1, 1, 1}, 2};
  NestedSums sums;
  sums.read({{one.data()}, {y.data(), 2, 1}}, {{one.data()}, {time.data()}}, {&client, &therapist});
  EXPECT_EQ(sums.gram(0, 0), 7);
  EXPECT_EQ(sums.gram(0, 1), 25 - 14);  // y less 2
  sums.finish(Eigen::MatrixXd::Identity(2, 2));
  auto const task = sums.task();
  EXPECT_EQ(task.patterns, 2);
  EXPECT_EQ(task.pattern_groups[0], 2);
  EXPECT_EQ(task.pattern_zz[2], 1);  // sum of time^2
  EXPECT_EQ(task.cells, 2);
  EXPECT_EQ(task.cell_groups[0], 2);
  EXPECT_EQ(sums.group_sums(1)[1], 4 + 1 - 4);
  EXPECT_EQ(sums.group_parent(2), 1);
  // Moments of y with itself over both clients of the first pattern: (3+1-4)^2 + (4+1-4)^2.
  EXPECT_EQ(task.pattern_moments[task.stride + 1], 1);
}

}  // namespace
}  // namespace bordin
