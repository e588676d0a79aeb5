#include "analysis/mixed_model.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "analysis/reference.hpp"
#include "core/errors.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::Json;

Json const& reference() {
  static Json const all = testing::read_json("mixed_models_reference.json");
  return all;
}

Fit fitted(Json const& expected, DfMethod df) {
  return testing::fit_formula(expected["formula"], testing::read_data(expected["data"]), Method::automatic,
                              {.reml = expected["reml"]}, df);
}

void expect_table(Fit const& fit, Json const& expected, double df_tolerance) {
  ASSERT_EQ(fit.coefficients.size(), expected.size());
  std::size_t i = 0;
  for (auto const& [term, numbers] : expected.items()) {
    auto const& c = fit.coefficients[i++];
    EXPECT_EQ(c.term, term);
    double const se = numbers["se"];
    EXPECT_LE(std::abs(c.estimate - numbers["estimate"].get<double>()), 1e-6 * se) << term;
    testing::expect_relative(c.std_error, se, 1e-6, "SE of " + term);
    testing::expect_relative(c.df, numbers["df"], df_tolerance, "df of " + term);
  }
}

// 36 rows with 30 random effects: too few for the method of moments to start from.
Table hardly_enough() {
  std::vector<double> y;
  std::vector<std::int32_t> arm, g, h;
  for (int i = 0; i < 36; ++i) {
    y.push_back(3 + (i * 7 % 11) * .5 + (i * 13 % 17) * .3);
    arm.push_back(i % 3);
    g.push_back(i / 6);
    h.push_back(i / 3);
  }
  Table out;
  out.add({.name = "y", .unit = "", .description = "", .values = y});
  out.add({.name = "arm", .unit = "", .description = "", .values = arm, .levels = {"CBT", "PDT", "TAU"}});
  out.add({.name = "g", .unit = "", .description = "", .values = g});
  out.add({.name = "h", .unit = "", .description = "", .values = h});
  return out;
}

TEST(MixedModel, KnowsNothingOfTheDataSetBefore) {
  auto const table = hardly_enough();
  auto const fit = [&](std::string const& formula) { return testing::fit_formula(formula, table, Method::automatic); };
  auto const* const formula = "y ~ (arm | g) + (1 | g:h)";
  Fit alone;
  std::thread([&] { alone = fit(formula); }).join();  // every thread has memory of its own
  EXPECT_EQ(fit("y ~ (arm | g)").status, FitStatus::singular);
  auto const after = fit(formula);
  EXPECT_EQ(after.status, alone.status) << after.message;
  EXPECT_GT(after.iterations, 0);
  EXPECT_EQ(after.iterations, alone.iterations);
  EXPECT_EQ(after.criterion, alone.criterion);
  EXPECT_EQ(after.coefficients.front().estimate, alone.coefficients.front().estimate);
}

