#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "mixed/grouping.hpp"
#include "mixed/nested_task.hpp"
#include "mixed/shaped_columns.hpp"
#include "mixed/single_column.hpp"

namespace bordin {

//! All that a mixed model with nested grouping factors needs of a data set, however long it is: sums within the innermost
//! groups, those that were observed alike (same Z'Z) together. Made in two steps, read() and finish(). Keeps its memory
//! from one data set to the next.
class NestedSums {
 public:
  NestedSums();

  //! `w`: columns that with those of `shapes` span those of X, then y. `z`: random effects. `factors`: innermost first,
  //! each nested in the next.
  void read(std::vector<ScaledColumn> const& w, std::vector<ScaledColumn> const& z,
            std::vector<Grouping const*> const& factors, Shapes const& shapes = {});
  //! w'w, R x R, now with the columns of `shapes` in front, less their means where there is `one`.
  double gram(int i, int j) const;
  //! Of a column of `shapes`: what was taken off.
  double mean(int column) const { return shaped_.mean(column); }
  //! gram(i, i) before means were taken off.
  double uncentred_square(int i) const { return i < shaped_.columns() ? shaped_.uncentred_square(i) : gram(i, i); }
  //! Goes over to the columns w T, T upper triangular: [Q y].
  void finish(Eigen::Ref<Eigen::MatrixXd const> const& turn);

  //! Everything of a task that comes from the data; the rest is zero.
  NestedTask task() const;

  std::vector<double> const& pattern_groups() const { return pattern_groups_; }
  //! Per innermost group, [q][stride]: Z'[Q y], and its pattern and parent (a node, or -1).
  double const* group_sums(std::int32_t group) const {
    return &sums_[static_cast<std::size_t>(group) * static_cast<std::size_t>(effects_ * stride_)];
  }
  std::int32_t group_pattern(std::int32_t group) const { return pattern_of_[static_cast<std::size_t>(group)]; }
  std::int32_t group_class(std::int32_t group) const { return class_of_[static_cast<std::size_t>(group)]; }
  std::int32_t group_parent(std::int32_t group) const;
  //! Is this parent a group of an outer factor? It may be a class or, below 0, nothing at all.
  bool is_node(std::int32_t parent) const { return parent >= 0 && parent < static_cast<std::int32_t>(node_level_.size()); }
  std::int32_t groups(int level) const { return level_groups_[static_cast<std::size_t>(level)]; }
  //! The node that stands for a group of an outer factor.
  std::int32_t node(int level, std::int32_t group) const { return first_node_[static_cast<std::size_t>(level)] + group; }

 private:
  void sum_columns(std::vector<ScaledColumn> const& w, std::vector<ScaledColumn> const& z, Grouping const& innermost);
  static void scale(std::vector<ScaledColumn> const& columns, std::size_t first, std::size_t count,
                    std::vector<double>& scaled);
  void set_gram(std::size_t rows);
  int all_columns() const { return shaped_.columns() + columns_; }
  void find_patterns();
  void set_whole(Eigen::Ref<Eigen::MatrixXd const> const& turn);
  void find_parents(std::vector<Grouping const*> const& factors);
  void find_cells();
  void set_classes(Shapes const& shapes);

  NestedKernel const* kernel_;
  int effects_ = 0, columns_ = 0, stride_ = 0, pairs_ = 0;
  ShapedColumns shaped_;
  std::vector<double> w_, z_, beside_, gram_, turn_;
  std::vector<LaneValues> gram_lanes_;
  std::vector<std::int32_t> level_groups_, first_node_;
  std::vector<double> zz_, sums_;         // per innermost group
  std::vector<std::int32_t> pattern_of_;  // per innermost group
  std::vector<std::int32_t> parent_of_;   // per innermost group
  std::vector<std::int32_t> class_of_;    // per innermost group
  std::vector<double> pattern_zz_, pattern_groups_, pattern_moments_;
  std::vector<std::int32_t> cell_of_;  // per innermost group
  std::vector<std::int32_t> cell_pattern_, cell_parent_;
  std::vector<std::int32_t> last_cell_;  // per pattern
  std::vector<double> cell_groups_, cell_sums_;
  std::vector<std::int32_t> node_level_, node_parent_;
  std::vector<double> whole_;
  std::vector<std::int32_t> table_;  // of a hash
};

}  // namespace bordin
