#include "analysis/random_intercept.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "analysis/reference.hpp"

namespace bordin {
namespace {

using testing::described;
using testing::expect_coefficients;
using testing::expect_relative;
using testing::fit_formula;
using testing::Json;
using testing::read_data;

Design design_of(std::string const& formula, Table const& table) {
  auto const parsed = parse_formula(formula);
  return build_design(plan_design(formula, parsed, table, parsed.random.front().group.front()), table);
}

// The profiled criterion of a formula on a table.
struct Profiled {
  Profiled(std::string const& formula, Table const& table, bool reml)
      : design(design_of(formula, table)), basis(design.x, 1e-10), ls(design.y, basis), profile(design, basis, ls, reml) {}
  double at_theta(double theta) { return profile.criterion(theta * theta); }

  Design design;
  OrthogonalBasis basis;
  LeastSquares ls;
  RandomInterceptProfile profile;
};

double theta_of(Fit const& fit) {
  return fit.variances.front().sd_or_correlation / fit.sigma;
}

// Clusters of the given sizes; y = x/2 + u + e with u ~ N(0, sd_between^2), e ~ N(0, 1).
Table clustered(std::vector<int> const& sizes, double sd_between, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::int32_t> g;
  for (std::size_t j = 0; j < sizes.size(); ++j) {
    double const u = sd_between * normal(random);
    for (int i = 0; i < sizes[j]; ++i) {
      x.push_back(normal(random));
      y.push_back(.5 * x.back() + u + normal(random));
      g.push_back(static_cast<std::int32_t>(j));
    }
  }
  Table table;
  table.add({"x", "", "", x});
  table.add({"y", "", "", y});
  table.add({"g", "", "", g});
  return table;
}

void transform(Table& table, std::string const& column, double slope, double shift) {
  for (auto& c : table.columns())
    if (c.name == column)
      for (double& v : c.as<double>()) v = slope * v + shift;
}

class AgainstLme4 : public ::testing::TestWithParam<char const*> {};

TEST_P(AgainstLme4, FitsTheExampleOfFiftyTherapists) {
  auto const expected = testing::read_json(std::string("r2_example_") + GetParam() + ".json");
  auto const table = read_data("r2_example.csv");
  bool const reml = expected["REML"];
  auto const fit = fit_formula(expected["formula"], table, Method::automatic, {.reml = reml});
  EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
  EXPECT_EQ(fit.method, Method::mixed);
  EXPECT_EQ(fit.reml, reml);
  EXPECT_EQ(fit.observations, expected["nobs"]);
  ASSERT_EQ(fit.groups.size(), 1U);
  EXPECT_EQ(fit.groups[0].count, expected["ngroups"]["therapist"]);
  EXPECT_NEAR(fit.criterion, expected["criterion"].get<double>(), 1e-8);
  EXPECT_NEAR(theta_of(fit), expected["theta"]["therapist.(Intercept)"].get<double>(), 2e-6);
  expect_relative(fit.sigma, expected["sigma"], 1e-6, "sigma");
  expect_relative(fit.variances[0].value, expected["varcorr"][0]["vcov"], 1e-6, "variance");
  EXPECT_LT(fit.newton_decrement, 1e-10);
  for (auto const& [term, estimate] : expected["fixef"].items()) {
    auto const& c = fit.coefficient(term);
    EXPECT_LE(std::abs(c.estimate - estimate.get<double>()), 1e-6 * c.std_error) << term;
    expect_relative(c.std_error, expected["se"][term], 1e-6, "SE of " + term);
    expect_relative(c.df, expected["satterthwaite"]["df"][term], 1e-6, "df of " + term);
    expect_relative(c.p_value, expected["satterthwaite"]["p"][term], 1e-4, "p of " + term);
  }
  Profiled profiled(expected["formula"], table, reml);
  for (auto const& point : expected["devfun_points"])
    EXPECT_NEAR(profiled.at_theta(point["theta"]), point["value"].get<double>(), 1e-8) << point["theta"];
}

INSTANTIATE_TEST_SUITE_P(RandomIntercept, AgainstLme4, ::testing::Values("REML", "ML"));

// Unbalanced, singular, badly scaled, categories with interactions, no intercept, missing values, ICC .9, balanced.
TEST(RandomIntercept, AgreesWithLme4OnEveryDataSet) {
  auto const references = testing::reference_fits("mixed");
  EXPECT_EQ(references.size(), 18U);
  for (auto const& expected : references) {
    SCOPED_TRACE(described(expected));
    auto const table = read_data("analysis_" + expected["data"].get<std::string>() + ".csv");
    bool const reml = expected["reml"];
    auto const fit = fit_formula(expected["formula"], table, Method::automatic, {.reml = reml});
    EXPECT_EQ(fit.status, expected["singular"] ? FitStatus::singular : FitStatus::ok) << fit.message;
    EXPECT_EQ(fit.observations, expected["observations"]);
    EXPECT_EQ(fit.groups.at(0).count, expected["groups"]);
    EXPECT_NEAR(fit.criterion, expected["criterion"].get<double>(), 1e-8);
    EXPECT_NEAR(theta_of(fit), expected["theta"].get<double>(), 2e-6);
    expect_relative(fit.sigma, expected["sigma"], 1e-6, "sigma");
    expect_coefficients(fit, expected["coefficients"], {1e-6, 1e-4, 1e-4});
    Profiled profiled(expected["formula"], table, reml);
    for (auto const& point : expected["devfun_points"])
      EXPECT_NEAR(profiled.at_theta(point["theta"]), point["value"].get<double>(), 1e-8) << point["theta"];
  }
}

// The definition, with dense matrices: V = I + lambda ZZ'.
TEST(RandomIntercept, CriterionIsTheGaussianRestrictedLikelihood) {
  auto const table = clustered({1, 2, 2, 5, 9, 1, 4}, .8, 3);
  for (double const lambda : {0.0, .3, 40.0}) {
    Profiled p("y ~ x + (1 | g)", table, true);
    auto const n = p.design.y.size();
    Eigen::MatrixXd v = Eigen::MatrixXd::Identity(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        if (p.design.cluster()[static_cast<std::size_t>(i)] == p.design.cluster()[static_cast<std::size_t>(j)])
          v(i, j) += lambda;
    Eigen::MatrixXd const w = v.inverse();
    Eigen::MatrixXd const m = p.design.x.transpose() * w * p.design.x;
    Eigen::VectorXd const r = p.design.y - p.design.x * m.ldlt().solve(p.design.x.transpose() * w * p.design.y);
    auto const df = static_cast<double>(n - 2);
    double const rho = r.dot(w * r);
    double const expected =
        std::log(v.determinant()) + std::log(m.determinant()) + df * (1 + std::log(2 * std::numbers::pi * rho / df));
    EXPECT_NEAR(p.profile.criterion(lambda), expected, 1e-10) << lambda;
  }
}

TEST(RandomIntercept, DerivativesAreThoseOfTheCriterion) {
  auto const table = clustered({1, 2, 2, 5, 9, 1, 4, 17}, .8, 5);
  for (bool const reml : {true, false}) {
    Profiled p("y ~ x + (1 | g)", table, reml);
    for (double const lambda : {.05, .7, 20.0}) {
      double const h = 1e-4 * lambda;
      double const above = p.profile.criterion(lambda + h);
      double const below = p.profile.criterion(lambda - h);
      auto const [slope, curvature] = p.profile.derivatives(lambda);
      EXPECT_NEAR(slope, (above - below) / (2 * h), 1e-6 * (std::abs(slope) + 1 / lambda)) << lambda;
      double const slope_change = p.profile.derivatives(lambda + h).slope - p.profile.derivatives(lambda - h).slope;
      EXPECT_NEAR(curvature, slope_change / (2 * h), 1e-6 * (std::abs(curvature) + 1 / (lambda * lambda))) << lambda;
    }
  }
}

// One-way layout: REML sigma^2 = MSW and tau^2 = (MSB - MSW) / n when that is positive.
TEST(RandomIntercept, BalancedOneWayLayoutIsTheAnalysisOfVariance) {
  constexpr int clusters = 11;
  constexpr int n = 7;
  auto const table = clustered(std::vector<int>(clusters, n), 1, 8);
  auto const y = Eigen::Map<Eigen::VectorXd const>(table.column("y").as<double>().data(), clusters * n);
  Eigen::VectorXd means(clusters);
  double within = 0;
  for (Eigen::Index j = 0; j < clusters; ++j) {
    means[j] = y.segment(j * n, n).mean();
    within += (y.segment(j * n, n).array() - means[j]).square().sum();
  }
  double const msw = within / (clusters * (n - 1));
  double const msb = n * (means.array() - means.mean()).square().sum() / (clusters - 1);
  ASSERT_GT(msb, msw);
  auto const fit = fit_formula("y ~ 1 + (1 | g)", table);
  expect_relative(fit.sigma * fit.sigma, msw, 1e-12, "sigma^2");
  expect_relative(fit.variances[0].value, (msb - msw) / n, 1e-10, "tau^2");
  expect_relative(fit.coefficients[0].estimate, y.mean(), 1e-12, "mean");
  expect_relative(fit.coefficients[0].std_error, std::sqrt(msb / (clusters * n)), 1e-12, "SE");
  expect_relative(fit.coefficients[0].df, clusters - 1, 1e-9, "df");
}

TEST(RandomIntercept, WaldTestsAreNormal) {
  auto const fit = fit_formula("y ~ x + (1 | g)", clustered({5, 6, 7, 8}, 1, 2), Method::mixed, {}, DfMethod::wald);
  auto const& x = fit.coefficient("x");
  EXPECT_EQ(x.df, std::numeric_limits<double>::infinity());
  EXPECT_NEAR(x.p_value, std::erfc(std::abs(x.statistic) / std::numbers::sqrt2), 1e-14);
  EXPECT_NEAR(x.upper - x.lower, 2 * 1.959963984540054 * x.std_error, 1e-12);
}

TEST(RandomIntercept, SingularFitHasAllEstimatesAndResidualDegreesOfFreedom) {
  auto const table = read_data("analysis_singular.csv");
  auto const fit = fit_formula("y ~ x + (1 | therapist)", table);
  auto const ols = fit_formula("y ~ x", table);
  EXPECT_EQ(fit.status, FitStatus::singular);
  EXPECT_NE(fit.message.find("variance of therapist"), std::string::npos) << fit.message;
  EXPECT_EQ(fit.variances[0].value, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(fit.coefficients[i].estimate, ols.coefficients[i].estimate, 1e-13);
    EXPECT_NEAR(fit.coefficients[i].std_error, ols.coefficients[i].std_error, 1e-13);
    EXPECT_EQ(fit.coefficients[i].df, 118);
  }
}

// Units and means must not matter beyond the rounding of the data themselves.
TEST(RandomIntercept, UnitsAndMeansChangeNothingElse) {
  auto const plain = clustered({4, 9, 2, 6, 6, 11, 3, 8}, .7, 12);
  auto const expected = fit_formula("y ~ x + (1 | g)", plain);
  struct Change {
    double slope, shift;
  };
  for (auto const [slope, shift] :
       {Change{1e-6, 1}, Change{1, 1e6}, Change{1e9, 1e3}, Change{1e150, 0}, Change{-1e-150, 0}}) {
    auto table = plain;
    transform(table, "x", slope, shift);
    transform(table, "y", slope, shift);
    auto const fit = fit_formula("y ~ x + (1 | g)", table);
    EXPECT_EQ(fit.status, FitStatus::ok) << slope << " " << fit.message;
    EXPECT_NEAR(theta_of(fit), theta_of(expected), 1e-8) << slope;
    expect_relative(fit.sigma, expected.sigma * std::abs(slope), 1e-8, "sigma");
    expect_relative(fit.coefficient("x").estimate, expected.coefficient("x").estimate, 1e-8, "estimate");
    expect_relative(fit.coefficient("x").df, expected.coefficient("x").df, 1e-7, "df");
  }
}

// Whatever the search does, no point of a fine grid may be lower than where it ended.
TEST(RandomIntercept, NothingOnAFineGridIsLower) {
  std::mt19937 random(4);
  int singular = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::vector<int> sizes;
    for (auto j = random() % 8 + 3; j > 0; --j)
      sizes.push_back(random() % 4 == 0 ? 60 : static_cast<int>(random() % 3) + 1);
    sizes.insert(sizes.end(), {2, 3, 2});
    auto const table = clustered(sizes, seed % 3 == 0 ? 0 : .2 * (seed % 7), seed);
    bool const reml = seed % 2 == 0;
    auto const fit = fit_formula("y ~ x + (1 | g)", table, Method::mixed, {.reml = reml});
    ASSERT_TRUE(fit.status == FitStatus::ok || fit.status == FitStatus::singular) << seed << ": " << fit.message;
    singular += fit.status == FitStatus::singular ? 1 : 0;
    Profiled p("y ~ x + (1 | g)", table, reml);
    EXPECT_GE(p.at_theta(0), fit.criterion - 1e-9);
    for (double theta = 1e-3; theta < 1e3; theta *= 1.1) EXPECT_GE(p.at_theta(theta), fit.criterion - 1e-9) << seed;
  }
  EXPECT_GT(singular, 30);
  EXPECT_LT(singular, 270);
}

// Large clusters without and small clusters with a variance between them: now and then the criterion has one minimum at 0
// and a lower one inside.
Table two_opinions(unsigned seed) {
  std::vector<int> sizes(3, 40);
  sizes.insert(sizes.end(), 20, 2);
  auto table = clustered(sizes, 0, seed);
  std::mt19937 random(seed + 1);
  std::normal_distribution<double> normal;
  auto& y = table.columns()[1].as<double>();
  for (std::size_t i = 120; i < y.size(); i += 2) {
    double const u = 1.2 * normal(random);
    for (std::size_t k = i; k < i + 2; ++k) y[k] = .5 * y[k] + u;
  }
  return table;
}

TEST(RandomIntercept, TheLowerOfTwoMinimaWins) {
  int found = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    auto const table = two_opinions(seed);
    Profiled p("y ~ 1 + (1 | g)", table, false);
    if (p.profile.derivatives(0).slope <= 0) continue;
    double lowest = p.at_theta(0);
    for (double theta = .05; theta < 3; theta *= 1.1) lowest = std::min(lowest, p.at_theta(theta));
    bool const inside = lowest < p.at_theta(0);
    found += inside ? 1 : 0;
    auto const fit = fit_formula("y ~ 1 + (1 | g)", table, Method::mixed, {.reml = false});
    EXPECT_EQ(fit.status, inside ? FitStatus::ok : FitStatus::singular) << seed;
    EXPECT_LE(fit.criterion, lowest) << seed;
  }
  EXPECT_GT(found, 10);
}

// Other degrees of freedom come from another estimator of the same model.
TEST(RandomIntercept, TooFewClustersAreTooFewWhateverTheDegreesOfFreedom) {
  auto const table = clustered({4, 5}, 1, 1);
  for (auto const df : {DfMethod::satterthwaite, DfMethod::wald, DfMethod::kenward_roger, DfMethod::between_within}) {
    AnalysisSpec spec;
    spec.formula = "y ~ g + (1 | g)";
    spec.df = df;
    auto const fit = Analysis(spec, table).fit(table, {});
    EXPECT_EQ(fit.status, FitStatus::not_estimable);
    EXPECT_EQ(fit.message,
              "2 clusters for 2 coefficients between clusters leave nothing to estimate the clusters' variance from");
    spec.formula = "y ~ x + (1 | g)";  // as many clusters as coefficients, but x varies within them
    EXPECT_NE(Analysis(spec, table).fit(table, {}).status, FitStatus::not_estimable);
  }
}

TEST(RandomIntercept, WhatCannotBeEstimatedSaysWhy) {
  auto const message = [](Table const& table, std::string const& formula = "y ~ x + (1 | g)") {
    auto const fit = fit_formula(formula, table);
    EXPECT_EQ(fit.status, FitStatus::not_estimable);
    for (auto const& c : fit.coefficients) EXPECT_TRUE(std::isnan(c.std_error));
    return fit.message;
  };
  EXPECT_EQ(message(clustered({9}, 1, 1)), "g has only one group in the complete rows");
  EXPECT_EQ(message(clustered({1, 1, 1, 1, 1}, 1, 1)), "every group of g has a single row");
  EXPECT_EQ(message(clustered({2}, 1, 1), "y ~ 1 + (1 | g)"), "g has only one group in the complete rows");
  EXPECT_EQ(message(clustered({2, 1}, 1, 1), "y ~ x + I(x^2) + (1 | g)"), "3 rows are too few for 3 coefficients");
  EXPECT_EQ(message(clustered({4, 5}, 1, 1), "y ~ g + (1 | g)"),
            "2 clusters for 2 coefficients between clusters leave nothing to estimate the clusters' variance from");
  auto constant = clustered({4, 5, 6}, 1, 1);
  transform(constant, "y", 0, 7);
  EXPECT_EQ(message(constant), "the response is constant or fitted exactly: there is no residual variance");
  EXPECT_EQ(message(clustered({4, 5, 6, 3}, 1, 1), "I(g^2) ~ x + (1 | g)"),
            "nothing varies within clusters that the coefficients do not explain");
}

TEST(RandomIntercept, ExtremeRatiosOfVarianceAreFitted) {
  for (double const ratio : {1e3, 1e5, 1e7}) {
    auto const fit = fit_formula("y ~ x + (1 | g)", clustered({4, 5, 6, 3, 3, 8, 9, 2, 2, 2}, ratio, 21));
    EXPECT_EQ(fit.status, FitStatus::ok) << ratio << " " << fit.message;
    EXPECT_GT(theta_of(fit), .4 * ratio);
    EXPECT_LT(theta_of(fit), 2.5 * ratio);
    EXPECT_NEAR(fit.sigma, 1, .4);
  }
}

}  // namespace
}  // namespace bordin
