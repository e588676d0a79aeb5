#include "mixed/nested_sums.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "mixed/nested_kernel.hpp"

namespace bordin {
namespace {

using Eigen::Index;

std::size_t at(std::int32_t i) {
  return static_cast<std::size_t>(i);
}
std::size_t at(std::int32_t i, int stride) {
  return static_cast<std::size_t>(i) * static_cast<std::size_t>(stride);
}

constexpr int triangle(int n) {
  return n * (n + 1) / 2;
}

// So few that they stay in the nearest cache while they are read again.
constexpr std::size_t rows_at_once = 128;

std::uint64_t mixed_up(std::uint64_t x) {
  x *= 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio
  return x ^ (x >> 29);
}

// Numbers distinct keys 0, 1, 2 ... in the order of their first appearance. Open addressing in the caller's memory.
class Numbering {
 public:
  Numbering(std::vector<std::int32_t>& table, std::size_t keys) : table_(table) {
    table_.assign(std::bit_ceil(2 * keys + 1), -1);
  }
  // `same(n)`: is this the key with number n? Returns the number, which is `next` for a new key.
  template <class Same>
  std::int32_t number(std::uint64_t hash, std::int32_t next, Same const& same) {
    for (std::size_t place = hash & (table_.size() - 1);; place = (place + 1) & (table_.size() - 1)) {
      if (table_[place] < 0) return table_[place] = next;
      if (same(table_[place])) return table_[place];
    }
  }

 private:
  std::vector<std::int32_t>& table_;
};

}  // namespace

NestedSums::NestedSums() : kernel_(&nested_kernel_in_use()) {}

void NestedSums::read(std::vector<ScaledColumn> const& w, std::vector<ScaledColumn> const& z,
                      std::vector<Grouping const*> const& factors, Shapes const& shapes) {
  effects_ = static_cast<int>(z.size());
  columns_ = static_cast<int>(w.size());
  stride_ = columns_ == 1 ? 1 : (columns_ + nested_lanes - 1) / nested_lanes * nested_lanes;
  pairs_ = triangle(effects_);
  auto const& innermost = *factors.front();
  zz_.assign(at(innermost.groups, pairs_), 0.0);
  sums_.assign(at(innermost.groups, effects_ * stride_), 0.0);
  gram_lanes_.assign(at(triangle(columns_)), LaneValues{});
  if (columns_ == 1)
    gram_lanes_.front().at[0] = sum_single_column(w.front(), z, innermost, zz_.data(), sums_.data());
  else
    sum_columns(w, z, innermost);
  find_patterns();
  find_parents(factors);
  set_classes(shapes);
  find_cells();
  set_gram(innermost.of_row.size());
}

void NestedSums::sum_columns(std::vector<ScaledColumn> const& w, std::vector<ScaledColumn> const& z,
                             Grouping const& innermost) {
  beside_.assign(rows_at_once * at(stride_), 0.0);
  auto const rows = innermost.of_row.size();
  for (std::size_t first = 0; first < rows; first += rows_at_once) {
    auto const count = std::min(rows_at_once, rows - first);
    scale(w, first, count, w_);
    scale(z, first, count, z_);
    kernel_->sum_rows({.rows = static_cast<int>(count),
                       .effects = effects_,
                       .columns = columns_,
                       .stride = stride_,
                       .length = static_cast<int>(rows_at_once),
                       .w = w_.data(),
                       .z = z_.data(),
                       .group = innermost.of_row.data() + first,
                       .beside = beside_.data(),
                       .zz = zz_.data(),
                       .sums = sums_.data(),
                       .gram = gram_lanes_.data()});
  }
}

void NestedSums::scale(std::vector<ScaledColumn> const& columns, std::size_t first, std::size_t count,
                       std::vector<double>& scaled) {
  static_assert(rows_at_once % nested_lanes == 0);
  scaled.resize(columns.size() * rows_at_once);
  double* to = scaled.data();
  for (auto const& [values, shift, factor] : columns) {
    for (std::size_t row = 0; row < count; ++row) to[row] = (values[first + row] - shift) * factor;
    std::fill(to + count, to + rows_at_once, 0.0);
    to += rows_at_once;
  }
}

double NestedSums::gram(int i, int j) const {
  auto const [low, high] = std::minmax(i, j);
  return gram_[at(low * all_columns() - low * (low - 1) / 2 + high - low)];
}

void NestedSums::set_gram(std::size_t rows) {
  shaped_.centre(rows);
  gram_.clear();
  for (int i = 0; i < shaped_.columns(); ++i) {
    for (int j = i; j < shaped_.columns(); ++j) gram_.push_back(shaped_.product(i, j));
    for (int j = 0; j < columns_; ++j) gram_.push_back(shaped_.product_with(i, j));
  }
  for (auto const& [part] : gram_lanes_)
    gram_.push_back(((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7])));
}

