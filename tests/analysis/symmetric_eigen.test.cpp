#include "analysis/symmetric_eigen.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <random>

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Decomposed {
  explicit Decomposed(MatrixXd m) : values(m.rows()), vectors(m.rows(), m.rows()) { symmetric_eigen(m, values, vectors); }
  MatrixXd product() const { return vectors * values.asDiagonal() * vectors.transpose(); }
  VectorXd values;
  MatrixXd vectors;
};

// Q'Q of a random matrix of the given rank.
MatrixXd random_square(Index size, Index rank, std::mt19937& random) {
  std::normal_distribution<double> normal;
  MatrixXd half(rank, size);
  for (auto& v : half.reshaped()) v = normal(random);
  return half.transpose() * half;
}

TEST(SymmetricEigen, RebuildsMatricesOfAnyRank) {
  std::mt19937 random(1);
  for (Index size = 1; size <= 12; ++size)
    for (Index rank = 0; rank <= size + 1; ++rank) {
      MatrixXd const m = random_square(size, rank, random);
      Decomposed const d(m);
      double const scale = std::max(1.0, m.norm());
      EXPECT_LT((d.product() - m).norm(), 1e-14 * scale);
      EXPECT_LT((d.vectors.transpose() * d.vectors - MatrixXd::Identity(size, size)).norm(), 1e-13);
      VectorXd sorted = d.values;
      std::sort(sorted.begin(), sorted.end());
      EXPECT_LT((sorted - Eigen::SelfAdjointEigenSolver<MatrixXd>(m).eigenvalues()).norm(), 1e-13 * scale);
    }
}

TEST(SymmetricEigen, SmallEigenvaluesOfScaledMatricesKeepTheirDigits) {
  MatrixXd m(2, 2);
  m << 1, 1e-9, 1e-9, 1e-16;  // determinant 9.9e-17
  Decomposed const d(m);
  EXPECT_NEAR(d.values.minCoeff() / 9.9e-17, 1, 1e-10);
}

TEST(SymmetricEigen, ExtremeMatricesEnd) {
  for (double const size : {0.0, 1e-300, 1e150}) {
    Decomposed const d(MatrixXd::Constant(5, 5, size));
    EXPECT_NEAR(d.values.maxCoeff(), 5 * size, 1e-14 * size);
  }
}

}  // namespace
}  // namespace bordin
