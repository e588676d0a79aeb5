#pragma once

#include <random>
#include <vector>

#include "mixed/small_data.hpp"

namespace bordin::testing {

//! A model with a small data set, evaluated at parameters that are drawn, not fitted.
struct HeldModel {
  struct Kind {
    char const* what;
    std::vector<int> sizes;  // groups, outermost first; rows
    int coefficients, effects;
    std::vector<CovarianceBlock> blocks;
    bool singular = false;  // last column of every block's factor is 0
    int shaped = 0;         // columns of X made of those of Z
  };
  static std::vector<Kind> const& kinds() {
    static std::vector<Kind> const all{
        {"random intercept", {9, 5}, 3, 1, {{0, {0}}}},
        {"random slope", {9, 6}, 2, 2, {{0, {0, 1}}}},
        {"uncorrelated", {9, 6}, 2, 2, {{0, {0}}, {0, {1}}}},
        {"growth", {4, 5, 6}, 3, 2, {{0, {0, 1}}, {1, {0, 1}}}},
        {"growth, singular", {4, 5, 6}, 3, 2, {{0, {0, 1}}, {1, {0, 1}}}, true},
        {"three factors", {3, 3, 3, 5}, 2, 2, {{0, {0, 1}}, {1, {1}}, {2, {0}}}},
        {"four effects, two factors", {4, 3, 9}, 3, 4, {{0, {0, 1, 2, 3}}, {1, {0, 3}}}},
        {"random slope, arms", {9, 6}, 4, 2, {{0, {0, 1}}}, false, 4},
        {"growth, arms", {5, 5, 6}, 4, 2, {{0, {0, 1}}, {1, {0, 1}}}, false, 4},
        {"growth, arms and others, singular", {5, 5, 6}, 5, 2, {{0, {0, 1}}, {1, {0, 1}}}, true, 3},
        {"three factors, arms and others", {3, 3, 3, 5}, 4, 2, {{0, {0, 1}}, {1, {1}}, {2, {0}}}, false, 2},
    };
    return all;
  }

  explicit HeldModel(Kind const& kind, unsigned seed)
      : random(seed), data(small_data(random, kind.sizes, kind.coefficients, kind.effects, kind.shaped)) {
    structure.assign(kind.blocks, static_cast<int>(data.factors.size()), kind.effects);
    data.sum_up(sums);
    profile.assign(sums, structure, static_cast<double>(data.q.rows() - data.q.cols()), true, 0);
    theta = Parameters::NullaryExpr(structure.parameters(), [&] { return std::normal_distribution<double>()(random); });
    int last = -1;
    for (auto const& block : kind.blocks) {
      auto const size = static_cast<int>(block.effects.size());
      last += size * (size + 1) / 2;
      if (kind.singular) theta[last] = 0;
    }
    CriterionAt at;
    possible = profile.evaluate(theta, at);
  }

  std::vector<Eigen::MatrixXd> covariances() const {
    std::vector<Eigen::MatrixXd> out;
    auto const* packed = profile.covariance();
    for (int level = 0; level < structure.levels(); ++level) {
      Eigen::MatrixXd g(structure.effects(), structure.effects());
      for (int i = 0; i < g.rows(); ++i)
        for (int j = i; j < g.cols(); ++j) g(i, j) = g(j, i) = *packed++;
      out.push_back(g);
    }
    return out;
  }

  //! V = sum of phi_i V_i, in the order of NestedDerivatives; the last is I, phi = 1.
  std::vector<Eigen::MatrixXd> parts() const {
    std::vector<Eigen::MatrixXd> out;
    std::vector<Eigen::MatrixXd> const nothing(data.factors.size(),
                                               Eigen::MatrixXd::Zero(structure.effects(), structure.effects()));
    Eigen::MatrixXd const one = Eigen::MatrixXd::Identity(data.q.rows(), data.q.rows());
    for (auto const& block : structure.blocks())
      for (std::size_t j = 0; j < block.effects.size(); ++j)
        for (std::size_t i = j; i < block.effects.size(); ++i) {
          auto g = nothing;
          auto& own = g[static_cast<std::size_t>(block.level)];
          own(block.effects[i], block.effects[j]) = own(block.effects[j], block.effects[i]) = 1;
          out.emplace_back(data.v(g) - one);
        }
    out.push_back(one);
    return out;
  }

  std::mt19937_64 random;
  SmallData data;
  CovarianceStructure structure;
  NestedSums sums;
  NestedProfile profile;
  Parameters theta;
  bool possible = false;
};

}  // namespace bordin::testing
