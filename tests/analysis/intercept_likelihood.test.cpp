#include "analysis/intercept_likelihood.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/logistic_data.hpp"

namespace bordin {
namespace {

using testing::logistic_table;
using testing::LogisticCase;

// The integral over u by the trapezoidal rule, which is exact to rounding for such functions.
double brute_force(LogisticCase const& c, Eigen::VectorXd const& a, double theta) {
  constexpr double step = 1 / 256.0;
  Eigen::VectorXd const fixed = c.basis.q() * a;
  double value = 0;
  for (std::size_t j = 0; j < c.design.clusters(); ++j) {
    double integral = 0;
    for (double u = -14; u <= 14; u += step) {
      double density = std::exp(-u * u / 2) / std::sqrt(2 * std::numbers::pi);
      for (std::size_t i = 0; i < c.design.cluster().size(); ++i) {
        if (c.design.cluster()[i] != static_cast<std::int32_t>(j)) continue;
        auto const row = static_cast<Eigen::Index>(i);
        double const eta = fixed[row] + theta * u;
        density /= 1 + std::exp(c.design.y[row] == 1 ? -eta : eta);
      }
      integral += density * step;
    }
    value += std::log(integral);
  }
  return value;
}

Eigen::VectorXd some_coefficients(LogisticCase const& c) {
  Eigen::VectorXd a(c.basis.rank());
  for (Eigen::Index k = 0; k < a.size(); ++k) a[k] = k % 2 == 0 ? -3.0 : 1.5;
  return a;
}

TEST(InterceptLikelihood, ManyNodesGiveTheIntegral) {
  for (double const theta : {0.0, .3, 1.0, 4.0}) {
    LogisticCase const c("y ~ x + z + (1 | g)", logistic_table({1, 2, 7, 3, 20}, {.3, theta, .5}, 5));
    auto const a = some_coefficients(c);
    InterceptLikelihood likelihood(60);
    likelihood.load(c.design, c.basis);
    likelihood.evaluate(a, theta);
    EXPECT_NEAR(likelihood.value(), brute_force(c, a, theta), theta < 2 ? 1e-11 : 1e-6) << theta;
  }
}

// Laplace by its definition, and without a random effect the Bernoulli likelihood.
TEST(InterceptLikelihood, OneNodeIsLaplace) {
  LogisticCase const c("y ~ x + (1 | g)", logistic_table({8, 8}, {}, 9));
  auto const a = some_coefficients(c);
  InterceptLikelihood likelihood(1);
  likelihood.load(c.design, c.basis);
  likelihood.evaluate(a, .8);
  Eigen::VectorXd const fixed = c.basis.q() * a;
  double expected = 0;
  for (Eigen::Index j = 0; j < 2; ++j) {
    double const u = likelihood.modes()[j];
    double precision = 1;
    double slope = -u;
    expected -= u * u / 2;
    for (Eigen::Index i = 8 * j; i < 8 * j + 8; ++i) {
      double const p = 1 / (1 + std::exp(-fixed[i] - .8 * u));
      expected += std::log(c.design.y[i] == 1 ? p : 1 - p);
      slope += .8 * (c.design.y[i] - p);
      precision += .64 * p * (1 - p);
    }
    EXPECT_NEAR(slope, 0, 1e-13);
    EXPECT_NEAR(likelihood.scales()[j], 1 / std::sqrt(precision), 1e-14);
    expected -= std::log(precision) / 2;
  }
  EXPECT_NEAR(likelihood.value(), expected, 1e-12);
}

TEST(InterceptLikelihood, DerivativesAreThoseOfTheValue) {
  for (auto const* formula : {"y ~ x + z + (1 | g)", "y ~ z + (1 | g)", "y ~ 1 + (1 | g)", "y ~ 0 + x + (1 | g)"}) {
    LogisticCase const c(formula, logistic_table({1, 2, 7, 3, 20, 12}, {.2, 1, .5}, 6));
    auto const rank = c.basis.rank();
    for (int const nodes : {1, 2, 5, 20}) {
      for (double const theta : {.2, 1.3, 6.0}) {
        InterceptLikelihood likelihood(nodes);
        likelihood.load(c.design, c.basis);
        Eigen::VectorXd at(rank + 1);
        at << some_coefficients(c), theta;
        likelihood.evaluate(at.head(rank), theta);
        Eigen::VectorXd const gradient = likelihood.gradient();
        Eigen::MatrixXd const hessian = likelihood.hessian();
        for (Eigen::Index k = 0; k <= rank; ++k) {
          constexpr double h = 1e-4;
          Eigen::VectorXd moved = at;
          moved[k] += h;
          likelihood.evaluate(moved.head(rank), moved[rank]);
          double const above = likelihood.value();
          Eigen::VectorXd change = likelihood.gradient();
          moved[k] -= 2 * h;
          likelihood.evaluate(moved.head(rank), moved[rank]);
          EXPECT_NEAR(gradient[k], (above - likelihood.value()) / (2 * h), 2e-6) << formula << nodes << theta;
          change -= likelihood.gradient();
          EXPECT_LT((hessian.col(k) - change / (2 * h)).cwiseAbs().maxCoeff(), 2e-6) << formula << nodes << theta;
        }
      }
    }
  }
}

// The Hessian at theta = 0 is twice the score in the variance: ((sum of residuals)^2 - sum p (1 - p)) / 2 per cluster.
TEST(InterceptLikelihood, CurvatureAtZeroIsTheScoreOfTheVariance) {
  LogisticCase const c("y ~ x + (1 | g)", logistic_table({5, 9, 3, 3}, {}, 11));
  auto const a = some_coefficients(c);
  Eigen::VectorXd const fixed = c.basis.q() * a;
  Eigen::VectorXd residual = Eigen::VectorXd::Zero(4);
  double score = 0;
  for (Eigen::Index i = 0; i < fixed.size(); ++i) {
    double const p = 1 / (1 + std::exp(-fixed[i]));
    residual[c.design.cluster()[static_cast<std::size_t>(i)]] += c.design.y[i] - p;
    score -= p * (1 - p) / 2;
  }
  score += residual.squaredNorm() / 2;
  for (int const nodes : {1, 3, 8}) {
    InterceptLikelihood likelihood(nodes);
    likelihood.load(c.design, c.basis);
    likelihood.evaluate(a, 0);
    EXPECT_NEAR(likelihood.hessian()(2, 2) / 2, score, 1e-12);
    EXPECT_NEAR(likelihood.gradient()[2], 0, 1e-12);
  }
}

TEST(InterceptLikelihood, EvenInThetaAndTheSameHoweverItGotThere) {
  LogisticCase const c("y ~ x + z + (1 | g)", logistic_table({5, 9, 3, 30}, {.3, 1, .4}, 2));
  auto const a = some_coefficients(c);
  InterceptLikelihood likelihood(7);
  likelihood.load(c.design, c.basis);
  likelihood.evaluate(a, 1.5);
  double const value = likelihood.value();
  likelihood.evaluate(2 * a, 9);
  likelihood.evaluate(a, -1.5);
  EXPECT_NEAR(likelihood.value(), value, 1e-12);
}

}  // namespace
}  // namespace bordin
