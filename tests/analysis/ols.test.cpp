#include "analysis/ols.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "analysis/reference.hpp"

namespace bordin {
namespace {

using testing::fit_formula;

Table numbers(std::vector<double> const& x, std::vector<double> const& y) {
  Table table;
  table.add({"x", "", "", x});
  table.add({"y", "", "", y});
  return table;
}

TEST(Ols, AgreesWithLmOnEveryDataSet) {
  auto const references = testing::reference_fits("ols");
  EXPECT_EQ(references.size(), 8U);
  for (auto const& expected : references) {
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data("analysis_" + expected["data"].get<std::string>() + ".csv");
    auto const fit = fit_formula(expected["formula"], table);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    EXPECT_EQ(fit.method, Method::ols);
    EXPECT_EQ(fit.observations, expected["observations"]);
    testing::expect_relative(fit.sigma, expected["sigma"], 1e-10, "sigma");
    testing::expect_coefficients(fit, expected["coefficients"], {1e-9, 1e-14, 1e-7});
  }
}

// 1, 2, 3, 5 on 0, 1, 2, 3 by hand: slope 1.3, intercept .8, residual squares .3 on 2 df.
TEST(Ols, SmallExampleByHand) {
  auto const fit = fit_formula("y ~ x", numbers({0, 1, 2, 3}, {1, 2, 3, 5}));
  EXPECT_NEAR(fit.coefficient("(Intercept)").estimate, .8, 1e-14);
  EXPECT_NEAR(fit.coefficient("x").estimate, 1.3, 1e-14);
  EXPECT_NEAR(fit.sigma, std::sqrt(.15), 1e-14);
  EXPECT_NEAR(fit.coefficient("x").std_error, std::sqrt(.15 / 5), 1e-14);
  EXPECT_NEAR(fit.coefficient("x").upper - fit.coefficient("x").estimate, 4.3026527297494619 * std::sqrt(.03), 1e-12);
  EXPECT_EQ(fit.coefficient("x").df, 2);
}

TEST(Ols, AsManyCoefficientsAsRowsGiveEstimatesWithoutErrors) {
  auto const fit = fit_formula("y ~ x", numbers({0, 1}, {1, 3}));
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message, "2 rows for 2 coefficients leave nothing to estimate the residual variance from");
  EXPECT_NEAR(fit.coefficient("x").estimate, 2, 1e-14);
  EXPECT_TRUE(std::isnan(fit.coefficient("x").std_error));
  EXPECT_TRUE(std::isnan(fit.coefficient("x").p_value));
}

TEST(Ols, ConstantOrExactResponseHasNoErrors) {
  for (auto const& y : {std::vector<double>{7, 7, 7, 7}, {0, 0, 0, 0}, {1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3}}) {
    auto const fit = fit_formula("y ~ x", numbers({0, 1, 2, 3}, y));
    EXPECT_EQ(fit.status, FitStatus::not_estimable);
    EXPECT_EQ(fit.message, "the response is constant or fitted exactly: there is no residual variance");
    EXPECT_NEAR(fit.coefficient("x").estimate, y[1] - y[0], 1e-9);
    EXPECT_TRUE(std::isnan(fit.sigma));
  }
}

// NIST StRD "Longley"-like trouble: digits lost only as far as the data themselves lost them.
TEST(Ols, LargeMeansDoNotCostTheSlope) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 50; ++i) {
    x.push_back(1e9 + i);
    y.push_back(3.0 * i + (i % 2 == 0 ? 1 : -1));
  }
  std::vector<double> centred;
  for (double const v : x) centred.push_back(v - 1e9);
  auto const shifted = fit_formula("y ~ x", numbers(x, y)).coefficient("x");
  auto const plain = fit_formula("y ~ x", numbers(centred, y)).coefficient("x");
  EXPECT_NEAR(shifted.estimate / plain.estimate, 1, 1e-7);
  EXPECT_NEAR(shifted.std_error / plain.std_error, 1, 1e-7);
}

TEST(Ols, NumbersAtTheEndOfTheRangeNeverCrash) {
  constexpr double huge = std::numeric_limits<double>::max();
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  for (double const a : {huge, tiny, 1e-310, 1e300}) {
    for (auto const* formula : {"y ~ x", "x ~ y", "y ~ x + I(x^2)", "y ~ x:x + I(x*x*x)", "I(y/x) ~ x"}) {
      auto const fit = fit_formula(formula, numbers({a, a / 2, 0, a / 3, a / 7, a / 5}, {1, 2, 4, 3, 9, 2}));
      if (fit.status == FitStatus::ok) {
        EXPECT_TRUE(std::isfinite(fit.sigma)) << formula << a;
      } else {
        EXPECT_FALSE(fit.message.empty());
      }
    }
  }
}

}  // namespace
}  // namespace bordin
