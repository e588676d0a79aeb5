#include "analysis/variance_rows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "analysis/rows_reference.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::asking;
using testing::Json;

std::vector<std::string> rows_of(Json const& expected) {
  std::vector<std::string> out;
  for (auto const& test : expected["tests"]) out.push_back(test["row"]);
  for (auto const& [group, share] : expected["icc"].items())
    if (group != "Residual") out.push_back("icc(" + group + ")");
  return out;
}

// Likelihood ratios of lme4 and lm, REML and ML; the last model without the variance has no random effect left.
TEST(VarianceRows, TestVariancesAsRHasThem) {
  int tests = 0;
  for (auto const& expected : testing::rows_reference()["variances"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data(expected["data"]);
    auto const fit = Analysis(asking(expected["formula"], rows_of(expected)), table).fit(table, {.reml = expected["reml"]});
    for (auto const& test : expected["tests"]) {
      auto const& row = fit.coefficient(test["row"]);
      EXPECT_NEAR(row.statistic, test["statistic"].get<double>(), 2e-7);
      EXPECT_NEAR(row.p_value, test["p"].get<double>(), 1e-6 * std::sqrt(test["p"].get<double>()));
      EXPECT_TRUE(std::isnan(row.std_error) && std::isnan(row.df));
      EXPECT_LT(row.lower, row.estimate);
      EXPECT_GT(row.upper, row.estimate);
      ++tests;
    }
    for (auto const& [group, share] : expected["icc"].items()) {
      if (group == "Residual") continue;
      auto const& row = fit.coefficient("icc(" + group + ")");
      EXPECT_NEAR(row.estimate, share.get<double>(), 2e-6);
      EXPECT_TRUE(row.lower >= 0 && row.lower < row.estimate && row.upper < 1 && row.upper > row.estimate);
      // An interval begins at 0 where the likelihood does not exclude it, by the quantile of chi2(1).
      auto const& test = fit.coefficient("sd(" + group + ")");
      EXPECT_EQ(row.lower > 0, test.statistic >= 3.841458820694124);
      EXPECT_TRUE(std::isnan(row.p_value) && std::isnan(row.statistic) && std::isnan(row.std_error));
    }
  }
  EXPECT_EQ(tests, 14);
}

TEST(VarianceRows, StandardDeviationsAreThoseOfTheModel) {
  auto const& expected = testing::rows_reference()["variances"][0];
  auto const table = testing::read_data(expected["data"]);
  auto const fit = Analysis(asking(expected["formula"], rows_of(expected)), table).fit(table, {});
  EXPECT_NEAR(fit.coefficient("sd(therapist)").estimate, expected["sd"]["therapist (Intercept)"].get<double>(), 1e-5);
  EXPECT_NEAR(fit.coefficient("sd(time | therapist)").estimate, expected["sd"]["therapist time"].get<double>(), 1e-5);
  EXPECT_NEAR(fit.coefficient("sd(client)").estimate, expected["sd"]["client (Intercept)"].get<double>(), 1e-5);
}

// Profile likelihood intervals have other ends than Wald intervals of the logarithm, but not by much.
TEST(VarianceRows, IntervalsComeNearTheProfileLikelihoods) {
  int compared = 0;
  for (auto const& expected : testing::rows_reference()["variances"]) {
    if (expected["profiled"].is_null() || expected["profiled"][0] <= 0) continue;
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data(expected["data"]);
    auto const row = Analysis(asking(expected["formula"], {"sd(therapist)"}), table)
                         .fit(table, {.reml = false})
                         .coefficient("sd(therapist)");
    double const width = row.upper - row.lower;
    EXPECT_NEAR(row.lower, expected["profiled"][0].get<double>(), .2 * width);
    EXPECT_NEAR(row.upper, expected["profiled"][1].get<double>(), .2 * width);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST(VarianceRows, StandBehindTheCoefficientsWhereTheyAreAskedForOnly) {
  auto const table = testing::read_data("mixed_models_growth.csv");
  std::string const formula = "y ~ time + (1 + time | therapist)";
  EXPECT_EQ(Analysis(asking(formula, {}), table).terms().size(), 2U);
  Analysis const asked(asking(formula, {"icc(therapist)", "time", "sd( time|therapist )", "icc(therapist)"}), table);
  EXPECT_EQ(asked.terms(), (std::vector<std::string>{"(Intercept)", "time", "icc(therapist)", "sd(time | therapist)"}));
  EXPECT_EQ(asked.tested(), (std::vector<std::size_t>{2, 1, 3}));
  EXPECT_EQ(asked.fit(table, {}).coefficients.size(), 4U);
}

TEST(VarianceRows, LeaveTheCoefficientsOfARandomIntercept) {
  auto const table = testing::read_data("r2_example.csv");
  std::string const formula = "post ~ pre + aw + am + (1 | therapist)";
  auto const plain = Analysis(asking(formula, {}), table).fit(table, {});
  auto const asked = Analysis(asking(formula, {"am", "sd(therapist)"}), table).fit(table, {});
  for (std::size_t i = 0; i < plain.coefficients.size(); ++i) {
    EXPECT_NEAR(asked.coefficients[i].estimate, plain.coefficients[i].estimate, 1e-7 * plain.coefficients[i].std_error);
    testing::expect_relative(asked.coefficients[i].df, plain.coefficients[i].df, 1e-5, "df");
  }
  EXPECT_NEAR(asked.coefficients.back().estimate, plain.variances.front().sd_or_correlation, 1e-6);
}

TEST(VarianceRows, DoNotDependOnWhereDegreesOfFreedomComeFrom) {
  auto const table = testing::read_data("mixed_models_growth.csv");
  auto spec = asking("y ~ time + (1 + time | therapist) + (1 | client)", {"sd(time | therapist)", "icc(client)"});
  auto const plain = Analysis(spec, table).fit(table, {});
  for (auto const df : {DfMethod::kenward_roger, DfMethod::between_within, DfMethod::wald}) {
    spec.df = df;
    auto const fit = Analysis(spec, table).fit(table, {});
    EXPECT_EQ(fit.coefficient("sd(time | therapist)").p_value, plain.coefficient("sd(time | therapist)").p_value);
    for (char const* term : {"sd(time | therapist)", "icc(client)"})
      EXPECT_EQ(fit.coefficient(term).upper, plain.coefficient(term).upper);
  }
}

// A variance estimated as 0 in about half of the samples without one, otherwise 1/2 chi2(1): 5 % are rejected.
TEST(VarianceRows, RejectATrueNullAsOftenAsTheyShould) {
  constexpr int groups = 40, size = 6, samples = 1500;
  Table table;
  std::vector<double> g, y(static_cast<std::size_t>(groups) * size);
  for (int group = 0; group < groups; ++group) g.insert(g.end(), size, group);
  table.add({"g", "", "", g});
  table.add({"y", "", "", y});
  Analysis const analysis(asking("y ~ 1 + (1 | g)", {"sd(g)", "icc(g)"}), table);
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  int rejected = 0, rejected_with_variance = 0, covered = 0;
  for (int sample = 0; sample < samples; ++sample) {
    auto& values = table.columns()[1].as<double>();
    for (double& value : values) value = normal(random);
    auto const fit = analysis.fit(table, {});
    rejected += fit.coefficient("sd(g)").p_value <= .05 ? 1 : 0;
    auto const& icc = fit.coefficient("icc(g)");
    covered += icc.lower <= 0 ? 1 : 0;
    EXPECT_LT(icc.upper, .5);
    double own = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % size == 0) own = .6 * normal(random);
      values[i] += own;
    }
    rejected_with_variance += analysis.fit(table, {}).coefficient("sd(g)").p_value <= .05 ? 1 : 0;
  }
  EXPECT_NEAR(rejected / double{samples}, .05, 4 * std::sqrt(.05 * .95 / samples));
  EXPECT_GT(rejected_with_variance, .8 * samples);
  // 0 is left out where the likelihood ratio, 1/2 chi2(0) + 1/2 chi2(1), is beyond the quantile of chi2(1).
  EXPECT_NEAR(covered / double{samples}, .975, 4 * std::sqrt(.025 * .975 / samples));
}

TEST(VarianceRows, OfAVarianceOfZeroAreOneSidedWithoutEvidence) {
  auto const table = testing::read_data("analysis_singular.csv");
  auto const fit = Analysis(asking("y ~ x + (1 | therapist)", {"sd(therapist)", "icc(therapist)"}), table).fit(table, {});
  ASSERT_EQ(fit.status, FitStatus::singular);
  auto const& sd = fit.coefficient("sd(therapist)");
  EXPECT_EQ(sd.estimate, 0);
  EXPECT_EQ(sd.lower, 0);
  EXPECT_GT(sd.upper, 0);
  EXPECT_EQ(sd.p_value, 1);
  EXPECT_GT(fit.coefficient("icc(therapist)").upper, 0);
}

TEST(VarianceRows, AreRefusedWhereThereAreNone) {
  auto const table = testing::read_data("mixed_models_growth.csv");
  auto const refused = [&](AnalysisSpec const& spec, std::string const& because) {
    try {
      Analysis const analysis(spec, table);
      ADD_FAILURE() << spec.formula;
    } catch (FormulaError const& error) {
      EXPECT_NE(std::string(error.what()).find(because), std::string::npos) << error.what();
    }
  };
  refused(asking("y ~ time + (1 | therapist)", {"sd(client)"}), "there is sd(therapist) and icc(therapist)");
  refused(asking("y ~ time + (1 | therapist)", {"sd(time | therapist)"}), "there is no random effect");
  refused(asking("y ~ time + (0 + time | therapist)", {"icc(therapist)"}), "there is sd(time | therapist)");
  refused(asking("y ~ time + (1 | therapist)", {"icc(therapist)"}, Method::cluster_level), "is for linear mixed models");
  refused(asking("y ~ time", {"sd(therapist)"}), "random effect");
  auto logistic = asking("y ~ time + (1 | therapist)", {"sd(therapist)"});
  logistic.family = Family::binomial;
  refused(logistic, "is for linear mixed models");
}

TEST(VarianceRows, NeedNestedFactors) {
  auto const table = testing::read_data("mixed_models_crossed.csv");
  Analysis const analysis(asking("y ~ time + (1 | therapist) + (1 | rater)", {"sd(rater)"}), table);
  auto const fit = analysis.fit(table, {});
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_NE(fit.message.find("these cross"), std::string::npos) << fit.message;
  EXPECT_TRUE(std::isnan(fit.coefficient("sd(rater)").estimate));
}

TEST(VarianceRows, AreNaNWhereNothingCanBeFitted) {
  auto table = testing::read_data("mixed_models_growth.csv");
  Analysis const analysis(asking("y ~ time + (1 | therapist)", {"sd(therapist)"}), table);
  for (auto& column : table.columns())
    if (column.name == "y") std::fill(column.as<double>().begin(), column.as<double>().end(), not_a_number);
  auto const fit = analysis.fit(table, {});
  EXPECT_EQ(fit.coefficients.size(), analysis.terms().size());
  EXPECT_TRUE(std::isnan(fit.coefficient("sd(therapist)").p_value));
}

TEST(VarianceDetails, DescribeEveryVarianceWithoutMovingTheCoefficients) {
  for (auto const& expected : testing::rows_reference()["variances"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data(expected["data"]);
    Analysis const analysis(asking(expected["formula"], {}), table);
    auto const plain = analysis.fit(table, {.reml = expected["reml"]});
    auto const fit = analysis.fit(table, {.reml = expected["reml"], .details = true});
    EXPECT_TRUE(plain.variance_tests.empty() && plain.icc.empty() && std::isnan(plain.aic)) << "they cost time";
    ASSERT_EQ(fit.coefficients.size(), plain.coefficients.size());
    for (std::size_t i = 0; i < plain.coefficients.size(); ++i)
      EXPECT_EQ(fit.coefficients[i].p_value, plain.coefficients[i].p_value);
    EXPECT_EQ(fit.variance_tests.size(), expected["tests"].size());
    EXPECT_EQ(fit.icc.size() + 1, expected["icc"].size());
    for (auto const& icc : fit.icc) EXPECT_NEAR(icc.estimate, expected["icc"][icc.group].get<double>(), 2e-6);
    EXPECT_NEAR(fit.aic, expected["aic"].get<double>(), 1e-7);
    EXPECT_NEAR(fit.bic, expected["bic"].get<double>(), 1e-7);
  }
}

}  // namespace
}  // namespace bordin
