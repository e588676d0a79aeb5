#include "analysis/fixed_clusters.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "analysis/rows_reference.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::asking;

Fit fixed(std::string const& formula, Table const& table) {
  return Analysis(asking(formula, {}, Method::fixed_clusters), table).fit(table, {});
}

// lm with a factor of therapists whose contrasts sum to zero within arms; with other columns constant within therapists,
// least squares on lm's adjusted means.
TEST(FixedClusters, AgreesWithLm) {
  for (auto const& expected : testing::rows_reference()["fixed"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::without_rows(testing::read_data(expected["data"]), expected["without"]);
    auto const fit = fixed(expected["formula"], table);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    testing::expect_rows(fit, expected["rows"], 1e-11);
    if (expected.contains("sigma")) testing::expect_relative(fit.sigma, expected["sigma"], 1e-12, "sigma");
  }
}

// Arms that are compared by averages of therapists, whatever their caseloads.
TEST(FixedClusters, CountsEveryTherapistTheSame) {
  Table table;
  table.add({"g", "", "", std::vector<double>{1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4}});
  table.add({"arm", "", "", std::vector<double>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}});
  table.add({"y", "", "", std::vector<double>{1, 2, 3, 5, 7, 0, 2, 9, 11, 9, 11}});
  auto const fit = fixed("y ~ arm + (1 | g)", table);
  EXPECT_NEAR(fit.coefficient("arm").estimate, (1 + 10) / 2.0 - (2 + 6) / 2.0, 1e-12);
  double const squares = 2 + 2 + 2 + 4, df = 11 - 4;
  EXPECT_EQ(fit.coefficient("arm").df, df);
  EXPECT_NEAR(fit.coefficient("arm").std_error, std::sqrt(squares / df * (1 / 3. + 1 / 2. + 1 / 2. + 1 / 4.) / 4), 1e-12);
}

TEST(FixedClusters, FollowsUnitsAndOrderOfRows) {
  auto table = testing::read_data("regression_uneven.csv");
  auto const plain = fixed("y ~ arm + x + (1 | therapist)", table);
  for (auto& column : table.columns()) {
    auto& values = column.as<double>();
    std::reverse(values.begin(), values.end());
    if (column.name == "x")
      for (double& x : values) x = 1e6 + 1e-3 * x;
    if (column.name == "y")
      for (double& y : values) y *= 1e9;
  }
  auto const moved = fixed("y ~ arm + x + (1 | therapist)", table);
  testing::expect_relative(moved.coefficient("x").estimate, 1e12 * plain.coefficient("x").estimate, 1e-5, "x");
  testing::expect_relative(moved.coefficient("x").p_value, plain.coefficient("x").p_value, 1e-4, "p of x");
  testing::expect_relative(moved.coefficient("arm").std_error, 1e9 * plain.coefficient("arm").std_error, 1e-5, "arm");
}

TEST(FixedClusters, SaysWhatTheDataDoNotDetermine) {
  auto table = testing::read_data("regression_uneven.csv");
  std::vector<double> twice, own;
  for (double const x : table.column("x").numbers()) twice.push_back(2 * x);
  for (double const g : table.column("therapist").numbers()) own.push_back(g * g);
  table.add({"twice", "", "", twice});
  table.add({"own", "", "", own});
  auto const within = fixed("y ~ x + twice + arm + (1 | therapist)", table);
  EXPECT_EQ(within.status, FitStatus::not_estimable);
  EXPECT_NE(within.message.find("twice is a linear combination of x"), std::string::npos) << within.message;
  auto const between = fixed("y ~ x + arm + I(arm * 3) + own + (1 | therapist)", table);
  EXPECT_EQ(between.status, FitStatus::not_estimable);
  EXPECT_TRUE(std::isfinite(between.coefficient("x").std_error));
  EXPECT_TRUE(std::isfinite(between.coefficient("own").std_error));
  EXPECT_TRUE(std::isnan(between.coefficient("arm").estimate));
  auto const hidden = fixed("y ~ x + I(x + own) + arm + (1 | therapist)", table);
  EXPECT_EQ(hidden.status, FitStatus::not_estimable) << "within therapists these are the same";
}

TEST(FixedClusters, RandomSmallDesignsHaveAStatusOrFiniteNumbers) {
  std::mt19937 random(6);
  for (int sample = 0; sample < 500; ++sample) {
    auto const rows = 1 + random() % 12;
    Table table;
    for (char const* name : {"g", "x", "z", "y"}) {
      std::vector<double> values;
      for (unsigned i = 0; i < rows; ++i) values.push_back(static_cast<double>(random() % 4));
      table.add({name, "", "", values});
    }
    auto const fit = fixed("y ~ x * z + (1 | g)", table);
    for (auto const& c : fit.coefficients)
      EXPECT_TRUE(fit.status == FitStatus::not_estimable || (std::isfinite(c.std_error) && std::isfinite(c.p_value)))
          << sample;
  }
}

TEST(FixedClusters, NoSizeOfNumbersIsTooMuchForAStatus) {
  for (double const unit : {1e-310, 1e-160, 1e160, 1e308}) {
    auto table = testing::read_data("regression_uneven.csv");
    for (auto& column : table.columns())
      if (column.name != "therapist")
        for (double& value : column.as<double>()) value *= unit;
    auto const fit = fixed("y ~ arm + x + (1 | therapist)", table);
    bool const finite = std::all_of(fit.coefficients.begin(), fit.coefficients.end(),
                                    [](auto const& c) { return std::isfinite(c.estimate) && c.std_error > 0; });
    EXPECT_TRUE(finite || fit.status == FitStatus::not_estimable) << unit;
  }
}

TEST(FixedClusters, NeedsClusters) {
  auto const table = testing::read_data("regression_uneven.csv");
  EXPECT_THROW(fixed("y ~ arm", table), FormulaError);
  EXPECT_THROW(fixed("y ~ arm + (1 + x | therapist)", table), FormulaError);
  EXPECT_THROW(Analysis(asking("y ~ arm + (1 | therapist)", {"sd(therapist)"}, Method::fixed_clusters), table),
               FormulaError);
}

}  // namespace
}  // namespace bordin