// Random slopes, nested and crossed factors, arms within therapists: lme4, lmerTest, pbkrtest.
TEST(MixedModel, AgreesWithLme4) {
  for (auto const& expected : reference()["fits"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const fit = fitted(expected, DfMethod::satterthwaite);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    EXPECT_NEAR(fit.criterion, expected["criterion"].get<double>(), 1e-8);
    testing::expect_relative(fit.sigma, expected["sigma"], 1e-6, "sigma");
    EXPECT_LT(fit.newton_decrement, 1e-8);
    expect_table(fit, expected["satterthwaite"], 1e-4);  // lmerTest differentiates numerically
  }
}

TEST(MixedModel, AgreesWithPbkrtest) {
  int compared = 0;
  for (auto const& expected : reference()["fits"]) {
    if (!expected["reml"]) continue;
    SCOPED_TRACE(testing::described(expected));
    expect_table(fitted(expected, DfMethod::kenward_roger), expected["kenward_roger"], 2e-6);
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

TEST(MixedModel, CountsBetweenAndWithinAsNlme) {
  auto const& expected = reference()["counted"];
  auto const fit = testing::fit_formula(expected["formula"], testing::read_data("mixed_models_growth.csv"),
                                        Method::automatic, {}, DfMethod::between_within);
  for (auto const& [term, df] : expected["df"].items()) EXPECT_EQ(fit.coefficient(term).df, df.get<double>()) << term;
}

TEST(MixedModel, FollowsUnitsAndShiftsOfColumns) {
  auto table = testing::read_data("mixed_models_growth.csv");
  std::string const formula = "y ~ pre + time + (1 + time | therapist) + (1 | client)";
  auto const plain = testing::fit_formula(formula, table);
  for (auto& column : table.columns()) {
    if (column.name == "pre")
      for (double& x : column.as<double>()) x = 1e6 + 1e-3 * x;
    if (column.name == "y")
      for (double& y : column.as<double>()) y = 1e5 + 100 * y;
  }
  auto const moved = testing::fit_formula(formula, table);
  testing::expect_relative(moved.coefficients[1].estimate, 1e5 * plain.coefficients[1].estimate, 1e-5, "pre");
  testing::expect_relative(moved.coefficients[2].estimate, 100 * plain.coefficients[2].estimate, 1e-6, "time");
  testing::expect_relative(moved.coefficients[2].df, plain.coefficients[2].df, 1e-5, "df");
  testing::expect_relative(moved.sigma, 100 * plain.sigma, 1e-7, "sigma");
}

TEST(MixedModel, SaysWhatCannotBeFitted) {
  auto const table = testing::read_data("mixed_models_crossed.csv");
  auto const slope = testing::fit_formula("y ~ time + (1 + time | therapist) + (1 | rater)", table);
  EXPECT_EQ(slope.status, FitStatus::not_estimable);
  EXPECT_EQ(slope.message, "grouping factors that cross can have random intercepts only");
  auto const crossed = testing::fit_formula("y ~ time + (1 | therapist) + (1 | rater)", table, Method::automatic, {},
                                            DfMethod::between_within);
  EXPECT_EQ(crossed.status, FitStatus::not_estimable);
  auto const saturated = testing::fit_formula("y ~ 1 + (1 + time + pre + arm | client)", table);
  EXPECT_EQ(saturated.status, FitStatus::not_estimable);
  EXPECT_NE(saturated.message.find("cannot be told from the residual"), std::string::npos) << saturated.message;
  EXPECT_THROW(testing::fit_formula("y ~ time + (1 | therapist)", table, Method::automatic, {.reml = false},
                                    DfMethod::kenward_roger),
               FormulaError);
}

TEST(MixedModel, NamesWhatIsSingular) {
  auto table = testing::read_data("mixed_models_nested.csv");  // made without a client variance
  auto const fit = testing::fit_formula("y ~ time + (1 + time | client) + (1 | therapist)", table);
  ASSERT_EQ(fit.status, FitStatus::singular);
  EXPECT_NE(fit.message.find("client"), std::string::npos) << fit.message;
}

TEST(MixedModel, TakesNoMemoryButForTheFitItself) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (auto const& expected : reference()["fits"]) {
    if (expected["data"] != "mixed_models_growth.csv") continue;
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data(expected["data"]);
    AnalysisSpec spec;
    spec.formula = expected["formula"];
    Analysis const analysis(spec, table);
    auto const allocated = [](auto const& act) {
      auto const before = testing::allocations();
      act();
      return testing::allocations() - before;
    };
    FitOptions const options{.reml = expected["reml"]};
    auto const first = analysis.fit(table, options);
    ASSERT_EQ(first.status, FitStatus::ok);
    auto const of_a_copy = allocated([&] { EXPECT_EQ(std::make_optional(first)->status, FitStatus::ok); });
    EXPECT_LE(allocated([&] { analysis.fit(table, options); }), of_a_copy);
  }
}

}  // namespace
}  // namespace bordin
