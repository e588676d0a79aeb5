#include "mixed/crossed_sums.hpp"

#include <gtest/gtest.h>

#include "mixed/crossed_data.hpp"

namespace bordin {
namespace {

using testing::crossed_data;

Eigen::MatrixXd indicators(Grouping const& factor) {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(factor.of_row.size()), factor.groups);
  for (Eigen::Index i = 0; i < out.rows(); ++i) out(i, factor.of_row[static_cast<std::size_t>(i)]) = 1;
  return out;
}

class SumsOfSmallData : public ::testing::Test {
 protected:
  SumsOfSmallData() : data(crossed_data(random, 40, 2, {{5}, {14}, {3}}, {1, 1, 1})) {
    sums.assign(data.columns(), data.pointers());
    list << indicators(data.factors[0]), indicators(data.factors[2]);
  }
  std::mt19937_64 random{5};
  testing::SmallData data;
  CrossedSums sums;
  Eigen::MatrixXd list = Eigen::MatrixXd(40, 8);
};

TEST_F(SumsOfSmallData, TheFactorWithMostGroupsIsSetApart) {
  EXPECT_EQ(sums.apart(), 1);
  EXPECT_EQ(sums.groups_apart(), 14);
  EXPECT_EQ(sums.dense(), 8);
  ASSERT_EQ(sums.blocks().size(), 2U);
  EXPECT_EQ(sums.blocks()[1].factor, 2);
  EXPECT_EQ(sums.blocks()[1].first, 5);
  EXPECT_EQ(sums.blocks()[1].largest_group, indicators(data.factors[2]).colwise().sum().maxCoeff());
}

TEST_F(SumsOfSmallData, CellsAreTheCrossTable) {
  Eigen::MatrixXd table = Eigen::MatrixXd::Zero(14, 8);
  for (int i = 0; i < 14; ++i)
    for (auto const& cell : sums.cells(i)) {
      EXPECT_GT(cell.rows, 0);
      table(i, cell.group) += cell.rows;
    }
  EXPECT_EQ(table, indicators(data.factors[1]).transpose() * list);
}

TEST_F(SumsOfSmallData, WithinAndBetweenGroupsAddUp) {
  Eigen::MatrixXd const apart = indicators(data.factors[1]);
  Eigen::MatrixXd const means =
      apart * (apart.transpose() * apart).completeOrthogonalDecomposition().pseudoInverse() * apart.transpose();
  Eigen::MatrixXd const within = Eigen::MatrixXd::Identity(40, 40) - means;
  Eigen::MatrixXd const columns = data.columns();
  Eigen::MatrixXd const lower = (list.transpose() * within * list).triangularView<Eigen::Lower>();
  EXPECT_LT((sums.within_list() - lower).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((sums.within_sums() - columns.transpose() * within * list).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((sums.within_columns() - columns.transpose() * within * columns).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((sums.group_sums() - columns.transpose() * apart).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(CrossedSums, TooManyGroupsBesideTheLargestFactorAreRefused) {
  Grouping many{std::vector<std::int32_t>(4, 0), CrossedSums::most_dense_groups + 1};
  CrossedSums sums;
  sums.assign(Eigen::MatrixXd::Ones(4, 2), {&many, &many});
  EXPECT_TRUE(sums.too_large());
  many.groups = CrossedSums::most_dense_groups;
  sums.assign(Eigen::MatrixXd::Ones(4, 2), {&many, &many});
  EXPECT_FALSE(sums.too_large());
}

}  // namespace
}  // namespace bordin
