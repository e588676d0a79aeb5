#include "analysis/distributions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bordin {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Expected values: R 4.2, 2 * pt(-abs(t), df) and qt(p, df).
TEST(Distributions, TwoSidedPIsThatOfR) {
  EXPECT_NEAR(two_sided_p(2, 10), 0.073388034770740393, 1e-14);
  EXPECT_NEAR(two_sided_p(-2.5, 3.7), 0.071822022911826752, 1e-14);
  EXPECT_NEAR(two_sided_p(1.959963984540054, inf), 0.05, 1e-15);
  EXPECT_NEAR(two_sided_p(18.879020474885806, 973.02651895939562) / 5.5950525946733994e-68, 1, 1e-9);
  EXPECT_EQ(two_sided_p(0, 5), 1);
}

TEST(Distributions, QuantilesAreThoseOfR) {
  EXPECT_NEAR(t_quantile(.975, 10), 2.2281388519862739, 1e-13);
  EXPECT_NEAR(t_quantile(.975, 2.5), 3.5746548420036919, 1e-13);
  EXPECT_NEAR(t_quantile(.025, inf), -1.959963984540054, 1e-14);
}

TEST(Distributions, LargeDegreesOfFreedomMeetTheNormal) {
  for (double const df : {1e9, 9.9e9, 1.1e10, 1e15}) {
    EXPECT_NEAR(two_sided_p(3, df) / two_sided_p(3, inf), 1, 5e-8) << df;
    EXPECT_NEAR(t_quantile(.995, df), t_quantile(.995, inf), 1e-8) << df;
  }
}

TEST(Distributions, QuantileAndPInvertEachOther) {
  for (double const df : {.3, 1.0, 2.75, 48.01, 701.9})
    for (double const alpha : {1e-6, .05, .9})
      EXPECT_NEAR(two_sided_p(t_quantile(alpha / 2, df), df) / alpha, 1, 1e-10) << df;
}

TEST(Distributions, NonsenseGivesNaNAndNeverThrows) {
  for (double const df : {nan, 0.0, -1.0, -inf}) {
    EXPECT_TRUE(std::isnan(two_sided_p(1, df)));
    EXPECT_TRUE(std::isnan(t_quantile(.9, df)));
  }
  EXPECT_TRUE(std::isnan(two_sided_p(nan, 3)));
  EXPECT_EQ(two_sided_p(-inf, 3), 0);
  EXPECT_EQ(two_sided_p(1e300, 3), 0);
  EXPECT_NO_THROW(two_sided_p(1e-300, 1e-300));
  for (double const p : {nan, 0.0, 1.0, -.1, 1.1}) EXPECT_TRUE(std::isnan(t_quantile(p, 5)));
  EXPECT_NO_THROW(t_quantile(1e-300, 1e-5));
}

}  // namespace
}  // namespace bordin
