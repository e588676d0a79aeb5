#include "analysis/anova_contrasts.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/rows_reference.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::asking;

std::string const formula = "y ~ arm + (1 | therapist)";

Fit analysed(Table const& table, std::vector<std::string> const& test = {}) {
  return Analysis(asking(formula, test, Method::nested_anova), table).fit(table, {.details = true});
}

// With equal caseloads: lm on the means of therapists, and the F test of therapists within arms.
TEST(AnovaContrasts, AgreeWithR) {
  auto const& expected = testing::rows_reference()["anova"];
  auto const table = testing::read_data("regression_nested.csv");
  testing::expect_rows(analysed(table), expected["rows"], 1e-11);
  auto const fit = analysed(table, {"sd(therapist)", "icc(therapist)"});
  auto const& sd = fit.coefficient("sd(therapist)");
  testing::expect_relative(sd.statistic, expected["f"], 1e-11, "F");
  testing::expect_relative(sd.p_value, expected["p"], 1e-10, "p");
  EXPECT_EQ(fit.variance_tests.front().p_value, sd.p_value);
  auto const& icc = fit.coefficient("icc(therapist)");
  EXPECT_NEAR(icc.estimate, sd.estimate * sd.estimate / (sd.estimate * sd.estimate + fit.sigma * fit.sigma), 1e-12);
  EXPECT_TRUE(icc.lower <= icc.estimate && icc.upper > icc.estimate && std::isnan(icc.p_value));
  EXPECT_EQ(fit.icc.front().upper, icc.upper);
}

// Balanced data with variances above 0: REML estimates the same.
TEST(AnovaContrasts, AgreeWithTheMixedModelWhereBothAreExact) {
  auto const table = testing::read_data("regression_nested.csv");
  auto const anova = analysed(table);
  ASSERT_EQ(anova.status, FitStatus::ok);
  auto const mixed = testing::fit_formula(formula, table);
  EXPECT_NEAR(anova.variances.front().value, mixed.variances.front().value, 1e-6 * mixed.variances.front().value);
}

TEST(AnovaContrasts, LeaveTheTestOfTherapistsWhereCaseloadsDiffer) {
  auto const table = testing::without_rows(testing::read_data("regression_nested.csv"), {0, 1});
  auto const fit = analysed(table, {"sd(therapist)"});
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_NE(fit.message.find("exact for equal caseloads only"), std::string::npos) << fit.message;
  EXPECT_TRUE(std::isnan(fit.coefficients[1].p_value));
  EXPECT_TRUE(std::isfinite(fit.coefficient("sd(therapist)").p_value));
}

TEST(AnovaContrasts, AreForOneFactor) {
  auto table = testing::read_data("regression_uneven.csv");
  auto const refused = [&](std::string const& other) {
    EXPECT_THROW(Analysis(asking(other, {}, Method::nested_anova), table), FormulaError) << other;
  };
  refused("y ~ arm");
  refused("y ~ 1 + (1 | therapist)");
  refused("y ~ 0 + arm + (1 | therapist)");
  refused("y ~ arm + x + (1 | therapist)");
  refused("y ~ arm + (1 + x | therapist)");
  auto const numbers = Analysis(asking("y ~ x + (1 | therapist)", {}, Method::nested_anova), table).fit(table, {});
  EXPECT_EQ(numbers.status, FitStatus::not_estimable);
  EXPECT_NE(numbers.message.find("categories, or 0 and 1"), std::string::npos) << numbers.message;
}

}  // namespace
}  // namespace bordin
