#include "analysis/cluster_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "analysis/cluster_level.hpp"
#include "analysis/distributions.hpp"
#include "analysis/least_squares.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using testing::expect_relative;
using testing::FittedBySquares;
using testing::random_design;

// What the test needs of a data set.
struct Prepared {
  explicit Prepared(FittedBySquares d) : data(std::move(d)), means(cluster_means(data.design)), basis(means.x, 1e-10) {}

  Fit empty() const {
    Fit fit = data.fit;
    for (auto& c : fit.coefficients) c.estimate = c.std_error = c.df = not_a_number;
    fit.status = FitStatus::not_estimable;
    return fit;
  }
  Fit tested() const {
    Fit fit = empty();
    ClusterTest().fit({data.design, data.basis, data.ls, means, basis}, "therapist", fit);
    return fit;
  }
  Fit unweighted() const {
    Fit fit = empty();
    fit.message.clear();
    fit_ols(means, basis, "clusters", fit);
    return fit;
  }

  FittedBySquares data;
  Design means;
  OrthogonalBasis basis;
};

Fit tested(Design const& design) {
  return Prepared(FittedBySquares(design)).tested();
}

TEST(ClusterTest, AgreesWithWeightedLmOnMeans) {
  auto const references = testing::read_json("regression_reference.json");
  EXPECT_EQ(references.at("weighted").size(), 4U);
  for (auto const& expected : references["weighted"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const file = "regression_" + expected["data"].get<std::string>() + ".csv";
    auto const fit = Prepared(testing::fit_file(expected["formula"], file)).tested();
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    expect_relative(fit.variances.at(0).value, expected["between"], 1e-11, "variance between");
    EXPECT_EQ(fit.variances.at(0).group, "therapist");
    expect_relative(fit.sigma, expected["sigma"], 1e-12, "sigma");
    for (auto const& [term, numbers] : expected["coefficients"].items()) {
      auto const& c = fit.coefficient(term);
      EXPECT_NEAR(c.estimate, numbers["estimate"].get<double>(), 1e-11 * numbers["se"].get<double>());
      expect_relative(c.std_error, numbers["se"], 1e-11, "SE of " + term);
      EXPECT_EQ(c.df, numbers["df"]);
    }
  }
}

TEST(ClusterTest, EqualCaseloadsAreTheUnweightedTest) {
  auto design = random_design(std::vector<int>(12, 7), 1, 0, 3);
  for (Index i = 0; i < design.x.rows(); ++i) design.x(i, 1) = i < 42 ? 1 : 0;
  Prepared const prepared{FittedBySquares(design)};
  auto const fit = prepared.tested();
  auto const plain = prepared.unweighted();
  EXPECT_EQ(fit.coefficients[1].df, 10) << "2 (J - 1)";
  for (std::size_t k = 0; k < 2; ++k) {
    expect_relative(fit.coefficients[k].estimate, plain.coefficients[k].estimate, 1e-13, "estimate");
    expect_relative(fit.coefficients[k].std_error, plain.coefficients[k].std_error, 1e-14, "SE");
  }
  expect_relative(fit.sigma, plain.sigma, 1e-14, "sigma");
}

// One arm by hand: means 2, 5 and 8 of 2, 2 and 4 rows, squares within 2 + 8 + 4, grand mean 5.75.
TEST(ClusterTest, SmallExampleByHand) {
  Design design;
  design.factors = {{.of_row = {0, 0, 1, 1, 2, 2, 2, 2}, .groups = 3}};
  design.y.resize(8);
  design.y << 1, 3, 3, 7, 7, 7, 9, 9;
  design.x = Eigen::MatrixXd::Ones(8, 1);
  double const within = 14.0 / 5;
  double const squares_between = 2 * 3.75 * 3.75 + 2 * .75 * .75 + 4 * 2.25 * 2.25;
  double const n0 = (8 - 24.0 / 8) / 2;
  double const between = (squares_between / 2 - within) / n0;
  double const few = 1 / (between + within / 2);
  double const many = 1 / (between + within / 4);
  double const mean = (few * 7 + many * 8) / (2 * few + many);
  double const squares = few * (std::pow(2 - mean, 2) + std::pow(5 - mean, 2)) + many * std::pow(8 - mean, 2);
  auto const fit = tested(design);
  EXPECT_NEAR(fit.variances.at(0).value, between, 1e-13);
  EXPECT_NEAR(fit.coefficients[0].estimate, mean, 1e-13);
  EXPECT_NEAR(fit.coefficients[0].std_error, std::sqrt(squares / 2 / (2 * few + many)), 1e-13);
}

TEST(ClusterTest, WithoutVarianceBetweenEveryRowCountsTheSame) {
  auto design = random_design({2, 5, 9, 4}, 0, 0, 6);
  Eigen::VectorXd const means = cluster_means(design).y;
  for (Index i = 0; i < design.y.size(); ++i) design.y[i] -= .95 * means[design.cluster()[static_cast<std::size_t>(i)]];
  auto const fit = tested(design);
  EXPECT_EQ(fit.status, FitStatus::ok);
  EXPECT_EQ(fit.variances.at(0).value, 0);
  EXPECT_NEAR(fit.coefficients[0].estimate, design.y.mean(), 1e-14);
}

TEST(ClusterTest, HoldsItsLevelAtUnequalCaseloads) {
  std::vector<int> const sizes{2, 3, 5, 8, 20, 40, 2, 3, 5, 8, 20, 40};
  int rejected = 0;
  int unweighted = 0;
  double variance = 0;
  double plain_variance = 0;
  constexpr int replications = 2000;
  for (unsigned r = 0; r < replications; ++r) {
    auto design = random_design(sizes, 0, 0, 1000 + r);
    design.x.conservativeResize(Eigen::NoChange, 2);
    for (Index i = 0; i < design.x.rows(); ++i) design.x(i, 1) = design.cluster()[static_cast<std::size_t>(i)] < 6 ? 1 : 0;
    Prepared const prepared{FittedBySquares(design)};
    auto const rejects = [](Coefficient const& c) { return two_sided_p(c.estimate / c.std_error, c.df) < .05 ? 1 : 0; };
    auto const fit = prepared.tested().coefficients[1];
    auto const plain = prepared.unweighted().coefficients[1];
    rejected += rejects(fit);
    unweighted += rejects(plain);
    variance += fit.estimate * fit.estimate / replications;
    plain_variance += plain.estimate * plain.estimate / replications;
  }
  double const se = std::sqrt(.05 * .95 / replications);
  EXPECT_LT(std::abs(unweighted / double{replications} - .05), 4 * se);
  EXPECT_LT(std::abs(rejected / double{replications} - .05), 4 * se);
  EXPECT_LT(variance, .95 * plain_variance) << "that is what the weights are for";
}

TEST(ClusterTest, UnitsDoNotMatter) {
  auto const design = random_design({3, 7, 2, 9, 5, 4}, 1, 1, 11);
  auto const plain = tested(design);
  for (double const unit : {1e-150, 1e140}) {
    auto changed = design;
    changed.y *= unit;
    changed.x.col(1) *= 1e100;
    auto const other = tested(changed);
    EXPECT_EQ(other.status, FitStatus::ok) << other.message;
    expect_relative(other.coefficients[1].estimate, plain.coefficients[1].estimate * unit * 1e-100, 1e-11, "estimate");
    expect_relative(other.coefficients[2].std_error, plain.coefficients[2].std_error * unit, 1e-12, "SE");
  }
  auto shifted = design;
  shifted.y.array() += 1e6;
  expect_relative(tested(shifted).coefficients[2].std_error, plain.coefficients[2].std_error, 1e-8, "SE");
}

TEST(ClusterTest, WhatCannotBeTestedSaysWhy) {
  EXPECT_EQ(tested(random_design({3, 4}, 0, 1, 1)).message,
            "2 clusters for 2 coefficients leave nothing to estimate the residual variance from");
  auto design = random_design({2, 3, 1, 4}, 0, 0, 2);
  design.y.setConstant(3);
  EXPECT_EQ(tested(design).message, "the response is constant or fitted exactly: there is no residual variance");
  design.y << -1, 1, -1, 0, 1, 0, -1, -1, 1, 1;
  EXPECT_EQ(tested(design).message, "the clusters' means are equal or fitted exactly: there is no residual variance");
  // Seven rows in six therapists, and a covariate takes the only difference within.
  EXPECT_EQ(tested(random_design({1, 1, 1, 2, 1, 1}, 1, 0, 3)).message,
            "groups of therapist differ in size, and no rows are left to estimate the variance within them from, which the "
            "weights need");
  EXPECT_EQ(tested(random_design({1, 1, 1, 1, 1}, 1, 0, 3)).status, FitStatus::ok);
}

TEST(ClusterTest, SmallAwkwardDesignsHaveNumbersOrAReason) {
  std::mt19937 random(9);
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::vector<int> sizes(1 + random() % 6);
    for (auto& size : sizes) size = 1 + static_cast<int>(random() % 4);
    auto design = random_design(sizes, static_cast<int>(random() % 3), static_cast<int>(random() % 3), seed);
    if (seed % 3 == 0) design.x = design.x.array().round();
    if (seed % 4 == 0) design.y = design.y.array().round();
    auto const fit = tested(design);
    if (fit.status != FitStatus::ok) {
      EXPECT_FALSE(fit.message.empty());
      continue;
    }
    for (auto const& c : fit.coefficients)
      EXPECT_TRUE(std::isfinite(c.estimate) && std::isfinite(c.std_error) && c.df > 0) << seed;
  }
}

TEST(ClusterTest, NothingIsAllocatedAfterTheFirstFit) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  Prepared const prepared{FittedBySquares(random_design({3, 7, 12, 9, 5, 4, 4, 6}, 2, 1, 7))};
  ClusterTest test;
  Fit fit = prepared.empty();
  auto const once = [&] {
    test.fit({prepared.data.design, prepared.data.basis, prepared.data.ls, prepared.means, prepared.basis}, "therapist",
             fit);
  };
  once();
  auto const before = testing::allocations();
  once();
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
