#pragma once

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>
#include <vector>

#include "mixed/covariance.hpp"
#include "mixed/nested_profile.hpp"
#include "mixed/nested_sums.hpp"

namespace bordin::testing {

//! A small data set with nested groups, and the criterion computed from N x N matrices as textbooks write it.
struct SmallData {
  Eigen::MatrixXd q;  // orthonormal
  Eigen::VectorXd y;
  Eigen::MatrixXd z;
  std::vector<Grouping> factors;

  Eigen::MatrixXd columns() const {
    Eigen::MatrixXd out(q.rows(), q.cols() + 1);
    out << q, y;
    return out;
  }
  void sum_up(NestedSums& sums) const {
    std::vector<ScaledColumn> w, effects;
    for (Eigen::Index c = 0; c < q.cols(); ++c) w.push_back({q.col(c).data()});
    w.push_back({y.data()});
    for (Eigen::Index c = 0; c < z.cols(); ++c) effects.push_back({z.col(c).data()});
    sums.read(w, effects, pointers());
    sums.finish(Eigen::MatrixXd::Identity(q.cols() + 1, q.cols() + 1));
  }
  std::vector<Grouping const*> pointers() const {
    std::vector<Grouping const*> out;
    for (auto const& factor : factors) out.push_back(&factor);
    return out;
  }

  //! V with `g[level]` the covariance matrices.
  Eigen::MatrixXd v(std::vector<Eigen::MatrixXd> const& g) const {
    Eigen::MatrixXd out = Eigen::MatrixXd::Identity(q.rows(), q.rows());
    for (std::size_t level = 0; level < factors.size(); ++level) {
      Eigen::MatrixXd const inner = z * g[level] * z.transpose();
      auto const& of_row = factors[level].of_row;
      for (Eigen::Index i = 0; i < q.rows(); ++i)
        for (Eigen::Index j = 0; j < q.rows(); ++j)
          if (of_row[static_cast<std::size_t>(i)] == of_row[static_cast<std::size_t>(j)]) out(i, j) += inner(i, j);
    }
    return out;
  }

  double criterion(std::vector<Eigen::MatrixXd> const& g, bool reml) const {
    Eigen::MatrixXd const variance = v(g);
    Eigen::MatrixXd const inverse = variance.inverse();
    Eigen::MatrixXd const xx = q.transpose() * inverse * q;
    Eigen::VectorXd const xy = q.transpose() * inverse * y;
    double const rho = y.dot(inverse * y) - xy.dot(xx.inverse() * xy);
    auto const n = static_cast<double>(q.rows() - (reml ? q.cols() : 0));
    double value = std::log(variance.determinant()) + n * (1 + std::log(2 * std::numbers::pi * rho / n));
    if (reml) value += std::log(xx.determinant());
    return value;
  }
};

//! `sizes`: groups of each factor within one of the next, outermost first, then rows per innermost group (drawn 1 .. that).
inline SmallData small_data(std::mt19937_64& random, std::vector<int> const& sizes, int coefficients, int effects) {
  std::normal_distribution<double> normal;
  std::vector<std::vector<std::int32_t>> of_row(sizes.size() - 1);
  std::vector<std::int32_t> count(sizes.size() - 1, 0);
  std::vector<std::int32_t> now(sizes.size() - 1, 0);
  auto const add = [&](auto const& self, std::size_t level) -> void {
    if (level + 1 == sizes.size()) {
      int const rows = 1 + static_cast<int>(random() % static_cast<unsigned>(sizes.back()));
      for (int i = 0; i < rows; ++i)
        for (std::size_t l = 0; l < now.size(); ++l) of_row[l].push_back(now[l]);
      return;
    }
    for (int i = 0; i < sizes[level]; ++i) {
      now[level] = count[level]++;
      self(self, level + 1);
    }
  };
  add(add, 0);
  SmallData data;
  for (std::size_t l = of_row.size(); l-- > 0;) data.factors.push_back({of_row[l], count[l]});
  auto const rows = static_cast<Eigen::Index>(of_row.front().size());
  Eigen::MatrixXd x = Eigen::MatrixXd::NullaryExpr(rows, coefficients, [&] { return normal(random); });
  data.z = Eigen::MatrixXd::NullaryExpr(rows, effects, [&] { return static_cast<double>(random() % 4); });
  data.z.col(0).setOnes();
  x.col(0).setOnes();
  data.q = Eigen::HouseholderQR<Eigen::MatrixXd>(x).householderQ() * Eigen::MatrixXd::Identity(rows, coefficients);
  data.y = Eigen::VectorXd::NullaryExpr(rows, [&] { return normal(random); });
  for (auto const& factor : data.factors) {
    Eigen::VectorXd const level = Eigen::VectorXd::NullaryExpr(factor.groups, [&] { return normal(random); });
    for (Eigen::Index i = 0; i < rows; ++i) data.y[i] += level[factor.of_row[static_cast<std::size_t>(i)]];
  }
  return data;
}

}  // namespace bordin::testing
