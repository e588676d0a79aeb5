#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <vector>

namespace bordin {

//! Columns of X that are Z M within each group of the outermost factor: arms of therapists over time, say, where there are
//! random intercepts and slopes. Groups with the same M are a class.
struct Shapes {
  int columns = 0;  //!< p; 0 = there are none
  int one = -1;     //!< the effect that is 1 in every row, where X has it, too, as the first of these columns
  std::int32_t classes = 0;
  std::vector<std::int32_t> of_group;  //!< class, per group of the outermost factor
  std::vector<double> matrices;        //!< [class][q][p]: M
};

//! What sums over Z tell about such columns, without a look at their rows. Keeps its memory from one data set to the next.
class ShapedColumns {
 public:
  //! `others`: columns beside these, in rows of `stride`.
  void assign(Shapes const& shapes, int effects, int others, int stride);
  //! One innermost group: Z'Z (upper triangle) and Z'w, w the other columns.
  void add(std::int32_t of_class, double const* zz, double const* sums);
  //! Takes their means off all columns but the first, if that is `one`.
  void centre(std::size_t rows);

  int columns() const { return columns_; }
  std::int32_t classes() const { return classes_; }
  double mean(int column) const { return means_[static_cast<std::size_t>(column)]; }
  //! The square of a column before its mean was taken off.
  double uncentred_square(int column) const { return squares_[static_cast<std::size_t>(column)]; }
  //! Of two of these columns; of one of these and one of the others.
  double product(int i, int j) const;
  double product_with(int i, int other) const;

  //! Goes over to the columns [X w] T, T upper triangular.
  void turn(Eigen::Ref<Eigen::MatrixXd const> const& turn);
  double const* matrices() const { return matrices_.data(); }  //!< [class][q][p]: M
  double const* added() const { return added_.data(); }        //!< [class][q][stride]: of the other columns, what is Z M

 private:
  double& matrix(std::int32_t c, int effect, int column) { return matrices_[place(c, effect, columns_, column)]; }
  double matrix(std::int32_t c, int effect, int column) const { return matrices_[place(c, effect, columns_, column)]; }
  double zz(std::int32_t c, int i, int j) const {
    auto const [low, high] = std::minmax(i, j);
    return zz_[first_pair(c) + static_cast<std::size_t>(low * effects_ - low * (low - 1) / 2 + high - low)];
  }
  std::size_t first_pair(std::int32_t c) const {
    auto const effects = static_cast<std::size_t>(effects_);
    return static_cast<std::size_t>(c) * (effects * (effects + 1) / 2);
  }
  std::size_t place(std::int32_t c, int effect, int stride, int column) const {
    auto const of_class = static_cast<std::size_t>(c) * static_cast<std::size_t>(effects_);
    return (of_class + static_cast<std::size_t>(effect)) * static_cast<std::size_t>(stride) +
           static_cast<std::size_t>(column);
  }

  int effects_ = 0, columns_ = 0, others_ = 0, stride_ = 0, one_ = -1;
  std::int32_t classes_ = 0;
  std::vector<double> zz_;    // [class][q(q+1)/2]
  std::vector<double> sums_;  // [class][q][stride]
  std::vector<double> matrices_, added_, turned_;
  std::vector<double> means_, squares_;
};

}  // namespace bordin
