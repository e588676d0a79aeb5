#include "analysis/group_numbers.hpp"

#include <gtest/gtest.h>

#include "support/allocations.hpp"

namespace bordin {
namespace {

using Rows = std::vector<std::int32_t>;

Grouping numbered(std::vector<double> const& ids) {
  Grouping out;
  GroupNumbers().assign(ids, out);
  return out;
}

void expect_groups(std::vector<double> const& ids, Rows const& rows, std::int32_t groups) {
  auto const out = numbered(ids);
  EXPECT_EQ(out.of_row, rows);
  EXPECT_EQ(out.groups, groups);
  std::size_t covered = 0;
  for_each_run(out, [&](std::size_t first, std::size_t end, std::int32_t group) {
    EXPECT_EQ(first, covered);
    for (; covered < end; ++covered) EXPECT_EQ(out.of_row[covered], group);
  });
  EXPECT_EQ(covered, ids.size());
}

// The same of ids that are kept as whole numbers.
void expect_groups_of_both(Rows const& ids, Rows const& rows, std::int32_t groups) {
  expect_groups({ids.begin(), ids.end()}, rows, groups);
  Grouping whole;
  GroupNumbers().assign(ids, whole);
  EXPECT_EQ(whole.of_row, rows);
  EXPECT_EQ(whole.groups, groups);
  EXPECT_EQ(whole.run_ends, numbered({ids.begin(), ids.end()}).run_ends);
}

TEST(GroupNumbers, KnowTheirRuns) {
  EXPECT_EQ(numbered({7, 7, 3, 3, 3, 9}).run_ends, (Rows{2, 5, 6}));
  EXPECT_EQ(numbered({7, 3, 7, 7}).run_ends, (Rows{1, 2, 4}));
}

TEST(GroupNumbers, AreInTheOrderOfFirstRows) {
  expect_groups_of_both({7, 7, 3, 3, 3, 9}, {0, 0, 1, 1, 1, 2}, 3);
  expect_groups_of_both({4}, {0}, 1);
  expect_groups_of_both({5, 6, 7}, {0, 1, 2}, 3);
}

TEST(GroupNumbers, FindGroupsWhoseRowsLieApart) {
  expect_groups_of_both({7, 3, 7, 7, 3, 9}, {0, 1, 0, 0, 1, 2}, 3);
  expect_groups_of_both({1, 2, 1, 2}, {0, 1, 0, 1}, 2);
}

TEST(GroupNumbers, TakeNegativeBrokenAndDistantIds) {
  expect_groups_of_both({-2, -2, 0, -1}, {0, 0, 1, 2}, 3);
  expect_groups({0.0, -0.0, 1}, {0, 0, 1}, 2);
  expect_groups({0.0, -0.0, 0.5}, {0, 0, 1}, 2);
  expect_groups({0.5, 0.25, 0.25, 0.5}, {1, 0, 0, 1}, 2);
  expect_groups({1e15, 0, 1e15, -1e15}, {2, 1, 2, 0}, 3);
  expect_groups({3e9, 1e9, 2e9}, {2, 0, 1}, 3);
  expect_groups_of_both({2147483647, -2147483647, 2147483647}, {1, 0, 1}, 2);
}

TEST(GroupNumbers, AreTheSameAfterOtherData) {
  GroupNumbers numbers;
  Grouping out;
  numbers.assign(std::vector<double>(100, 8), out);
  numbers.assign(std::vector<double>{2, 1, 2}, out);
  EXPECT_EQ(out.of_row, (Rows{0, 1, 0}));
  EXPECT_EQ(out.groups, 2);
}

TEST(GroupNumbers, TakeNoMemoryForDataOfTheSameSize) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  GroupNumbers numbers;
  Grouping out;
  std::vector<double> const ids{7, 3, 7, 7, 3, 9};
  numbers.assign(ids, out);
  auto const before = testing::allocations();
  numbers.assign(ids, out);
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
