#include "analysis/logistic_intercept.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "analysis/logistic_data.hpp"
#include "analysis/reference.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::expect_relative;
using testing::logistic_table;
using testing::LogisticCase;
using testing::read_data;

double theta_of(Fit const& fit) {
  return fit.variances.at(0).sd_or_correlation;
}

class AgainstGlmer : public ::testing::TestWithParam<int> {};

TEST_P(AgainstGlmer, FitsDropoutOfFiftyTherapists) {
  auto const expected = testing::read_json("dropout50_glmer_nAGQ" + std::to_string(GetParam()) + ".json");
  LogisticCase const c(expected["formula"], read_data("dropout50.csv"));
  LogisticRandomIntercept model(GetParam());
  Fit fit = c.blank();
  model.fit(c.design, c.basis, "therapist", fit);
  EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
  double const criterion = expected["minus2loglik"];
  EXPECT_LE(fit.criterion, criterion + 1e-8);
  EXPECT_GE(fit.criterion, criterion - 1e-7);
  EXPECT_LT(fit.newton_decrement, 1e-15);
  EXPECT_EQ(fit.variances.at(0).group, "therapist");
  EXPECT_NEAR(theta_of(fit), expected["theta"]["therapist.(Intercept)"].get<double>(), 2e-7);
  EXPECT_EQ(fit.variances[0].value, theta_of(fit) * theta_of(fit));
  for (auto const& [term, estimate] : expected["fixef"].items()) {
    auto const& coefficient = fit.coefficient(term);
    EXPECT_NEAR(coefficient.estimate, estimate.get<double>(), 1e-6 * coefficient.std_error) << term;
    // glmer takes its Hessian by differences.
    expect_relative(coefficient.std_error, expected["se_hessian"][term], 5e-6, "SE of " + term);
    EXPECT_EQ(coefficient.df, std::numeric_limits<double>::infinity());
  }
  auto const clusters = model.clusters();
  auto const& modes = expected["ranef"]["therapist"];
  ASSERT_EQ(static_cast<std::size_t>(clusters.mode.size()), modes.size());
  for (std::size_t j = 0; j < modes.size(); ++j)
    EXPECT_NEAR(clusters.mode[static_cast<Eigen::Index>(j)], modes[j][0].get<double>(), 5e-7) << j;
}

INSTANTIATE_TEST_SUITE_P(LogisticRandomIntercept, AgainstGlmer, ::testing::Values(1, 10, 25));

// Tiny and unbalanced clusters, near-singular, theta 4, rare events, a cluster-level predictor, three arms, no predictor.
TEST(LogisticRandomIntercept, AgreesWithGlmerOnEveryDataSet) {
  int compared = 0;
  for (auto const& expected : testing::read_json("logistic_reference.json")) {
    int const nodes = expected["nodes"];
    if (nodes == 0) continue;
    ++compared;
    SCOPED_TRACE(testing::described(expected) + " nodes " + std::to_string(nodes));
    LogisticCase const c(expected["formula"], read_data("logistic_" + expected["data"].get<std::string>() + ".csv"));
    LogisticRandomIntercept model(nodes);
    Fit fit = c.blank();
    model.fit(c.design, c.basis, "therapist", fit);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    EXPECT_LT(fit.newton_decrement, 1e-15);
    // Where glmer could not be brought to the optimum itself, we are lower and estimates differ by more.
    double const above = nodes == 1 ? expected["criterion"].get<double>() - fit.criterion : 0;
    EXPECT_GE(above, -1e-8);
    EXPECT_LE(above, 2e-6);
    double const tolerance = above > 1e-7 ? 2e-5 : 2e-6;
    expect_relative(theta_of(fit), expected["theta"], 2e-6, "theta");
    for (auto const& [term, numbers] : expected["coefficients"].items()) {
      auto const& coefficient = fit.coefficient(term);
      EXPECT_NEAR(coefficient.estimate, numbers["estimate"].get<double>(), tolerance * coefficient.std_error) << term;
      expect_relative(coefficient.std_error, numbers["se"], 1e-4, "SE of " + term);
    }
  }
  EXPECT_EQ(compared, 23);
}