void NestedSums::finish(Eigen::Ref<Eigen::MatrixXd const> const& turn) {
  shaped_.turn(turn);
  int const first = shaped_.columns();
  turn_.assign(at(columns_, stride_), 0.0);
  for (int i = 0; i < columns_; ++i)
    for (int j = i; j < columns_; ++j) turn_[at(i, stride_) + at(j)] = turn(first + i, first + j);
  pattern_moments_.assign(pattern_groups_.size() * at(pairs_ * columns_, stride_), 0.0);
  cell_sums_.assign(cell_pattern_.size() * at(effects_, stride_), 0.0);
  kernel_->sum_groups({.groups = level_groups_.front(),
                       .effects = effects_,
                       .columns = columns_,
                       .stride = stride_,
                       .turn = turn_.data(),
                       .sums = sums_.data(),
                       .zz = zz_.data(),
                       .group_class = first > 0 ? class_of_.data() : nullptr,
                       .added = shaped_.added(),
                       .pattern = pattern_of_.data(),
                       .cell = cell_of_.empty() ? nullptr : cell_of_.data(),
                       .moments = pattern_moments_.data(),
                       .cell_sums = cell_sums_.data()});
  set_whole(turn);
}

// T'w'w T, of the columns that are carried.
void NestedSums::set_whole(Eigen::Ref<Eigen::MatrixXd const> const& turn) {
  whole_.clear();
  for (int a = shaped_.columns(); a < all_columns(); ++a)
    for (int b = a; b < all_columns(); ++b) {
      double sum = 0;
      for (int i = 0; i <= a; ++i)
        for (int j = 0; j <= b; ++j) sum += turn(i, a) * gram(i, j) * turn(j, b);
      whole_.push_back(sum);
    }
}

void NestedSums::find_patterns() {
  auto const groups = zz_.size() / static_cast<std::size_t>(pairs_);
  pattern_of_.clear();
  pattern_zz_.clear();
  pattern_groups_.clear();
  Numbering numbering(table_, groups);
  for (std::size_t g = 0; g < groups; ++g) {
    double const* const own = &zz_[g * static_cast<std::size_t>(pairs_)];
    std::uint64_t hash = 0;
    for (int k = 0; k < pairs_; ++k) hash = mixed_up(hash ^ std::bit_cast<std::uint64_t>(own[k]));
    auto const next = static_cast<std::int32_t>(pattern_groups_.size());
    auto const pattern = numbering.number(hash, next, [&](std::int32_t known) {
      double const* const other = &pattern_zz_[at(known, pairs_)];
      for (int k = 0; k < pairs_; ++k)
        if (own[k] != other[k]) return false;
      return true;
    });
    if (pattern == next) {
      pattern_zz_.insert(pattern_zz_.end(), own, own + pairs_);
      pattern_groups_.push_back(0);
    }
    pattern_groups_[at(pattern)] += 1;
    pattern_of_.push_back(pattern);
  }
}

