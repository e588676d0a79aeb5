#include "analysis/orthogonal_basis.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bordin {
namespace {

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index columns) {
  std::srand(5);
  return Eigen::MatrixXd::Random(rows, columns);
}

TEST(OrthogonalBasis, IsOrthonormalAndSpansTheColumns) {
  Eigen::MatrixXd x = random_matrix(60, 4);
  x.col(0).setOnes();
  x.col(1).array() += 1e7;                           // nearly the intercept
  x.col(3) = x.col(2) * 1e-200 + x.col(3) * 1e-206;  // nearly another column, in other units
  OrthogonalBasis const basis(x, 1e-10);
  ASSERT_TRUE(basis.full_rank());
  Eigen::MatrixXd const gram = basis.q().transpose() * basis.q();
  EXPECT_LT((gram - Eigen::MatrixXd::Identity(4, 4)).cwiseAbs().maxCoeff(), 1e-14);
  for (Eigen::Index k = 0; k < 4; ++k) {  // X R^-1 = Q, with the units taken out of the comparison
    Eigen::VectorXd const column = x.col(k) / x.col(k).cwiseAbs().maxCoeff();
    EXPECT_LT((column - basis.q() * (basis.q().transpose() * column)).norm(), 1e-13) << k;
  }
}

TEST(OrthogonalBasis, RInverseAndDeterminantBelongToX) {
  Eigen::MatrixXd const x = random_matrix(30, 5) * 7;
  OrthogonalBasis const basis(x, 1e-10);
  EXPECT_LT((x * basis.r_inverse() - basis.q()).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_NEAR(basis.log_det_r(), .5 * std::log((x.transpose() * x).determinant()), 1e-12);
}

TEST(OrthogonalBasis, MarksExactlyTheAmbiguousCoefficients) {
  Eigen::MatrixXd x = random_matrix(40, 6);
  x.col(0).setOnes();
  x.col(3) = 3 * x.col(1) - x.col(0);
  x.col(5).setZero();
  OrthogonalBasis const basis(x, 1e-10);
  EXPECT_EQ(basis.rank(), 4);
  EXPECT_EQ(basis.kept(), (std::vector<Eigen::Index>{0, 1, 2, 4}));
  EXPECT_EQ(basis.estimable(), (std::vector<bool>{false, false, true, false, true, false}));
  EXPECT_EQ(basis.dependencies({"(Intercept)", "a", "b", "c", "d", "e"}),
            "c is a linear combination of (Intercept) and a; e is zero in every row");
}

TEST(OrthogonalBasis, MoreColumnsThanRowsLeaveOnlyAsManyAsThereAreRows) {
  OrthogonalBasis const basis(random_matrix(3, 7), 1e-10);
  EXPECT_EQ(basis.rank(), 3);
  EXPECT_FALSE(basis.full_rank());
  EXPECT_EQ(OrthogonalBasis(Eigen::MatrixXd(0, 2), 1e-10).rank(), 0);
}

// The tolerance is relative to the parts that cancel: a large mean is not collinearity, rounding is.
TEST(OrthogonalBasis, TellsLargeMeansFromCollinearity) {
  Eigen::MatrixXd x = random_matrix(50, 3);
  x.col(0).setOnes();
  x.col(1).array() += 1e8;
  EXPECT_TRUE(OrthogonalBasis(x, 1e-10).full_rank());
  x.col(1).array() -= 1e8 - 100;
  x.col(2) = x.col(1) / 3 + 1e-4 * x.col(0);
  EXPECT_FALSE(OrthogonalBasis(x, 1e-10).full_rank());
  x.col(2) = (x.col(2).cast<float>()).cast<double>();
  EXPECT_TRUE(OrthogonalBasis(x, 1e-10).full_rank());  // rounding to float32 looks like information ...
  x.col(1) = (x.col(1).cast<float>()).cast<double>();
  EXPECT_FALSE(OrthogonalBasis(x, 2e-7).full_rank());  // ... unless the tolerance knows of it
}

TEST(OrthogonalBasis, InfiniteColumnsAreReportedNotUsed) {
  Eigen::MatrixXd x = random_matrix(5, 2);
  x(3, 1) = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(OrthogonalBasis(x, 1e-10).finite());
  x(3, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(OrthogonalBasis(x, 1e-10).finite());
}

TEST(OrthogonalBasis, BinaryScaleIsAPowerOfTwoAboveTheLargestValue) {
  EXPECT_EQ(binary_scale(Eigen::Vector2d(3, -5)), 8);
  EXPECT_EQ(binary_scale(Eigen::Vector2d(0, 0)), 1);
  EXPECT_EQ(binary_scale(Eigen::VectorXd(0)), 1);
  EXPECT_TRUE(std::isfinite(1 / binary_scale(Eigen::Vector2d(5e-324, 0))));
  EXPECT_TRUE(std::isinf(binary_scale(Eigen::Vector2d(INFINITY, 0))));
}

}  // namespace
}  // namespace bordin
