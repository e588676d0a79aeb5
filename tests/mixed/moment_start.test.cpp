#include <gtest/gtest.h>

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
