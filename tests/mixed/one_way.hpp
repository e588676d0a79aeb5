#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "mixed/nested_fit.hpp"

namespace bordin::testing {

//! Groups of equal size within groups of equal size, times 0, 1, ... in each of the innermost, an intercept and no other
//! coefficient; fitted by REML.
struct Balanced {
  struct Sds {
    double residual = 1, inner = 0, inner_slope = 0, outer = 0;
  };
  Balanced(int outer, int inner, int rows) : outer_(outer), inner_(inner), rows_(rows), y(outer * inner * rows) {
    auto const n = y.size();
    z.resize(n, 2);
    for (Eigen::Index row = 0; row < n; ++row) {
      z(row, 0) = 1;
      z(row, 1) = static_cast<double>(row % rows) - (rows - 1) / 2.0;
      client.of_row.push_back(static_cast<std::int32_t>(row / rows));
      therapist.of_row.push_back(static_cast<std::int32_t>(row / (rows * inner)));
    }
    client.groups = outer * inner;
    therapist.groups = outer;
  }

  void draw(std::mt19937_64& random, Sds const& sd) {
    std::normal_distribution<double> normal;
    Eigen::Index row = 0;
    for (int i = 0; i < outer_; ++i) {
      double const u = sd.outer * normal(random);
      for (int j = 0; j < inner_; ++j) {
        double const v = sd.inner * normal(random), slope = sd.inner_slope * normal(random);
        for (int k = 0; k < rows_; ++k, ++row) y[row] = u + v + slope * z(row, 1) + sd.residual * normal(random);
      }
    }
  }

  //! With random intercepts only, `effects` = 1.
  void fit_it(std::vector<CovarianceBlock> const& blocks, int effects, int levels) {
    Eigen::VectorXd const q = Eigen::VectorXd::Constant(y.size(), 1 / std::sqrt(static_cast<double>(y.size())));
    std::vector<ScaledColumn> slopes;
    for (int i = 0; i < effects; ++i) slopes.push_back({z.col(i).data()});
    std::vector<Grouping const*> factors{&client, &therapist};
    factors.resize(static_cast<std::size_t>(levels));
    sums.read({{q.data()}, {y.data()}}, slopes, factors);
    sums.finish(Eigen::MatrixXd::Identity(2, 2));
    fit.fit(sums, blocks, static_cast<int>(y.size()), true, 0);
  }

  //! Without random effects.
  double criterion_of_nothing() const {
    double const n = static_cast<double>(y.size()) - 1;
    double const rho = (y.array() - y.mean()).square().sum();
    return n * (1 + std::log(2 * std::numbers::pi * rho / n));
  }

 private:
  int outer_, inner_, rows_;

 public:
  Eigen::VectorXd y;
  Eigen::MatrixXd z;
  Grouping client, therapist;
  NestedSums sums;
  NestedFit fit;
};

}  // namespace bordin::testing
