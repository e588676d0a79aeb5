#pragma once

#include <Eigen/Cholesky>
#include <Eigen/LU>
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
  Eigen::MatrixXd x;
  Eigen::MatrixXd q;  // orthonormal, by Gram and Schmidt from x
  Eigen::VectorXd y;
  Eigen::MatrixXd z;
  std::vector<Grouping> factors;
  Shapes shapes;  // of the first columns of x

  Eigen::MatrixXd columns() const {
    Eigen::MatrixXd out(q.rows(), q.cols() + 1);
    out << q, y;
    return out;
  }
  void sum_up(NestedSums& sums) const {
    std::vector<ScaledColumn> w, effects;
    for (Eigen::Index c = shapes.columns; c < x.cols(); ++c) w.push_back({x.col(c).data()});
    w.push_back({y.data()});
    for (Eigen::Index c = 0; c < z.cols(); ++c) effects.push_back({z.col(c).data()});
    sums.read(w, effects, pointers(), shapes);
    auto const p = x.cols();
    Eigen::MatrixXd turn = Eigen::MatrixXd::Identity(p + 1, p + 1);
    turn.topLeftCorner(p, p) = inverse_root(Eigen::MatrixXd::NullaryExpr(
        p, p, [&](Eigen::Index i, Eigen::Index j) { return sums.gram(static_cast<int>(i), static_cast<int>(j)); }));
    sums.finish(turn);
  }
  //! R^-1, for R'R = `squares`.
  static Eigen::MatrixXd inverse_root(Eigen::MatrixXd const& squares) {
    Eigen::MatrixXd const r = squares.llt().matrixU();
    return r.inverse();
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

//! The first columns of X become effects times numbers that two classes of outermost groups have of their own.
inline void shape(std::mt19937_64& random, int columns, SmallData& data) {
  std::normal_distribution<double> normal;
  auto const& outermost = data.factors.back();
  auto const effects = data.z.cols();
  data.shapes = {.columns = columns, .one = 0, .classes = 2, .of_group = {}, .matrices = {}};
  for (std::int32_t g = 0; g < outermost.groups; ++g) data.shapes.of_group.push_back(g % 2);
  data.shapes.matrices.assign(static_cast<std::size_t>(2 * effects * columns), 0);
  for (Eigen::Index c = 0; c < 2; ++c)
    for (Eigen::Index column = 0; column < columns; ++column) {
      auto const place = (c * effects + column % effects) * columns + column;
      double const own = 1 + 0.1 * normal(random);
      data.shapes.matrices[static_cast<std::size_t>(place)] = column == 0 ? 1 : column < effects || c == 0 ? own : -own;
    }
  for (Eigen::Index row = 0; row < data.x.rows(); ++row) {
    auto const c = outermost.of_row[static_cast<std::size_t>(row)] % 2;
    Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> const> const m(
        &data.shapes.matrices[static_cast<std::size_t>(c * effects * columns)], effects, columns);
    data.x.row(row).head(columns) = data.z.row(row) * m;
  }
}

//! `sizes`: groups of each factor within one of the next, outermost first, then rows per innermost group (drawn 1 .. that).
//! `shaped`: columns of X that are made of those of Z.
inline SmallData small_data(std::mt19937_64& random, std::vector<int> const& sizes, int coefficients, int effects,
                            int shaped = 0) {
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
  data.x = Eigen::MatrixXd::NullaryExpr(rows, coefficients, [&] { return normal(random); });
  data.z = Eigen::MatrixXd::NullaryExpr(rows, effects, [&] { return static_cast<double>(random() % 4); });
  data.z.col(0).setOnes();
  data.x.col(0).setOnes();
  if (shaped > 0) shape(random, shaped, data);
  data.q = data.x * SmallData::inverse_root(data.x.transpose() * data.x);
  data.y = Eigen::VectorXd::NullaryExpr(rows, [&] { return normal(random); });
  for (auto const& factor : data.factors) {
    Eigen::VectorXd const level = Eigen::VectorXd::NullaryExpr(factor.groups, [&] { return normal(random); });
    for (Eigen::Index i = 0; i < rows; ++i) data.y[i] += level[factor.of_row[static_cast<std::size_t>(i)]];
  }
  return data;
}

}  // namespace bordin::testing
