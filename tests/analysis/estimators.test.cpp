#include "analysis/estimators.hpp"

#include <gtest/gtest.h>

#include "analysis/reference.hpp"
#include "core/errors.hpp"
#include "core/formula.hpp"

namespace bordin {
namespace {

Table const& clients() {
  static Table const table = testing::read_data("dropout50.csv");
  return table;
}

Fit fit(AnalysisSpec spec, std::string formula) {
  spec.formula = std::move(formula);
  return Analysis(spec, clients()).fit(clients(), {});
}

AnalysisSpec of(Family family, StandardErrors se = StandardErrors::classical, std::int64_t nagq = 1) {
  AnalysisSpec spec;
  spec.family = family;
  spec.se = se;
  spec.nagq = nagq;
  return spec;
}

TEST(Estimators, FitsLogisticModelsWithAndWithoutTherapists) {
  auto const plain = testing::read_json("dropout50_glm.json");
  auto const glm = fit(of(Family::binomial), "dropout ~ alliance + severity");
  EXPECT_NEAR(glm.criterion, -2 * plain["logLik"].get<double>(), 1e-8);
  EXPECT_NEAR(glm.coefficient("alliance").estimate, plain["coef"]["alliance"].get<double>(), 1e-7);
  auto const tens = testing::read_json("dropout50_glmer_nAGQ10.json");
  auto const mixed =
      fit(of(Family::binomial, StandardErrors::classical, 10), "dropout ~ alliance + severity + (1 | therapist)");
  EXPECT_NEAR(mixed.coefficient("alliance").estimate, tens["fixef"]["alliance"].get<double>(), 1e-6);
  EXPECT_NEAR(mixed.variances.front().sd_or_correlation, tens["theta"]["therapist.(Intercept)"].get<double>(), 1e-6);
  EXPECT_TRUE(std::isinf(mixed.coefficient("alliance").df));
}

TEST(Estimators, FitsCoxModelsWithModelAndClusterErrors) {
  auto const expected = testing::read_json("dropout50_coxph_efron.json");
  auto const model = fit(of(Family::cox), "Surv(time, event) ~ alliance + severity");
  ASSERT_EQ(model.coefficients.size(), 2U);
  EXPECT_NEAR(model.coefficient("alliance").estimate, expected["coef"]["alliance"].get<double>(), 1e-10);
  EXPECT_NEAR(model.coefficient("alliance").std_error, expected["se"]["alliance"].get<double>(), 1e-10);
  for (auto const* formula :
       {"Surv(time, event) ~ alliance + severity", "Surv(time, event) ~ alliance + severity + (1 | therapist)"}) {
    auto const robust = fit(of(Family::gaussian, StandardErrors::cr2), formula);  // Surv() says what it is
    EXPECT_NEAR(robust.coefficient("severity").std_error, expected["robust_se"][1].get<double>(), 1e-10);
  }
}

TEST(Estimators, FitsDiscreteTimeHazardsOfTheCovariates) {
  auto spec = of(Family::gaussian);
  spec.method = Method::discrete_time;
  auto const discrete = fit(spec, "Surv(time, event) ~ alliance + severity");
  auto const cox = fit(of(Family::cox), "Surv(time, event) ~ alliance + severity");
  ASSERT_EQ(discrete.coefficients.size(), 2U);
  EXPECT_EQ(discrete.coefficients[0].term, "alliance");
  // Odds ratios lie a little further from 0 than hazard ratios where periods are long.
  EXPECT_NEAR(discrete.coefficients[0].estimate, cox.coefficients[0].estimate, 0.05);
}

// Estimators keep their memory; nothing of another analysis may be left in it.
TEST(Estimators, RememberNothingOfTheFitBefore) {
  auto spec = of(Family::gaussian);
  spec.method = Method::discrete_time;
  auto const fresh = fit(spec, "Surv(time, event) ~ alliance");
  static_cast<void>(testing::fit_formula("y ~ time + (1 | rater)", testing::read_data("mixed_models_crossed.csv")));
  auto const again = fit(spec, "Surv(time, event) ~ alliance");
  EXPECT_EQ(again.coefficients[0].estimate, fresh.coefficients[0].estimate);
  Table const& table = clients();
  auto const formula = std::string("alliance ~ severity");
  Design design;
  build_design(plan_design(formula, parse_formula(formula), table, "therapist"), table, design);
  EXPECT_EQ(design.clusters(), 50U);
  build_design(plan_design(formula, parse_formula(formula), table, ""), table, design);
  EXPECT_TRUE(design.cluster().empty());
  EXPECT_EQ(design.clusters(), 0U);
}

TEST(Estimators, GivesRobustErrorsOfLeastSquares) {
  auto const classical = fit(of(Family::gaussian), "alliance ~ severity");
  auto const hc3 = fit(of(Family::gaussian, StandardErrors::hc3), "alliance ~ severity");
  auto const cr2 = fit(of(Family::gaussian, StandardErrors::cr2), "alliance ~ severity");
  EXPECT_EQ(classical.coefficients[1].estimate, cr2.coefficients[1].estimate);
  EXPECT_NE(classical.coefficients[1].std_error, hc3.coefficients[1].std_error);
  EXPECT_LT(cr2.coefficients[1].df, 50);
  EXPECT_EQ(cr2.groups.front().count, 50U);
}

TEST(Estimators, RefusesWhatNoEstimatorDoes) {
  auto const refusal = [](AnalysisSpec const& spec, std::string const& formula) -> std::string {
    try {
      fit(spec, formula);
    } catch (FormulaError const& error) {
      return error.what();
    }
    return "";
  };
  auto const method = [](Method m) {
    AnalysisSpec spec;
    spec.method = m;
    return spec;
  };
  EXPECT_NE(refusal(of(Family::cox), "dropout ~ alliance").find("needs Surv(time, event)"), std::string::npos);
  EXPECT_NE(refusal(of(Family::cox), "Surv(time, event) ~ alliance + (1 | therapist)").find("no random effects"),
            std::string::npos);
  EXPECT_NE(refusal(of(Family::binomial), "dropout ~ 1 + (1 + alliance | therapist)").find("one random intercept"),
            std::string::npos);
  EXPECT_NE(refusal(of(Family::binomial, StandardErrors::cr2), "dropout ~ alliance").find("CR2"), std::string::npos);
  EXPECT_NE(refusal(of(Family::binomial, StandardErrors::hc3), "dropout ~ alliance").find("least squares"),
            std::string::npos);
  EXPECT_NE(refusal(method(Method::mixed), "alliance ~ severity").find("needs a random term"), std::string::npos);
  EXPECT_NE(refusal(method(Method::ols), "alliance ~ severity + (1 | therapist)").find("no place for a random term"),
            std::string::npos);
  EXPECT_NE(refusal(of(Family::binomial, StandardErrors::classical, 5), "dropout ~ alliance").find("nagq"),
            std::string::npos);
  AnalysisSpec small_sample;
  small_sample.df = DfMethod::kenward_roger;
  EXPECT_NE(refusal(small_sample, "alliance ~ severity").find("linear mixed models"), std::string::npos);
  EXPECT_EQ(refusal(of(Family::gaussian), "alliance ~ severity"), "");
}

}  // namespace
}  // namespace bordin
