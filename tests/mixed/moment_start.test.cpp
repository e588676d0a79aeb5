#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "mixed/nested_fit.hpp"
#include "mixed/small_data.hpp"

namespace bordin {
namespace {

TEST(MomentStart, ComesNearTheVariancesThatMadeLargeData) {
  std::mt19937_64 random(2);
  auto data = testing::small_data(random, {60, 20, 9}, 1, 1);  // intercepts of both factors with variance 1, residual 1
  data.y -= data.q * (data.q.transpose() * data.y);
  NestedSums sums;
  data.sum_up(sums);
  std::vector<double> start;
  ASSERT_TRUE(moment_start(sums, static_cast<int>(data.q.rows()), start));
  ASSERT_EQ(start.size(), 2U);
  EXPECT_NEAR(start[0], 1, .5);
  EXPECT_NEAR(start[1], 1, .5);
}

// Most groups have two rows, from which least squares make slopes with a variance of 2; the true one is 0.09.
TEST(MomentStart, WeighsGroupsByWhatTheyTell) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> one, time, y;
  Grouping group;
  for (; group.groups < 200; ++group.groups) {
    double const intercept = normal(random), slope = 0.3 * normal(random);
    for (int k = 0; k < (group.groups % 5 == 0 ? 12 : 2); ++k) {
      one.push_back(1);
      time.push_back(k);
      y.push_back(intercept + slope * k + normal(random));
      group.of_row.push_back(group.groups);
    }
  }
  std::vector<double> const q(y.size(), 1 / std::sqrt(static_cast<double>(y.size())));
  NestedSums sums;
  sums.read({{q.data()}, {y.data()}}, {{one.data()}, {time.data()}}, {&group});
  sums.finish(Eigen::MatrixXd::Identity(2, 2));
  NestedFit fit;
  fit.fit(sums, {{0, {0, 1}}}, static_cast<int>(y.size()), true, 0);
  std::vector<double> start;
  ASSERT_TRUE(moment_start(sums, static_cast<int>(y.size()), start));
  EXPECT_NEAR(start[0], fit.covariance(0)(0, 0), .2);
  EXPECT_NEAR(start[1], fit.covariance(0)(0, 1), .05);
  EXPECT_NEAR(start[2], fit.covariance(0)(1, 1), .03);
}

TEST(MomentStart, NeedsRowsToSpareWithinGroups) {
  std::mt19937_64 random(2);
  auto const data = testing::small_data(random, {6, 1}, 1, 1);  // a row each
  NestedSums sums;
  data.sum_up(sums);
  std::vector<double> start;
  EXPECT_FALSE(moment_start(sums, static_cast<int>(data.q.rows()), start));
}

}  // namespace
}  // namespace bordin
