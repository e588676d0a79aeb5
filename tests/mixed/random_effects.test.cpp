#include "mixed/random_effects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mixed/inference_models.hpp"
#include "mixed/mixed_reference.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::HeldModel;
using testing::Json;

class RandomEffectsReference : public ::testing::TestWithParam<int> {};

// The effects of a level's blocks, in lme4's order.
std::vector<int> effects_of(std::vector<CovarianceBlock> const& blocks, int level) {
  std::vector<int> out;
  for (auto const& block : blocks)
    if (block.level == level) out.insert(out.end(), block.effects.begin(), block.effects.end());
  return out;
}

TEST_P(RandomEffectsReference, AgreeWithLme4) {
  testing::ReferenceModel const model(GetParam());
  SCOPED_TRACE(model.what());
  RandomEffects effects;
  effects.assign(model.sums, model.fit);
  for (int level = 0; level < static_cast<int>(model.levels.size()); ++level) {
    auto const& name = model.levels[static_cast<std::size_t>(level)];
    Eigen::MatrixXd const wanted = testing::matrix(model.expected["ranef"][name]);
    Json const& variances = model.expected["condvar"][name];
    auto const own = effects_of(model.blocks, level);
    bool const apart = model.blocks.size() > 1 && model.blocks[0].level == model.blocks[1].level;
    ASSERT_EQ(wanted.rows(), model.sums.groups(level));
    double const spread = wanted.cwiseAbs().maxCoeff() + 1e-3;
    for (std::int32_t g = 0; g < wanted.rows(); ++g) {
      auto const row = static_cast<std::size_t>(g);
      auto const& found = effects.covariance(level, g);
      for (std::size_t i = 0; i < own.size(); ++i) {
        EXPECT_NEAR(effects.effect(level, g, own[i]), wanted(g, static_cast<Eigen::Index>(i)), 1e-6 * spread) << name << g;
        for (std::size_t j = 0; j < own.size(); ++j) {
          if (apart && i != j) continue;
          Json const& value = apart ? variances[i][row] : own.size() == 1 ? variances[0][row] : variances[row][i + 2 * j];
          // Where the criterion is flat, R's theta is only good to some 1e-6.
          double const scale = std::sqrt(found(own[i], own[i]) * found(own[j], own[j]));
          EXPECT_NEAR(found(own[i], own[j]), value.get<double>(), 1e-5 * scale + 1e-12) << name << g;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fits, RandomEffectsReference, ::testing::Range(0, testing::reference_models()));

class RandomEffectsOf : public ::testing::TestWithParam<std::size_t> {
 protected:
  RandomEffectsOf() : model(HeldModel::kinds()[GetParam()], 3) {
    fit.fit(model.sums, HeldModel::kinds()[GetParam()].blocks, static_cast<int>(model.data.y.size()), true, 0);
    effects.assign(model.sums, fit);
  }
  HeldModel model;
  NestedFit fit;
  RandomEffects effects;
};

// u = G Z'V^-1 (y - Q b), with covariance s (G - G Z'V^-1 Z G).
TEST_P(RandomEffectsOf, AreThoseOfWholeMatrices) {
  auto const& data = model.data;
  int const size = model.structure.effects();
  std::vector<Eigen::MatrixXd> g;
  for (int level = 0, k = 0; level < model.structure.levels(); ++level) {
    g.emplace_back(size, size);
    for (int i = 0; i < size; ++i)
      for (int j = i; j < size; ++j) g.back()(i, j) = g.back()(j, i) = fit.profile().covariance()[k++];
  }
  Eigen::MatrixXd const inverse = data.v(g).inverse();
  Eigen::VectorXd const b =
      Eigen::VectorXd::NullaryExpr(data.q.cols(), [&](Eigen::Index i) { return fit.coefficient(static_cast<int>(i)); });
  Eigen::VectorXd const residual = data.y - data.q * b;
  double const s = fit.residual_variance();
  for (std::size_t level = 0; level < g.size(); ++level)
    for (std::int32_t group = 0; group < data.factors[level].groups; ++group) {
      Eigen::MatrixXd z = data.z;
      for (Eigen::Index row = 0; row < z.rows(); ++row)
        if (data.factors[level].of_row[static_cast<std::size_t>(row)] != group) z.row(row).setZero();
      Eigen::VectorXd const u = g[level] * z.transpose() * inverse * residual;
      Eigen::MatrixXd const v = s * (g[level] - g[level] * z.transpose() * inverse * z * g[level]);
      auto const l = static_cast<int>(level);
      for (int i = 0; i < size; ++i) EXPECT_NEAR(effects.effect(l, group, i), u[i], 1e-8 * (1 + u.norm()));
      EXPECT_LT((effects.covariance(l, group) - v).cwiseAbs().maxCoeff(), 1e-9 * (1 + s * g[level].norm()));
      double const variance = s * g[level](0, 0);
      double const share = variance > 0 ? 1 - v(0, 0) / variance : 0;
      EXPECT_NEAR(effects.reliability(l, group, 0), share, 1e-7);
    }
}

TEST_P(RandomEffectsOf, AllocateNothingAfterTheFirstTime) {
  if (!testing::counts_allocations) GTEST_SKIP() << "malloc is not counted here";
  auto const before = testing::allocations();
  effects.assign(model.sums, fit);
  EXPECT_EQ(testing::allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Models, RandomEffectsOf, ::testing::Range<std::size_t>(0, HeldModel::kinds().size()));

// With n rows a group and nothing but an intercept: n lambda / (1 + n lambda), Spearman and Brown's formula.
TEST(RandomEffects, ReliabilityOfAnInterceptFollowsSpearmanAndBrown) {
  HeldModel const model(HeldModel::kinds()[0], 7);
  NestedFit fit;
  fit.fit(model.sums, HeldModel::kinds()[0].blocks, static_cast<int>(model.data.y.size()), true, 0);
  RandomEffects effects;
  effects.assign(model.sums, fit);
  double const lambda = fit.covariance(0)(0, 0);
  ASSERT_GT(lambda, 0);
  for (std::int32_t g = 0; g < model.sums.groups(0); ++g) {
    auto const n =
        static_cast<double>(std::count(model.data.factors[0].of_row.begin(), model.data.factors[0].of_row.end(), g));
    EXPECT_NEAR(effects.reliability(0, g, 0), n * lambda / (1 + n * lambda), 1e-12);
  }
}

}  // namespace
}  // namespace bordin
