#include "mixed/nested_profile.hpp"

#include <gtest/gtest.h>

#include "mixed/small_data.hpp"

namespace bordin {
namespace {

using testing::small_data;
using testing::SmallData;

struct Model {
  char const* what;
  std::vector<int> sizes;  // groups, outermost first; rows
  int coefficients, effects;
  std::vector<CovarianceBlock> blocks;
  int shaped = 0;
};

std::vector<Model> const& models() {
  static std::vector<Model> const all{
      {"random intercept", {9, 5}, 3, 1, {{0, {0}}}},
      {"random slope", {9, 6}, 2, 2, {{0, {0, 1}}}},
      {"uncorrelated", {9, 6}, 2, 2, {{0, {0}}, {0, {1}}}},
      {"growth", {4, 5, 6}, 3, 2, {{0, {0, 1}}, {1, {0, 1}}}},
      {"slope above only", {5, 4, 4}, 2, 2, {{0, {0}}, {1, {1}}}},
      {"three factors", {3, 3, 3, 4}, 2, 1, {{0, {0}}, {1, {0}}, {2, {0}}}},
      {"three factors with slopes", {3, 3, 3, 5}, 2, 2, {{0, {0, 1}}, {1, {0, 1}}, {2, {0, 1}}}},
      {"three effects", {10, 8}, 4, 3, {{0, {0, 1, 2}}}},
      {"four effects, two factors", {4, 3, 9}, 3, 4, {{0, {0, 1, 2, 3}}, {1, {0, 3}}}},
      {"random slope, arms", {9, 6}, 4, 2, {{0, {0, 1}}}, 4},
      {"growth, arms", {5, 5, 6}, 4, 2, {{0, {0, 1}}, {1, {0, 1}}}, 4},
      {"growth, arms and others", {5, 5, 6}, 5, 2, {{0, {0, 1}}, {1, {0, 1}}}, 3},
      {"three factors, arms and others", {3, 3, 3, 5}, 4, 2, {{0, {0, 1}}, {1, {0, 1}}, {2, {0}}}, 2},
      {"three effects, arms", {12, 8}, 4, 3, {{0, {0, 1, 2}}}, 4},
  };
  return all;
}

std::vector<Eigen::MatrixXd> matrices(CovarianceStructure const& structure, double const* packed) {
  std::vector<Eigen::MatrixXd> out;
  for (int level = 0; level < structure.levels(); ++level) {
    Eigen::MatrixXd g(structure.effects(), structure.effects());
    for (int i = 0; i < g.rows(); ++i)
      for (int j = i; j < g.cols(); ++j) g(i, j) = g(j, i) = *packed++;
    out.push_back(g);
  }
  return out;
}

class NestedProfileOf : public ::testing::TestWithParam<std::tuple<std::size_t, bool>> {
 protected:
  NestedProfileOf()
      : random(std::get<0>(GetParam()) + 7),
        data(small_data(random, model().sizes, model().coefficients, model().effects, model().shaped)) {
    structure.assign(model().blocks, static_cast<int>(data.factors.size()), model().effects);
    data.sum_up(sums);
    profile.assign(sums, structure, static_cast<double>(data.q.rows() - (reml() ? data.q.cols() : 0)), reml(), 0);
    theta = Parameters::NullaryExpr(structure.parameters(), [&] { return std::normal_distribution<double>()(random); });
  }
  static Model const& model() { return models()[std::get<0>(GetParam())]; }
  static bool reml() { return std::get<1>(GetParam()); }

  std::mt19937_64 random;
  SmallData data;
  CovarianceStructure structure;
  NestedSums sums;
  NestedProfile profile;
  Parameters theta;
  CriterionAt at;
};

TEST_P(NestedProfileOf, EqualsTheCriterionFromWholeMatrices) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  double const dense = data.criterion(matrices(structure, profile.covariance()), reml());
  EXPECT_NEAR(at.value, dense, 1e-11 * (1 + std::abs(dense))) << model().what;
}

TEST_P(NestedProfileOf, HasTheGradientAndCurvatureOfItsValues) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  auto const here = at;
  double const h = 1e-4;
  for (int i = 0; i < theta.size(); ++i) {
    CriterionAt up, down;
    Parameters moved = theta;
    moved[i] += h;
    auto const order = structure.blocks();
    ASSERT_TRUE(profile.evaluate(moved, up));
    moved = theta;
    moved[i] -= h;
    ASSERT_TRUE(profile.evaluate(moved, down));
    EXPECT_NEAR(here.gradient[i], (up.value - down.value) / (2 * h), 2e-6 * (1 + here.gradient.cwiseAbs().maxCoeff())) << i;
    Parameters const curvature = (up.gradient - down.gradient) / (2 * h);
    EXPECT_LT((here.curvature.col(i) - curvature).cwiseAbs().maxCoeff(), 2e-6 * (1 + here.curvature.cwiseAbs().maxCoeff()))
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, NestedProfileOf,
                         ::testing::Combine(::testing::Range<std::size_t>(0, models().size()), ::testing::Bool()));

}  // namespace
}  // namespace bordin
