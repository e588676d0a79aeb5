#include "analysis/robust.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "analysis/least_squares.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using testing::expect_relative;
using testing::fit_file;
using testing::FittedBySquares;
using testing::Json;
using testing::random_design;

Fit cr2(FittedBySquares const& data) {
  Fit fit = data.fit;
  RobustErrors().cr2(data.basis, data.ls, data.design.cluster(), data.design.clusters(), "therapist", fit);
  return fit;
}

Fit hc3(FittedBySquares const& data) {
  Fit fit = data.fit;
  RobustErrors().hc3(data.basis, data.ls, fit);
  return fit;
}

void expect_table(Fit const& fit, Json const& table, double tolerance) {
  for (auto const& [term, numbers] : table.items()) {
    auto const& c = fit.coefficient(term);
    expect_relative(c.estimate, numbers["estimate"], 100 * tolerance, term);
    expect_relative(c.std_error, numbers["se"], tolerance, "SE of " + term);
    expect_relative(c.df, numbers["df"], tolerance, "df of " + term);
  }
}

TEST(Robust, AgreesWithSandwichAndClubSandwich) {
  auto const reference = testing::read_json("regression_reference.json");
  EXPECT_EQ(reference.at("robust").size(), 9U);
  for (auto const& expected : reference["robust"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const data = fit_file(expected["formula"], "regression_" + expected["data"].get<std::string>() + ".csv");
    double const tolerance = expected["data"] == "units" ? 1e-9 : 1e-12;
    EXPECT_EQ(cr2(data).status, FitStatus::ok) << cr2(data).message;
    expect_table(cr2(data), expected["cr2"], tolerance);
    expect_table(hc3(data), expected["hc3"], tolerance);
  }
}

TEST(Robust, IndicatorsOfClustersLeaveTheSlopeItsErrorAndAreNamed) {
  auto table = testing::read_data("regression_few.csv");
  auto const therapist = table.column("therapist").numbers();
  for (int const k : {2, 3, 4, 5}) {
    std::vector<double> indicator;
    for (double const t : therapist) indicator.push_back(t == k ? 1 : 0);
    table.add({"t" + std::to_string(k), "", "", indicator});
  }
  std::string const formula = "y ~ x + t2 + t3 + t4 + t5";
  auto const plan = plan_design(formula, parse_formula(formula), table, "therapist");
  auto const fit = cr2({build_design(plan, table), plan.x.names});
  EXPECT_EQ(fit.status, FitStatus::ok);
  EXPECT_EQ(fit.message,
            "the CR2 standard error of (Intercept), t2, t3, t4 and t5 misses what rests on single groups of "
            "therapist alone");
  expect_table(fit, testing::read_json("regression_reference.json")["fixed"], 1e-10);
}

// N x N matrices throughout: A_g from the eigenvalues of (I - H)_gg, df from P_gh = p_g'(I - H)_gh p_h.
Coefficient dense_cr2(Design const& d, Index coefficient) {
  Index const n = d.x.rows();
  MatrixXd const bread = (d.x.transpose() * d.x).inverse();
  MatrixXd const rest = MatrixXd::Identity(n, n) - d.x * bread * d.x.transpose();
  VectorXd const residual = rest * d.y;
  MatrixXd p = MatrixXd::Zero(n, static_cast<Index>(d.clusters()));
  for (Index g = 0; g < p.cols(); ++g) {
    std::vector<Index> rows;
    for (Index i = 0; i < n; ++i)
      if (d.cluster()[static_cast<std::size_t>(i)] == g) rows.push_back(i);
    Eigen::SelfAdjointEigenSolver<MatrixXd> const eigen(MatrixXd(rest(rows, rows)));
    VectorXd const power = eigen.eigenvalues().unaryExpr([](double v) { return v > 1e-12 ? 1 / std::sqrt(v) : 0; });
    MatrixXd const a = eigen.eigenvectors() * power.asDiagonal() * eigen.eigenvectors().transpose();
    p(rows, g) = a * MatrixXd(d.x(rows, Eigen::all)) * bread.col(coefficient);
  }
  MatrixXd const products = p.transpose() * rest * p;
  Coefficient out;
  out.std_error = (p.transpose() * residual).norm();
  out.df = products.trace() * products.trace() / products.squaredNorm();
  return out;
}

TEST(Robust, AgreesWithDenseMatrices) {
  unsigned seed = 0;
  for (auto const& sizes : std::vector<std::vector<int>>{{5, 3, 8, 1},
                                                         {1, 1, 1, 1, 1, 1, 1, 1, 1},
                                                         {40, 2, 2, 2, 3, 1},
                                                         {4, 4, 4, 4, 4, 4},
                                                         {60, 4, 4, 4},
                                                         {300, 3, 2, 2}})
    for (auto const& [within, between] : {std::pair{0, 0}, {1, 0}, {0, 1}, {2, 1}}) {
      FittedBySquares const data(random_design(sizes, within, between, ++seed));
      auto const fit = cr2(data);
      for (Index k = 0; k < data.design.x.cols(); ++k) {
        auto const dense = dense_cr2(data.design, k);
        auto const& c = fit.coefficients[static_cast<std::size_t>(k)];
        expect_relative(c.std_error, dense.std_error, 1e-10, c.term);
        expect_relative(c.df, dense.df, 1e-9, c.term);
      }
    }
}

// One arm of equal clusters: the mean of J therapists' means with J - 1 degrees of freedom; two arms: Welch's t test.
TEST(Robust, EqualClustersAreTTestsOfTheirMeans) {
  auto design = random_design({6, 6, 6, 6, 6}, 0, 0, 4);
  auto const fit = cr2(FittedBySquares(design)).coefficients[0];
  Eigen::Map<MatrixXd const> const values(design.y.data(), 6, 5);
  VectorXd const means = values.colwise().mean();
  EXPECT_NEAR(fit.std_error, std::sqrt((means.array() - means.mean()).square().sum() / 20), 1e-13);
  EXPECT_NEAR(fit.df, 4, 1e-12);

  design.x.conservativeResize(Eigen::NoChange, 2);
  for (Index i = 0; i < 30; ++i) design.x(i, 1) = i < 12 ? 1 : 0;
  auto const arm = cr2(FittedBySquares(design)).coefficients[1];
  auto const squares = [](VectorXd const& v) { return (v.array() - v.mean()).square().sum(); };
  EXPECT_NEAR(arm.std_error, std::sqrt(squares(means.head(2)) / 2 + squares(means.tail(3)) / 6), 1e-13);
  EXPECT_NEAR(arm.df, 1 / (std::pow(.6, 2) / 1 + std::pow(.4, 2) / 2), 1e-10) << "Welch's df at equal variances";
}

TEST(Robust, NeitherUnitsNorOrderNorLabelsMatter) {
  auto const design = random_design({3, 7, 2, 9, 5, 4}, 2, 1, 11);
  auto const plain = cr2(FittedBySquares(design));
  auto const plain_hc3 = hc3(FittedBySquares(design));
  auto changed = design;
  std::vector<Index> order(design.cluster().size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  changed.x = MatrixXd(design.x(order, Eigen::all));
  changed.y = VectorXd(design.y(order)) * 1e150;
  changed.x.col(1) *= 1e-150;
  for (std::size_t i = 0; i < order.size(); ++i)
    changed.factors.front().of_row[i] = 5 - design.cluster()[static_cast<std::size_t>(order[i])];
  auto const other = cr2(FittedBySquares(changed));
  auto const other_hc3 = hc3(FittedBySquares(changed));
  for (std::size_t k = 0; k < plain.coefficients.size(); ++k) {
    double const unit = k == 1 ? 1e300 : 1e150;
    expect_relative(other.coefficients[k].std_error, plain.coefficients[k].std_error * unit, 1e-12, "CR2");
    expect_relative(other.coefficients[k].df, plain.coefficients[k].df, 1e-11, "df");
    expect_relative(other_hc3.coefficients[k].std_error, plain_hc3.coefficients[k].std_error * unit, 1e-12, "HC3");
  }
}

TEST(Robust, RowsWithLeverageOneAreNamed) {
  auto design = random_design({5, 5}, 1, 0, 2);
  design.x.conservativeResize(Eigen::NoChange, 3);
  design.x.col(2) = VectorXd::Unit(10, 6);
  auto const fit = hc3(FittedBySquares(design));
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message,
            "HC3 divides by 1 - leverage, which is 0: the fit goes through the value of row 7 (of the complete "
            "rows) whatever it is");
  EXPECT_TRUE(std::isnan(fit.coefficients[1].std_error));
  EXPECT_TRUE(std::isfinite(fit.coefficients[1].estimate));
}

TEST(Robust, WhatNoTwoClustersShowIsNotEstimable) {
  FittedBySquares const one(random_design({9}, 1, 0, 2));
  EXPECT_EQ(cr2(one).message, "therapist has only one group in the complete rows");

  FittedBySquares const covariate(random_design({9, 8}, 1, 1, 2));  // one therapist per arm
  EXPECT_EQ(cr2(covariate).message,
            "the CR2 standard error of x0 and x2 misses what rests on single groups of therapist alone");

  FittedBySquares const arms(random_design({9, 8}, 0, 1, 2));
  EXPECT_EQ(cr2(arms).status, FitStatus::not_estimable);
  EXPECT_TRUE(std::isnan(cr2(arms).coefficients[1].std_error));
  EXPECT_EQ(cr2(arms).message,
            "no two groups of therapist can be compared for x0 and x1: nothing shows its variance between "
            "groups");
}

TEST(Robust, AnExactOrImpossibleFitStaysAsItIs) {
  auto design = random_design({4, 4}, 1, 0, 5);
  design.y = 2 * design.x.col(1);
  for (auto const& fit : {cr2(FittedBySquares(design)), hc3(FittedBySquares(design))}) {
    EXPECT_EQ(fit.status, FitStatus::not_estimable);
    EXPECT_EQ(fit.message, "the response is constant or fitted exactly: there is no residual variance");
  }
}

TEST(Robust, CollinearColumnsLeaveTheOthersTheirErrors) {
  auto design = random_design({4, 6, 3, 5}, 2, 0, 6);
  auto const plain = cr2(FittedBySquares(design));
  design.x.conservativeResize(Eigen::NoChange, 4);
  design.x.col(3) = 2 * design.x.col(2);
  auto const fit = cr2(FittedBySquares(design));
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_NEAR(fit.coefficients[1].std_error / plain.coefficients[1].std_error, 1, 1e-12);
  EXPECT_TRUE(std::isnan(fit.coefficients[2].std_error));
}

TEST(Robust, SmallAwkwardDesignsHaveNumbersOrAReason) {
  std::mt19937 random(8);
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::vector<int> sizes(1 + random() % 6);
    for (auto& size : sizes) size = 1 + static_cast<int>(random() % 4);
    auto design = random_design(sizes, static_cast<int>(random() % 3), static_cast<int>(random() % 3), seed);
    if (seed % 3 == 0) design.x = design.x.array().round();
    FittedBySquares const data(design);
    for (auto const& fit : {cr2(data), hc3(data)}) {
      if (fit.status != FitStatus::ok) {
        EXPECT_FALSE(fit.message.empty());
        continue;
      }
      for (auto const& c : fit.coefficients) EXPECT_TRUE(std::isfinite(c.std_error) && c.df > 0) << seed;
    }
  }
}

TEST(Robust, NothingIsAllocatedAfterTheFirstFit) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  FittedBySquares data(random_design(std::vector<int>(20, 12), 3, 1, 7));
  RobustErrors robust;
  auto const both = [&] {
    robust.cr2(data.basis, data.ls, data.design.cluster(), data.design.clusters(), "therapist", data.fit);
    robust.hc3(data.basis, data.ls, data.fit);
  };
  both();
  auto const before = testing::allocations();
  both();
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
