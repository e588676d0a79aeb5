#include "mixed/crossed_profile.hpp"

#include <gtest/gtest.h>

#include "mixed/crossed_data.hpp"

namespace bordin {
namespace {

using testing::crossed_data;
using testing::FactorPlan;
using testing::SmallData;
using testing::variances;

struct Model {
  char const* what;
  int rows, coefficients;
  std::vector<FactorPlan> factors;
};

std::vector<Model> const& models() {
  static std::vector<Model> const all{
      {"crossed", 60, 3, {{12}, {5}}},
      {"the last factor set apart", 60, 3, {{5}, {12}}},
      {"sparse", 25, 2, {{20}, {15}}},
      {"nested", 50, 2, {{4}, {12, 0}}},
      {"three factors", 80, 3, {{10}, {6}, {3}}},
      {"one of three is nested", 80, 2, {{4}, {12, 0}, {5}}},
      {"four factors", 60, 1, {{3}, {8}, {5}, {2}}},
      {"one factor alone", 30, 2, {{6}}},
  };
  return all;
}

//! theta of some size, or with a zero, or with small and large values together.
Parameters drawn_theta(std::mt19937_64& random, int size, int kind) {
  Parameters theta = Parameters::NullaryExpr(size, [&] { return std::normal_distribution<double>()(random); });
  if (kind == 1) theta[0] = 0;
  if (kind == 2) theta[size - 1] = 0;
  if (kind == 3) theta[0] = 0.01;
  if (kind == 4) theta[size - 1] = 20;
  return theta;
}

class CrossedProfileOf : public ::testing::TestWithParam<std::tuple<std::size_t, bool, int>> {
 protected:
  CrossedProfileOf()
      : random(std::get<0>(GetParam()) + 7),
        data(crossed_data(random, model().rows, model().coefficients, model().factors,
                          std::vector<double>(model().factors.size(), 1))) {
    sums.assign(data.columns(), data.pointers());
    profile.assign(sums, static_cast<double>(data.q.rows() - (reml() ? data.q.cols() : 0)), reml(), 0);
    theta = drawn_theta(random, static_cast<int>(model().factors.size()), std::get<2>(GetParam()));
  }
  static Model const& model() { return models()[std::get<0>(GetParam())]; }
  static bool reml() { return std::get<1>(GetParam()); }

  Eigen::MatrixXd z(std::size_t k) const {
    auto const& factor = data.factors[k];
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(data.q.rows(), factor.groups);
    for (Eigen::Index i = 0; i < out.rows(); ++i) out(i, factor.of_row[static_cast<std::size_t>(i)]) = 1;
    return out;
  }

  std::mt19937_64 random;
  SmallData data;
  CrossedSums sums;
  CrossedProfile profile;
  Parameters theta;
  CriterionAt at;
};

TEST_P(CrossedProfileOf, EqualsTheCriterionFromWholeMatrices) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  double const dense = data.criterion(variances(theta), reml());
  EXPECT_NEAR(at.value, dense, 1e-11 * (1 + std::abs(dense))) << model().what;
}

TEST_P(CrossedProfileOf, HasTheGradientAndCurvatureOfItsValues) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  double const h = 1e-4;
  for (int i = 0; i < theta.size(); ++i) {
    CriterionAt up, down;
    Parameters moved = theta;
    moved[i] += h;
    ASSERT_TRUE(profile.evaluate(moved, up));
    moved[i] = theta[i] - h;
    ASSERT_TRUE(profile.evaluate(moved, down));
    EXPECT_NEAR(at.gradient[i], (up.value - down.value) / (2 * h), 2e-6 * (1 + at.gradient.cwiseAbs().maxCoeff())) << i;
    Parameters const curvature = (up.gradient - down.gradient) / (2 * h);
    EXPECT_LT((at.curvature.col(i) - curvature).cwiseAbs().maxCoeff(), 2e-6 * (1 + at.curvature.cwiseAbs().maxCoeff()))
        << i;
  }
}

TEST_P(CrossedProfileOf, GivesGeneralisedLeastSquaresAndItsSlopes) {
  double const h = 1e-4;
  auto const p = static_cast<int>(data.q.cols());
  for (int k = 0; k < theta.size(); ++k) {
    double log_rho[2];
    Eigen::MatrixXd inverse[2];
    for (int side = 0; side < 2; ++side) {
      Parameters moved = theta;
      moved[k] += side == 0 ? h : -h;
      ASSERT_TRUE(profile.evaluate(moved, at));
      log_rho[side] = std::log(profile.rho());
      inverse[side] = Eigen::MatrixXd::NullaryExpr(p, p, [&](auto i, auto j) { return profile.inverse(int(i), int(j)); });
    }
    ASSERT_TRUE(profile.evaluate(theta, at));
    EXPECT_NEAR(profile.log_rho_slope()[k], (log_rho[0] - log_rho[1]) / (2 * h), 1e-6);
    for (int i = 0; i < p; ++i)
      for (int j = 0; j < p; ++j)
        EXPECT_NEAR(profile.inverse_slope(k, i, j), (inverse[0](i, j) - inverse[1](i, j)) / (2 * h),
                    1e-7 * (1 + inverse[0].cwiseAbs().maxCoeff()));
  }
  Eigen::MatrixXd const v = data.v(variances(theta)).inverse();
  Eigen::MatrixXd const covariance = (data.q.transpose() * v * data.q).inverse();
  Eigen::VectorXd const coefficients = covariance * (data.q.transpose() * (v * data.y));
  for (int i = 0; i < p; ++i) {
    EXPECT_NEAR(profile.coefficient(i), coefficients[i], 1e-11 * (1 + coefficients.cwiseAbs().maxCoeff()));
    EXPECT_NEAR(profile.inverse(i, i), covariance(i, i), 1e-11 * (1 + covariance(i, i)));
  }
}