TEST(LogisticRandomIntercept, ClustersAreDescribedOnTheLogitScale) {
  auto const table = logistic_table({12, 3, 40, 7, 9, 22, 15, 8}, {.4, 1.2, .5}, 3);
  LogisticCase const c("y ~ x + (1 | g)", table);
  LogisticRandomIntercept model(15);
  Fit fit = c.blank();
  model.fit(c.design, c.basis, "g", fit);
  ASSERT_EQ(fit.status, FitStatus::ok);
  auto const clusters = model.clusters();
  double const theta = theta_of(fit);
  EXPECT_NEAR(clusters.latent_icc, theta * theta / (theta * theta + std::numbers::pi * std::numbers::pi / 3), 1e-15);
  // The posterior of b is p(y | b) N(b; 0, theta^2): slope 0 and curvature -1/sd^2 at its mode.
  for (Eigen::Index j = 0; j < 8; ++j) {
    double slope = -clusters.mode[j] / (theta * theta);
    double precision = 1 / (theta * theta);
    for (Eigen::Index i = 0; i < c.design.y.size(); ++i) {
      if (c.design.cluster()[static_cast<std::size_t>(i)] != j) continue;
      double const eta = fit.coefficients[0].estimate + fit.coefficients[1].estimate * c.design.x(i, 1) + clusters.mode[j];
      double const p = 1 / (1 + std::exp(-eta));
      slope += c.design.y[i] - p;
      precision += p * (1 - p);
    }
    EXPECT_NEAR(slope, 0, 1e-9);
    expect_relative(clusters.mode_sd[j], 1 / std::sqrt(precision), 1e-9, "SD");
  }
}

TEST(LogisticRandomIntercept, SingularEqualsLogisticRegression) {
  int singular = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    auto const table = logistic_table(std::vector<int>(20, 10), {}, seed);
    LogisticCase const c("y ~ x + z + (1 | g)", table);
    LogisticRandomIntercept model(5);
    Fit fit = c.blank();
    model.fit(c.design, c.basis, "g", fit);
    if (fit.status != FitStatus::singular) continue;
    ++singular;
    auto const plain = c.fit();
    EXPECT_EQ(fit.message, "the variance of g is estimated as 0");
    EXPECT_EQ(theta_of(fit), 0);
    EXPECT_NEAR(fit.criterion, plain.criterion, 1e-10);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(fit.coefficients[k].estimate, plain.coefficients[k].estimate, 1e-10);
      EXPECT_NEAR(fit.coefficients[k].std_error, plain.coefficients[k].std_error, 1e-7);
    }
    EXPECT_EQ(model.clusters().mode, Eigen::VectorXd::Zero(20));
    EXPECT_EQ(model.clusters().latent_icc, 0);
  }
  EXPECT_GT(singular, 3);
  EXPECT_LT(singular, 20);
}

// The optimum is certified by its decrement, or by the score of the variance at 0, and nothing on a grid is lower.
TEST(LogisticRandomIntercept, EveryDataSetOfAStudyIsFitted) {
  LogisticRandomIntercept model(1);
  InterceptLikelihood likelihood(1);
  int singular = 0;
  unsigned seed = 0;
  for (double const theta : {0.0, .3, 1.0})
    for (double const rate : {.05, .15, .5})
      for (int repeat = 0; repeat < 20; ++repeat) {
        LogisticCase const c("y ~ x + z + (1 | g)", logistic_table(std::vector<int>(50, 20), {rate, theta, .4}, ++seed));
        Fit fit = c.blank();
        model.fit(c.design, c.basis, "g", fit);
        ASSERT_LE(fit.status, FitStatus::singular) << seed << fit.message;
        EXPECT_LT(fit.newton_decrement, 1e-10) << seed;
        EXPECT_LT(fit.iterations, 30) << seed;
        singular += fit.status == FitStatus::singular ? 1 : 0;
        Eigen::VectorXd beta(3);
        for (Eigen::Index k = 0; k < 3; ++k) beta[k] = fit.coefficients[static_cast<std::size_t>(k)].estimate;
        Eigen::VectorXd const a = c.basis.q().transpose() * (c.design.x * beta);
        likelihood.load(c.design, c.basis);
        for (double other = 0; other < 3; other += .1) {
          likelihood.evaluate(a, other);
          EXPECT_GE(-2 * likelihood.value(), fit.criterion - 1e-9) << seed << " " << other;
        }
      }
  EXPECT_GT(singular, 20);
  EXPECT_LT(singular, 120);
}

TEST(LogisticRandomIntercept, OrderOfRowsLabelsAndUnitsDoNotMatter) {
  auto const table = logistic_table({12, 3, 40, 7, 9, 22, 15, 8}, {.4, 1.2, .5}, 3);
  auto changed = table;
  std::vector<std::size_t> order(table.columns()[0].as<double>().size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937 random(1);
  std::shuffle(order.begin(), order.end(), random);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < order.size(); ++i) {
      double const value = table.columns()[k].as<double>()[order[i]];
      changed.columns()[k].as<double>()[i] = k == 0 ? 1e-7 * value + 1e-6 : value;
    }
  for (std::size_t i = 0; i < order.size(); ++i)
    changed.columns()[3].as<std::int32_t>()[i] = 7 - table.columns()[3].as<std::int32_t>()[order[i]];
  auto const expected = LogisticCase("y ~ x + z + (1 | g)", table).fit(9);
  auto const fit = LogisticCase("y ~ x + z + (1 | g)", changed).fit(9);
  EXPECT_EQ(fit.status, FitStatus::ok);
  EXPECT_NEAR(fit.criterion, expected.criterion, 1e-10);
  EXPECT_NEAR(theta_of(fit), theta_of(expected), 1e-8);
  expect_relative(fit.coefficient("x").estimate, 1e7 * expected.coefficient("x").estimate, 1e-8, "estimate");
  expect_relative(fit.coefficient("x").std_error, 1e7 * expected.coefficient("x").std_error, 1e-8, "SE");
  expect_relative(fit.coefficient("z").std_error, expected.coefficient("z").std_error, 1e-8, "SE");
}

