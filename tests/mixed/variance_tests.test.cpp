#include "mixed/variance_tests.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mixed/one_way.hpp"

namespace bordin {
namespace {

using testing::Balanced;

TEST(ChiSquareTail, HasTheValuesOfTables) {
  EXPECT_NEAR(chi_square_tail(3.841458820694124, 1), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(5.991464547107979, 2), 0.05, 1e-12);
  EXPECT_NEAR(chi_square_tail(18.307038053275146, 10), 0.05, 1e-12);
  EXPECT_EQ(chi_square_tail(0, 0), 0);
  EXPECT_EQ(chi_square_tail(0, 3), 1);
  EXPECT_EQ(chi_square_tail(1, 0), 0);
  EXPECT_TRUE(std::isnan(chi_square_tail(std::numeric_limits<double>::quiet_NaN(), 1)));
}

TEST(VarianceTests, UseTheMixtureForTheBoundary) {
  EXPECT_NEAR(test_variances(2.705543454095404, 0, 1, Removed::one_effect).p_value, 0.05, 1e-12);
  EXPECT_NEAR(test_variances(5.138, 0, 2, Removed::one_effect).p_value, 0.05, 1e-4);  // Stram & Lee's case 2
  EXPECT_NEAR(test_variances(3.841458820694124, 0, 1, Removed::covariances).p_value, 0.05, 1e-12);
  EXPECT_EQ(test_variances(-1e-9, 0, 1, Removed::one_effect).p_value, 1);
  EXPECT_EQ(test_variances(-1e-9, 0, 1, Removed::one_effect).statistic, 0);
  EXPECT_TRUE(std::isnan(test_variances(std::numeric_limits<double>::quiet_NaN(), 0, 1, Removed::one_effect).p_value));
}

// Variances whose estimates are independent have binomial weights; two with correlated estimates acos(r) / 2 pi, 1/2 and
// the rest. The bound holds for all.
TEST(VarianceTests, BoundThePValueOfSeveralVariances) {
  for (double x = 0.1; x < 30; x *= 1.3) {
    for (int count = 2; count < 6; ++count) {
      double exact = 0, weight = std::pow(0.5, count);
      for (int df = 0; df <= count; weight *= static_cast<double>(count - df) / (df + 1), ++df)
        exact += weight * chi_square_tail(x, df);
      EXPECT_LE(exact, test_variances(x, 0, count, Removed::several_effects).p_value);
    }
    for (double share = 0; share <= 0.5; share += 0.1)
      EXPECT_LE(chi_square_tail(x, 1) / 2 + share * chi_square_tail(x, 2),
                test_variances(x, 0, 2, Removed::several_effects).p_value * (1 + 1e-14));
  }
}

struct Rates {
  double mixture = 0, plain = 0;
};

constexpr int replications = 1500;
double standard_error(double rate) {
  return std::sqrt(rate * (1 - rate) / replications);
}

template <class Criteria>
Rates rejections(int parameters, Criteria const& draw) {
  Rates out;
  for (int i = 0; i < replications; ++i) {
    auto const [without, with] = draw();
    out.mixture += test_variances(without, with, parameters, Removed::one_effect).p_value < 0.05;
    out.plain += test_variances(without, with, parameters, Removed::covariances).p_value < 0.05;
  }
  out.mixture /= replications;
  out.plain /= replications;
  return out;
}

TEST(VarianceTests, KeepTheirErrorRateWhereTheVarianceIsZero) {
  std::mt19937_64 random(41);
  Balanced data(1, 30, 5);
  auto const draw = [&](double sd) {
    data.draw(random, {.inner = sd});
    data.fit_it({{0, {0}}}, 1, 1);
    return std::pair(data.criterion_of_nothing(), data.fit.criterion());
  };
  auto const null = rejections(1, [&] { return draw(0); });
  RecordProperty("mixture", std::to_string(null.mixture));
  RecordProperty("plain", std::to_string(null.plain));
  EXPECT_LT(null.mixture, 0.05 + 4 * standard_error(0.05));
  EXPECT_GT(null.mixture, 0.02);
  EXPECT_LT(null.plain + 4 * standard_error(null.plain), 0.05) << "chi-squared is too careful";
  EXPECT_GT(rejections(1, [&] { return draw(0.6); }).mixture, 0.8) << "and it can find a variance";
}

TEST(VarianceTests, KeepTheirErrorRateForARandomSlope) {
  std::mt19937_64 random(42);
  Balanced data(1, 30, 6);
  auto const draw = [&](double sd) {
    data.draw(random, {.inner = 1, .inner_slope = sd});
    data.fit_it({{0, {0}}}, 2, 1);
    double const without = data.fit.criterion();
    data.fit_it({{0, {0, 1}}}, 2, 1);
    return std::pair(without, data.fit.criterion());
  };
  auto const null = rejections(2, [&] { return draw(0); });
  RecordProperty("mixture", std::to_string(null.mixture));
  RecordProperty("plain", std::to_string(null.plain));
  EXPECT_LT(null.mixture, 0.05 + 4 * standard_error(0.05));
  EXPECT_GT(null.mixture, 0.02);
  EXPECT_LT(null.plain, null.mixture);
  EXPECT_GT(rejections(2, [&] { return draw(0.4); }).mixture, 0.8);
}

}  // namespace
}  // namespace bordin