// As Kenward and Roger write them.
TEST_P(CrossedProfileOf, GivesTheDerivativesInTheVariances) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  VarianceDerivatives out;
  profile.derivatives(out);
  Eigen::MatrixXd const v = data.v(variances(theta)).inverse();
  auto const factors = data.factors.size();
  auto const relative = [](Eigen::MatrixXd const& a, Eigen::MatrixXd const& b) {
    return (a - b).cwiseAbs().maxCoeff() / (1e-3 + b.cwiseAbs().maxCoeff());
  };
  for (std::size_t k = 0; k < factors; ++k) {
    Eigen::MatrixXd const vk = v * z(k) * z(k).transpose();
    auto const row = static_cast<Eigen::Index>(k);
    EXPECT_NEAR(out.log_determinant_first[row], vk.trace(), 1e-11 * (1 + vk.trace()));
    EXPECT_LT(relative(out.first[k], -data.q.transpose() * vk * v * data.q), 1e-10);
    for (std::size_t l = 0; l < factors; ++l) {
      Eigen::MatrixXd const vl = v * z(l) * z(l).transpose();
      auto const column = static_cast<Eigen::Index>(l);
      double const norm = (vk * vl).trace();
      EXPECT_NEAR(out.log_determinant_second(row, column), -norm, 1e-11 * (1 + norm));
      EXPECT_LT(relative(out.second[VarianceDerivatives::pair(static_cast<int>(k), static_cast<int>(l))],
                         data.q.transpose() * (vk * vl + vl * vk) * v * data.q),
                1e-10);
    }
  }
}

TEST_P(CrossedProfileOf, GivesModesAndTheirVariances) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  Eigen::MatrixXd const v = data.v(variances(theta)).inverse();
  Eigen::VectorXd b(data.q.cols());
  for (int i = 0; i < b.size(); ++i) b[i] = profile.coefficient(i);
  for (std::size_t k = 0; k < data.factors.size(); ++k) {
    double const phi = theta[static_cast<Eigen::Index>(k)] * theta[static_cast<Eigen::Index>(k)];
    Eigen::VectorXd modes, conditional;
    profile.modes(static_cast<int>(k), modes, conditional);
    Eigen::VectorXd const dense = phi * z(k).transpose() * v * (data.y - data.q * b);
    Eigen::MatrixXd const explained = phi * phi * z(k).transpose() * v * z(k);
    EXPECT_LT((modes - dense).cwiseAbs().maxCoeff(), 1e-11 * (1 + dense.cwiseAbs().maxCoeff())) << k;
    EXPECT_LT(((phi - explained.diagonal().array()) - conditional.array()).abs().maxCoeff(), 1e-12 * (1 + phi)) << k;
  }
}

// Linear in the variances: the expected curvature is that of the criterion at the data's average.
TEST_P(CrossedProfileOf, ExpectsTheCurvatureOfTheInformation) {
  ASSERT_TRUE(profile.evaluate(theta, at));
  Eigen::MatrixXd const v = data.v(variances(theta)).inverse();
  Eigen::MatrixXd const covariance = (data.q.transpose() * v * data.q).inverse();
  Eigen::MatrixXd const used = reml() ? Eigen::MatrixXd(v - v * data.q * covariance * data.q.transpose() * v) : v;
  double const degrees = static_cast<double>(data.q.rows() - (reml() ? data.q.cols() : 0));
  for (std::size_t k = 0; k < data.factors.size(); ++k)
    for (std::size_t l = 0; l < data.factors.size(); ++l) {
      Eigen::MatrixXd const a = used * z(k) * z(k).transpose(), b = used * z(l) * z(l).transpose();
      double const expected = (a * b).trace() - a.trace() * b.trace() / degrees;
      EXPECT_NEAR(profile.expected_curvature()(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(l)), expected,
                  1e-10 * (1 + (a * a).trace() + (b * b).trace()));
    }
}

INSTANTIATE_TEST_SUITE_P(Models, CrossedProfileOf,
                         ::testing::Combine(::testing::Range<std::size_t>(0, 8), ::testing::Bool(),
                                            ::testing::Range(0, 5)));

}  // namespace
}  // namespace bordin
