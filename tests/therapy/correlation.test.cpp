#include "therapy/correlation.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

namespace bordin {
namespace {

TEST(LowerFactor, MultipliesBackToTheMatrix) {
  Eigen::MatrixXd matrix(3, 3);
  matrix << 1, 0.3, -0.2, 0.3, 1, 0.5, -0.2, 0.5, 1;
  auto const lower = lower_factor(matrix, "k", "these");
  EXPECT_LT((lower * lower.transpose() - matrix).norm(), 1e-14);
  EXPECT_EQ(lower(0, 2), 0);
}

TEST(LowerFactor, AllowsSingularMatrices) {
  Eigen::MatrixXd const ones = Eigen::MatrixXd::Ones(3, 3);
  auto const lower = lower_factor(ones, "k", "these");
  EXPECT_LT((lower * lower.transpose() - ones).norm(), 1e-12);
  EXPECT_EQ(lower_factor(Eigen::MatrixXd::Zero(2, 2), "k", "these").norm(), 0);
}

TEST(LowerFactor, RefusesWhatNobodyCanHave) {
  Eigen::MatrixXd matrix(3, 3);
  matrix << 1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1;
  EXPECT_THROW(lower_factor(matrix, "clients", "the correlations"), ScenarioError);
}

}  // namespace
}  // namespace bordin
