#include "mixed/shaped_columns.hpp"

#include <algorithm>

namespace bordin {

void ShapedColumns::assign(Shapes const& shapes, int effects, int others, int stride) {
  effects_ = effects;
  columns_ = shapes.columns;
  others_ = others;
  stride_ = stride;
  one_ = shapes.one;
  classes_ = columns_ > 0 ? shapes.classes : 0;
  zz_.assign(first_pair(classes_), 0.0);
  sums_.assign(place(classes_, 0, stride_, 0), 0.0);
  matrices_ = shapes.matrices;
  means_.assign(static_cast<std::size_t>(columns_), 0.0);
}

void ShapedColumns::add(std::int32_t of_class, double const* zz, double const* sums) {
  for (auto k = first_pair(of_class); k < first_pair(of_class + 1); ++k) zz_[k] += *zz++;
  for (auto k = place(of_class, 0, stride_, 0); k < place(of_class + 1, 0, stride_, 0); ++k) sums_[k] += *sums++;
}

void ShapedColumns::centre(std::size_t rows) {
  squares_.clear();
  for (int column = 0; column < columns_; ++column) squares_.push_back(product(column, column));
  for (int column = 1; one_ >= 0 && column < columns_; ++column) {
    double const mean = product(0, column) / static_cast<double>(rows);
    means_[static_cast<std::size_t>(column)] = mean;
    for (std::int32_t c = 0; c < classes_; ++c) matrix(c, one_, column) -= mean * matrix(c, one_, 0);
  }
}

double ShapedColumns::product(int i, int j) const {
  double sum = 0;
  for (std::int32_t c = 0; c < classes_; ++c)
    for (int u = 0; u < effects_; ++u)
      for (int v = 0; v < effects_; ++v) sum += matrix(c, u, i) * zz(c, u, v) * matrix(c, v, j);
  return sum;
}

double ShapedColumns::product_with(int i, int other) const {
  double sum = 0;
  for (std::int32_t c = 0; c < classes_; ++c)
    for (int u = 0; u < effects_; ++u) sum += matrix(c, u, i) * sums_[place(c, u, stride_, other)];
  return sum;
}

void ShapedColumns::turn(Eigen::Ref<Eigen::MatrixXd const> const& turn) {
  added_.assign(place(classes_, 0, stride_, 0), 0.0);
  turned_.resize(static_cast<std::size_t>(columns_));
  for (std::int32_t c = 0; c < classes_; ++c)
    for (int u = 0; u < effects_; ++u) {
      double* const row = &matrices_[place(c, u, columns_, 0)];
      double* const beside = &added_[place(c, u, stride_, 0)];
      for (int to = 0; to < columns_ + others_; ++to) {
        double sum = 0;
        for (int from = 0; from < columns_ && from <= to; ++from) sum += row[from] * turn(from, to);
        (to < columns_ ? turned_[static_cast<std::size_t>(to)] : beside[to - columns_]) = sum;
      }
      std::copy(turned_.begin(), turned_.end(), row);
    }
}

}  // namespace bordin