void NestedSums::find_parents(std::vector<Grouping const*> const& factors) {
  level_groups_.clear();
  first_node_.assign(1, 0);
  node_level_.clear();
  for (auto const* factor : factors) level_groups_.push_back(factor->groups);
  for (std::size_t level = 1; level < factors.size(); ++level) {
    first_node_.push_back(static_cast<std::int32_t>(node_level_.size()));
    node_level_.insert(node_level_.end(), at(factors[level]->groups), static_cast<std::int32_t>(level));
  }
  node_parent_.assign(node_level_.size(), -1);
  parent_of_.assign(at(level_groups_.front()), -1);
  for (std::size_t level = 0; level + 1 < factors.size(); ++level) {
    auto const& outer = factors[level + 1]->of_row;
    auto* const parent = level == 0 ? parent_of_.data() : node_parent_.data() + first_node_[level];
    for_each_run(*factors[level], [&](std::size_t first, std::size_t /*end*/, std::int32_t group) {
      parent[group] = first_node_[level + 1] + outer[first];
    });
  }
}

// Classes are the parents of the outermost groups.
void NestedSums::set_classes(Shapes const& shapes) {
  shaped_.assign(shapes, effects_, columns_, stride_);
  class_of_.clear();
  if (shaped_.columns() == 0) return;
  auto const nodes = static_cast<std::int32_t>(node_level_.size());
  auto const outermost = at(level_groups_.back());
  auto* const parent = level_groups_.size() == 1 ? parent_of_.data() : &node_parent_[node_level_.size() - outermost];
  for (std::size_t group = 0; group < outermost; ++group) parent[group] = nodes + shapes.of_group[group];
  for (std::size_t group = 0; group < parent_of_.size(); ++group) {
    auto around = parent_of_[group];
    while (around < nodes) around = node_parent_[at(around)];
    class_of_.push_back(around - nodes);
    shaped_.add(class_of_.back(), &zz_[group * at(pairs_)], &sums_[group * at(effects_, stride_)]);
  }
}

std::int32_t NestedSums::group_parent(std::int32_t group) const {
  return parent_of_[at(group)];
}

void NestedSums::find_cells() {
  cell_of_.clear();
  cell_pattern_.clear();
  cell_parent_.clear();
  cell_groups_.clear();
  if (node_level_.empty() && class_of_.empty()) return;
  last_cell_.assign(pattern_groups_.size(), -1);
  for (std::size_t g = 0; g < pattern_of_.size(); ++g) {
    auto const parent = parent_of_[g];
    auto& cell = last_cell_[at(pattern_of_[g])];  // groups of one parent follow each other, mostly; others make two cells
    if (cell < 0 || cell_parent_[at(cell)] != parent) {
      cell = static_cast<std::int32_t>(cell_pattern_.size());
      cell_pattern_.push_back(pattern_of_[g]);
      cell_parent_.push_back(parent);
      cell_groups_.push_back(0);
    }
    cell_groups_[at(cell)] += 1;
    cell_of_.push_back(cell);
  }
}

NestedTask NestedSums::task() const {
  NestedTask task{};
  task.effects = effects_;
  task.columns = columns_;
  task.stride = stride_;
  task.depth = static_cast<int>(level_groups_.size());
  task.patterns = static_cast<int>(pattern_groups_.size());
  task.pattern_zz = pattern_zz_.data();
  task.pattern_groups = pattern_groups_.data();
  task.pattern_moments = pattern_moments_.data();
  task.cells = static_cast<int>(cell_pattern_.size());
  task.cell_pattern = cell_pattern_.data();
  task.cell_parent = cell_parent_.data();
  task.cell_groups = cell_groups_.data();
  task.cell_sums = cell_sums_.data();
  task.nodes = static_cast<int>(node_level_.size());
  task.node_level = node_level_.data();
  task.node_parent = node_parent_.data();
  task.whole = whole_.data();
  task.shaped = shaped_.columns();
  task.classes = shaped_.classes();
  task.shapes = shaped_.matrices();
  return task;
}

}  // namespace bordin
