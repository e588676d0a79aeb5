#include "mixed/shaped_columns.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

// Z = [1 t] of two groups, t = 0 1 2 and t = 0 1; the columns 1, t and t x arm, the second group being in the arm; w
// beside.
class ShapedColumnsOfTwoArms : public ::testing::Test {
 protected:
  ShapedColumnsOfTwoArms() {
    z << 1, 0, 1, 1, 1, 2, 1, 0, 1, 1;
    x << 1, 0, 0, 1, 1, 0, 1, 2, 0, 1, 0, 0, 1, 1, 1;
    w << 4, -1, 2, 5, 3;
    columns.assign(
        {.columns = 3, .one = 0, .classes = 2, .of_group = {0, 1}, .matrices = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1}}, 2, 1,
        8);
    add(0, z.topRows(3), w.head(3));
    add(1, z.bottomRows(2), w.tail(2));
    columns.centre(5);
    for (int c : {1, 2}) x.col(c).array() -= x.col(c).mean();
  }
  void add(std::int32_t of_class, Eigen::MatrixXd const& rows, Eigen::VectorXd const& own) {
    Eigen::MatrixXd const zz = rows.transpose() * rows;
    Eigen::VectorXd const zw = rows.transpose() * own;
    std::vector<double> const squares{zz(0, 0), zz(0, 1), zz(1, 1)};
    std::vector<double> sums(16);
    sums[0] = zw[0];
    sums[8] = zw[1];
    columns.add(of_class, squares.data(), sums.data());
  }

  Eigen::Matrix<double, 5, 2> z;
  Eigen::Matrix<double, 5, 3> x;
  Eigen::Matrix<double, 5, 1> w;
  ShapedColumns columns;
};

TEST_F(ShapedColumnsOfTwoArms, HaveProductsAndMeansAsTheirRowsHave) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) EXPECT_NEAR(columns.product(i, j), x.col(i).dot(x.col(j)), 1e-14) << i << ' ' << j;
    EXPECT_NEAR(columns.product_with(i, 0), x.col(i).dot(w), 1e-14) << i;
  }
  EXPECT_DOUBLE_EQ(columns.mean(1), 0.8);
  EXPECT_DOUBLE_EQ(columns.mean(2), 0.2);
  EXPECT_EQ(columns.mean(0), 0);
  EXPECT_DOUBLE_EQ(columns.uncentred_square(1), 6);
}

TEST_F(ShapedColumnsOfTwoArms, TurnWithTheColumnBeside) {
  Eigen::Matrix4d turn = Eigen::Matrix4d::Zero();
  turn << 1, 2, 3, 4, 0, 5, 6, 7, 0, 0, 8, 9, 0, 0, 0, 10;
  columns.turn(turn);
  Eigen::Matrix<double, 5, 4> all;
  all << x, w;
  Eigen::Matrix<double, 5, 4> const turned = all * turn;
  using Shape = Eigen::Matrix<double, 2, 3, Eigen::RowMajor>;
  for (int row = 0; row < 5; ++row) {
    int const of_class = row < 3 ? 0 : 1;
    Shape const m = Eigen::Map<Shape const>(columns.matrices() + static_cast<std::ptrdiff_t>(of_class) * 6);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(z.row(row) * m.col(c), turned(row, c), 1e-13) << row << ' ' << c;
    double const* const added = columns.added() + static_cast<std::ptrdiff_t>(of_class) * 16;
    EXPECT_NEAR(z(row, 0) * added[0] + z(row, 1) * added[8] + 10 * w[row], turned(row, 3), 1e-13) << row;
  }
}

}  // namespace
}  // namespace bordin
