#include "analysis/cholesky.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bordin {
namespace {

TEST(Cholesky, SolvesAndInverts) {
  Eigen::MatrixXd const half = Eigen::MatrixXd::Random(5, 5);
  Eigen::MatrixXd const whole = half * half.transpose() + Eigen::MatrixXd::Identity(5, 5);
  Eigen::MatrixXd factor = whole;
  ASSERT_TRUE(cholesky::factorise(factor));
  Eigen::VectorXd v = whole * Eigen::VectorXd::LinSpaced(5, 1, 5);
  cholesky::solve(factor, v);
  EXPECT_LT((v - Eigen::VectorXd::LinSpaced(5, 1, 5)).norm(), 1e-13);
  Eigen::MatrixXd inverse(5, 5);
  cholesky::invert(factor, inverse);
  EXPECT_LT((inverse * whole - Eigen::MatrixXd::Identity(5, 5)).norm(), 1e-13);
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  for (double const corner : {1.0, .5, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Eigen::MatrixXd m = Eigen::MatrixXd::Ones(2, 2);
    m(1, 1) = corner;
    EXPECT_FALSE(cholesky::factorise(m)) << corner;
  }
  Eigen::MatrixXd none(0, 0);
  EXPECT_TRUE(cholesky::factorise(none));
}

}  // namespace
}  // namespace bordin
