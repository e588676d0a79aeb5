#include "mixed/crossed_sums.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace bordin {
namespace {

using Eigen::Index;

std::size_t at(std::int32_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

void CrossedSums::assign(Eigen::Ref<Eigen::MatrixXd const> const& columns, std::vector<Grouping const*> const& factors) {
  list_groups(factors);
  if (too_large()) return;
  sort_rows(*factors[at(apart_)]);
  tabulate(factors);
  sum_list(factors);
  sum_columns(columns, factors);
}

void CrossedSums::list_groups(std::vector<Grouping const*> const& factors) {
  auto const fewer = [](Grouping const* a, Grouping const* b) { return a->groups < b->groups; };
  apart_ = static_cast<int>(std::max_element(factors.begin(), factors.end(), fewer) - factors.begin());
  blocks_.clear();
  dense_ = 0;
  for (int k = 0; k < static_cast<int>(factors.size()); ++k) {
    if (k == apart_) continue;
    blocks_.push_back({k, dense_, factors[at(k)]->groups, 0});
    dense_ += factors[at(k)]->groups;
  }
}

void CrossedSums::sort_rows(Grouping const& factor) {
  first_row_.assign(at(factor.groups) + 1, 0);
  for (auto const group : factor.of_row) ++first_row_[at(group) + 1];
  std::partial_sum(first_row_.begin(), first_row_.end(), first_row_.begin());
  group_rows_.clear();
  for (std::size_t i = 0; i + 1 < first_row_.size(); ++i)
    group_rows_.push_back(static_cast<double>(first_row_[i + 1] - first_row_[i]));
  sorted_rows_.resize(factor.of_row.size());
  place_.assign(first_row_.begin(), first_row_.end() - 1);
  for (std::size_t row = 0; row < factor.of_row.size(); ++row) sorted_rows_[place_[at(factor.of_row[row])]++] = row;
}

void CrossedSums::tabulate(std::vector<Grouping const*> const& factors) {
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  place_.assign(at(dense_), none);
  cells_.clear();
  first_cell_.assign(1, 0);
  for (std::size_t i = 0; i < group_rows_.size(); ++i) {
    for (std::size_t k = first_row_[i]; k < first_row_[i + 1]; ++k)
      for (auto const& block : blocks_) {
        auto const group = block.first + factors[at(block.factor)]->of_row[sorted_rows_[k]];
        auto& place = place_[at(group)];
        if (place == none) {
          place = cells_.size();
          cells_.push_back({group, 0});
        }
        cells_[place].rows += 1;
      }
    auto const own = std::span(cells_).subspan(first_cell_.back());
    for (auto const& cell : own) place_[at(cell.group)] = none;
    std::sort(own.begin(), own.end(), [](Cell const& a, Cell const& b) { return a.group < b.group; });
    first_cell_.push_back(cells_.size());
  }
}

// Rows in common, less what they would be without any variation within the groups set apart.
void CrossedSums::sum_list(std::vector<Grouping const*> const& factors) {
  within_list_.setZero(dense_, dense_);
  for (std::size_t a = 0; a < blocks_.size(); ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      auto const& rows_of = factors[at(blocks_[a].factor)]->of_row;
      auto const& columns_of = factors[at(blocks_[b].factor)]->of_row;
      for (std::size_t row = 0; row < rows_of.size(); ++row)
        within_list_(blocks_[a].first + rows_of[row], blocks_[b].first + columns_of[row]) += 1;
    }
  for (auto& block : blocks_)
    for (int g = 0; g < block.groups; ++g)
      block.largest_group = std::max(block.largest_group, within_list_(block.first + g, block.first + g));
  for (int i = 0; i < groups_apart(); ++i)
    for (auto const& b : cells(i))
      for (auto const& a : cells(i))
        if (a.group >= b.group) within_list_(a.group, b.group) -= a.rows * b.rows / group_rows(i);
}

void CrossedSums::sum_columns(Eigen::Ref<Eigen::MatrixXd const> const& columns,
                              std::vector<Grouping const*> const& factors) {
  auto const& group_of = factors[at(apart_)]->of_row;
  Index const r = columns.cols();
  group_sums_.setZero(r, groups_apart());
  within_sums_.setZero(r, dense_);
  within_columns_.resize(r, r);
  centred_.resize(columns.rows(), r);
  for (Index c = 0; c < r; ++c) {
    for (Index row = 0; row < columns.rows(); ++row)
      group_sums_(c, group_of[static_cast<std::size_t>(row)]) += columns(row, c);
    for (Index row = 0; row < columns.rows(); ++row) {
      auto const group = group_of[static_cast<std::size_t>(row)];
      centred_(row, c) = columns(row, c) - group_sums_(c, group) / group_rows(group);
    }
    for (auto const& block : blocks_) {
      auto const& of_row = factors[at(block.factor)]->of_row;
      for (Index row = 0; row < columns.rows(); ++row)
        within_sums_(c, block.first + of_row[static_cast<std::size_t>(row)]) += centred_(row, c);
    }
    for (Index b = 0; b <= c; ++b) within_columns_(c, b) = within_columns_(b, c) = centred_.col(c).dot(centred_.col(b));
  }
}

}  // namespace bordin
