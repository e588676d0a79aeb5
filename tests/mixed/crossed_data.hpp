#pragma once

#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>
#include <random>
#include <vector>

#include "mixed/covariance.hpp"
#include "mixed/small_data.hpp"

namespace bordin::testing {

//! A factor of a data set to be drawn: groups, and the factor (drawn before) that it is nested in, or -1.
struct FactorPlan {
  int groups;
  int within = -1;
};

//! Rows fall at random into the groups of every factor, some groups and cells staying empty. Z is a column of ones.
inline SmallData crossed_data(std::mt19937_64& random, int rows, int coefficients, std::vector<FactorPlan> const& plan,
                              std::vector<double> const& sd) {
  std::normal_distribution<double> normal;
  SmallData data;
  for (auto const& factor : plan) {
    Grouping grouping;
    grouping.groups = factor.groups;
    for (int row = 0; row < rows; ++row) {
      auto group = static_cast<int>(random() % static_cast<unsigned>(factor.groups));
      if (factor.within >= 0) {
        auto const& outer = data.factors[static_cast<std::size_t>(factor.within)];
        int const share = factor.groups / outer.groups;
        group = outer.of_row[static_cast<std::size_t>(row)] * share + group % share;
      }
      grouping.of_row.push_back(group);
    }
    data.factors.push_back(grouping);
  }
  Eigen::MatrixXd x = Eigen::MatrixXd::NullaryExpr(rows, coefficients, [&] { return normal(random); });
  x.col(0).setOnes();
  data.q = Eigen::HouseholderQR<Eigen::MatrixXd>(x).householderQ() * Eigen::MatrixXd::Identity(rows, coefficients);
  data.z = Eigen::MatrixXd::Ones(rows, 1);
  data.y = Eigen::VectorXd::NullaryExpr(rows, [&] { return normal(random); });
  for (std::size_t k = 0; k < plan.size(); ++k) {
    Eigen::VectorXd const level = Eigen::VectorXd::NullaryExpr(plan[k].groups, [&] { return sd[k] * normal(random); });
    for (int row = 0; row < rows; ++row) data.y[row] += level[data.factors[k].of_row[static_cast<std::size_t>(row)]];
  }
  return data;
}

//! Covariance matrices for SmallData::v.
inline std::vector<Eigen::MatrixXd> variances(Parameters const& theta) {
  std::vector<Eigen::MatrixXd> out;
  for (double const t : theta) out.emplace_back(Eigen::MatrixXd::Constant(1, 1, t * t));
  return out;
}

}  // namespace bordin::testing
