#include "analysis/f_distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "analysis/distributions.hpp"
#include "analysis/reference.hpp"

namespace bordin {
namespace {

using testing::expect_relative;

TEST(FDistribution, IsThatOfR) {
  auto const expected = testing::read_json("regression_reference.json")["anova"]["f"];
  expect_relative(f_upper_p(3.7, 2.5, 11), expected["p"], 1e-13, "p");
  expect_relative(f_upper_p(200, 3, 40), expected["tail"], 1e-12, "p in the tail");
  expect_relative(f_quantile(.025, 4, 17.5), expected["quantile"][0], 1e-13, "lower quantile");
  expect_relative(f_quantile(.975, 4, 17.5), expected["quantile"][1], 1e-13, "upper quantile");
}

TEST(FDistribution, OnOneNumeratorDfItIsTSquared) {
  for (double const t : {.1, 1.7, 6.0})
    for (double const df : {1.0, 7.3, 400.0}) EXPECT_NEAR(f_upper_p(t * t, 1, df) / two_sided_p(t, df), 1, 1e-12);
}

TEST(FDistribution, NonsenseGivesNaNAndNeverThrows) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (double const df : {nan, 0.0, -1.0}) {
    EXPECT_TRUE(std::isnan(f_upper_p(1, df, 4)));
    EXPECT_TRUE(std::isnan(f_quantile(.5, 4, df)));
  }
  EXPECT_TRUE(std::isnan(f_upper_p(nan, 3, 4)));
  EXPECT_EQ(f_upper_p(-1, 3, 4), 1);
  EXPECT_EQ(f_upper_p(std::numeric_limits<double>::infinity(), 3, 4), 0);
  for (double const p : {nan, 0.0, 1.0}) EXPECT_TRUE(std::isnan(f_quantile(p, 3, 4)));
}

}  // namespace
}  // namespace bordin