TEST(LogisticRandomIntercept, WhatCannotBeEstimatedSaysWhy) {
  auto const message = [](Table const& table, std::string const& formula = "y ~ x + (1 | g)") {
    auto const fit = LogisticCase(formula, table).fit(1);
    EXPECT_EQ(fit.status, FitStatus::not_estimable) << fit.message;
    for (auto const& c : fit.coefficients) EXPECT_TRUE(std::isnan(c.std_error));
    return fit.message;
  };
  auto const replaced = [](Table table, auto outcome) {
    for (std::size_t i = 0; i < table.columns()[0].as<double>().size(); ++i)
      table.columns()[2].as<double>()[i] = outcome(table, i);
    return table;
  };
  auto const table = logistic_table(std::vector<int>(10, 8), {.4, 1, .5}, 1);
  EXPECT_EQ(message(logistic_table({30}, {}, 1)), "g has only one group in the complete rows");
  EXPECT_EQ(message(logistic_table(std::vector<int>(30, 1), {}, 1)), "every group of g has a single row");
  EXPECT_EQ(message(replaced(table, [](auto const&, auto) { return 1; })), "the outcome is 1 in every row");
  EXPECT_EQ(
      message(replaced(table, [](auto const& t, auto i) { return t.columns()[0].template as<double>()[i] > 0 ? 1 : 0; })),
      "x separates the outcomes 0 and 1 (separation): estimates grow without limit");
  EXPECT_EQ(
      message(replaced(table, [](auto const& t, auto i) { return t.columns()[3].template as<std::int32_t>()[i] % 2; }),
              "y ~ 1 + (1 | g)"),
      "within every group of g all outcomes are the same: its variance has no limit");
}

// Whatever small designs bring: a status with a reason, or finite numbers at a certified optimum.
TEST(LogisticRandomIntercept, SmallDesignsGiveNumbersOrAReason) {
  std::mt19937 random(7);
  int fitted = 0;
  int refused = 0;
  std::vector<std::string> const formulas{"y ~ x + z + (1 | g)", "y ~ z + (1 | g)", "y ~ 1 + (1 | g)",
                                          "y ~ 0 + x + (1 | g)", "y ~ x * z + I(x^2) + (1 | g)"};
  for (unsigned seed = 0; seed < 600; ++seed) {
    std::vector<int> sizes(2 + random() % 8);
    for (int& size : sizes) size = 1 + static_cast<int>(random() % (seed % 2 == 0 ? 12 : 4));
    auto const below = [&](unsigned n) { return static_cast<double>(random() % n); };
    double const rate = .1 + .2 * below(5);
    double const theta = 1.5 * below(4);
    testing::LogisticWorld const world{rate, theta, below(3)};
    auto const fit = LogisticCase(formulas[seed % 5], logistic_table(sizes, world, seed)).fit(seed % 3 == 0 ? 7 : 1);
    if (fit.status > FitStatus::singular) {
      ++refused;
      EXPECT_FALSE(fit.message.empty());
      continue;
    }
    ++fitted;
    EXPECT_LT(fit.newton_decrement, 1e-8) << seed;
    for (auto const& c : fit.coefficients) EXPECT_TRUE(std::isfinite(c.estimate) && c.std_error > 0) << seed;
  }
  EXPECT_GT(fitted, 300);
  EXPECT_GT(refused, 50);
}

TEST(LogisticRandomIntercept, FurtherFitsAllocateNothing) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (int const nodes : {1, 10}) {
    LogisticCase const c("y ~ x + z + (1 | g)", logistic_table(std::vector<int>(20, 20), {.3, 1, .4}, 2));
    LogisticRandomIntercept model(nodes);
    Fit fit = c.blank();
    model.fit(c.design, c.basis, "g", fit);
    auto const before = testing::allocations();
    model.fit(c.design, c.basis, "g", fit);
    EXPECT_EQ(testing::allocations(), before);
    EXPECT_EQ(fit.status, FitStatus::ok);
  }
}

}  // namespace
}  // namespace bordin
