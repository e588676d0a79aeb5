#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "mixed/nested_sums.hpp"

namespace bordin {

//! All that a mixed model with crossed random intercepts needs of a data set, however long it is. The factor with the most
//! groups is set apart: what all others and [Q y] have in common is split into sums within its groups and between them, so
//! that its variance costs no digits. The others stand side by side as one list of groups. Keeps its memory from one data
//! set to the next.
class CrossedSums {
 public:
  //! Most groups of all factors but the largest: a matrix with as many rows is factorised in every evaluation.
  static constexpr int most_dense_groups = 1500;

  struct Block {
    int factor = 0;  //!< its number in the order given
    int first = 0;   //!< its first group in the list
    int groups = 0;
    double largest_group = 0;  //!< [rows]
  };
  //! Rows that a group of the factor set apart shares with one of the list.
  struct Cell {
    std::int32_t group = 0;
    double rows = 0;
  };

  //! `columns`: [Q y], rows x r; y best without what least squares on Q explains, which would cost digits.
  void assign(Eigen::Ref<Eigen::MatrixXd const> const& columns, std::vector<Grouping const*> const& factors);

  //! More than most_dense_groups; then there are no sums.
  bool too_large() const { return dense_ > most_dense_groups; }
  int factors() const { return static_cast<int>(blocks_.size()) + 1; }
  int columns() const { return static_cast<int>(group_sums_.rows()); }

  //! The factor set apart: its number, groups, their rows, their sums of [Q y] (r x groups), and their cells by list order.
  int apart() const { return apart_; }
  int groups_apart() const { return static_cast<int>(group_rows_.size()); }
  double group_rows(int i) const { return group_rows_[static_cast<std::size_t>(i)]; }
  Eigen::MatrixXd const& group_sums() const { return group_sums_; }
  std::span<Cell const> cells(int i) const {
    auto const* const first = first_cell_.data() + i;
    return {cells_.data() + first[0], cells_.data() + first[1]};
  }

  //! The others.
  std::vector<Block> const& blocks() const { return blocks_; }
  int dense() const { return dense_; }
  //! Cross products within the groups of the factor set apart: of the list's indicators (lower triangle), of [Q y] with
  //! them (r x list), of [Q y].
  Eigen::MatrixXd const& within_list() const { return within_list_; }
  Eigen::MatrixXd const& within_sums() const { return within_sums_; }
  Eigen::MatrixXd const& within_columns() const { return within_columns_; }

 private:
  void list_groups(std::vector<Grouping const*> const& factors);
  void sort_rows(Grouping const& factor);
  void tabulate(std::vector<Grouping const*> const& factors);
  void sum_list(std::vector<Grouping const*> const& factors);
  void sum_columns(Eigen::Ref<Eigen::MatrixXd const> const& columns, std::vector<Grouping const*> const& factors);

  int apart_ = 0, dense_ = 0;
  std::vector<Block> blocks_;
  std::vector<double> group_rows_;
  std::vector<std::size_t> first_row_, first_cell_;
  std::vector<std::size_t> sorted_rows_;
  std::vector<std::size_t> place_;  // of a listed group's cell
  std::vector<Cell> cells_;
  Eigen::MatrixXd group_sums_, within_list_, within_sums_, within_columns_, centred_;
};

}  // namespace bordin
