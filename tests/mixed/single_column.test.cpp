#include "mixed/single_column.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>

namespace bordin {
namespace {

class SingleColumnWith : public ::testing::TestWithParam<Eigen::Index> {};

TEST_P(SingleColumnWith, AddsUpWhatMatricesDo) {
  Eigen::Index const effects = GetParam(), pairs = effects * (effects + 1) / 2;
  Eigen::MatrixXd z = Eigen::MatrixXd::Random(9, effects);
  Eigen::VectorXd const y = Eigen::VectorXd::Random(9);
  std::vector<ScaledColumn> columns;
  for (Eigen::Index c = 0; c < effects; ++c) columns.push_back({z.col(c).data(), 0, c == 0 ? 1 : 0.5});
  for (bool const runs_known : {false, true}) {
    Grouping const factor{
        {0, 0, 0, 2, 1, 1, 1, 0, 0}, 3, runs_known ? std::vector<std::int32_t>{3, 4, 7, 9} : std::vector<std::int32_t>{}};
    std::vector<double> zz(static_cast<std::size_t>(3 * pairs)), sums(static_cast<std::size_t>(3 * effects));
    double const squares = sum_single_column({y.data(), 0.25, 2}, columns, factor, zz.data(), sums.data());
    Eigen::VectorXd const scaled_y = (y.array() - 0.25) * 2;
    Eigen::MatrixXd scaled_z = z;
    scaled_z.rightCols(effects - 1) *= 0.5;
    EXPECT_NEAR(squares, scaled_y.squaredNorm(), 1e-13);
    for (int g = 0; g < 3; ++g) {
      Eigen::VectorXd const own = Eigen::VectorXd::NullaryExpr(
          9, [&](Eigen::Index row) { return factor.of_row[static_cast<std::size_t>(row)] == g ? 1.0 : 0.0; });
      Eigen::MatrixXd const own_z = own.asDiagonal() * scaled_z;
      auto at = static_cast<std::size_t>(g * pairs);
      for (Eigen::Index u = 0; u < effects; ++u) {
        EXPECT_NEAR(sums[static_cast<std::size_t>(g * effects + u)], own_z.col(u).dot(scaled_y), 1e-13);
        for (Eigen::Index v = u; v < effects; ++v) EXPECT_NEAR(zz[at++], own_z.col(u).dot(own_z.col(v)), 1e-13);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Effects, SingleColumnWith, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace bordin
