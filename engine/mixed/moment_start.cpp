#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "mixed/nested_fit.hpp"

namespace bordin {
namespace {

Effects unpacked(double const* packed, int size) {
  Effects out(size, size);
  for (int i = 0; i < size; ++i)
    for (int j = i; j < size; ++j) out(i, j) = out(j, i) = *packed++;
  return out;
}

// A covariance matrix one can start from: variances above `floor`, no correlation near 1.
void make_moderate(Effects& m, Effects const& floor) {
  constexpr double strongest = 0.8;
  for (int i = 0; i < m.rows(); ++i) m(i, i) = std::max(m(i, i), 0.05 * floor(i, i));
  for (int i = 0; i < m.rows(); ++i)
    for (int j = 0; j < i; ++j) {
      double const most = strongest / static_cast<double>(m.rows() - 1) * std::sqrt(m(i, i) * m(j, j));
      m(i, j) = m(j, i) = std::clamp(m(i, j), -most, most);
    }
}

void append(Effects const& m, std::vector<double>& packed) {
  for (int i = 0; i < m.rows(); ++i)
    for (int j = i; j < m.cols(); ++j) packed.push_back(m(i, j));
}

using Means = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_effects, 1>;

// Variances by the method of moments from least squares within innermost groups, b = S^-1 Z'y.
class Moments {
 public:
  Moments(NestedTask const& task, int rows) : task_(task), q_(task.effects) {
    int const r = task.columns;
    double const squares_of_y = task.whole[r * (r + 1) / 2 - 1];
    total_.setZero(q_, q_);
    noise_.setZero(q_, q_);
    between_.setZero(q_, q_);
    within_ = squares_of_y;
    solve_.resize(static_cast<std::size_t>(task.patterns));
    for (int k = 0; k < task.patterns; ++k) add_pattern(k);
    double const degrees = rows - groups_ * q_;
    usable_ = groups_ >= 2 && degrees >= 1 && within_ > 1e-10 * squares_of_y;
    if (!usable_) return;
    residual_ = within_ / degrees;
    noise_ /= groups_;
    if (task.depth > 1) compare_parents();
  }

  bool usable() const { return usable_; }

  void start(std::vector<double>& packed) const {
    packed.clear();
    if (parents_ < 2 || groups_ <= parents_) {
      Effects inner = (total_ / groups_ / residual_ - noise_) / task_.depth;
      make_moderate(inner, noise_);
      for (int level = 0; level < task_.depth; ++level) append(inner, packed);
      return;
    }
    Effects inner = (total_ - between_) / (groups_ - parents_);
    Effects outer = (between_ / parents_ - inner) * (parents_ / groups_) / residual_ / (task_.depth - 1);
    inner = inner / residual_ - noise_;
    Effects const floor = noise_ + inner.cwiseAbs();
    make_moderate(inner, noise_);
    make_moderate(outer, floor * (parents_ / groups_));
    append(inner, packed);
    for (int level = 1; level < task_.depth; ++level) append(outer, packed);
  }

 private:
  // Sums of b b' and of S^-1 over the pattern's groups, and what they explain of the squares of y.
  void add_pattern(int k) {
    int const pairs = q_ * (q_ + 1) / 2, r = task_.columns;
    Effects const s = unpacked(task_.pattern_zz + k * pairs, q_);
    double const scale = s.diagonal().prod();
    if (!(s.determinant() > 1e-6 * scale) || !(scale > 0)) return;
    auto& solve = solve_[static_cast<std::size_t>(k)];
    solve = s.inverse();
    int const square = r * task_.stride, last = (r - 1) * task_.stride + r - 1;  // of a moment, that of y with itself
    Effects squares = Effects::Zero(q_, q_);
    for (int i = 0, pair = 0; i < q_; ++i)
      for (int j = i; j < q_; ++j, ++pair) {
        double const sum = task_.pattern_moments[(k * pairs + pair) * square + last];
        squares(i, j) = squares(j, i) = i == j ? sum : sum / 2;
      }
    total_ += solve * squares * solve;
    noise_ += task_.pattern_groups[k] * solve;
    within_ -= solve.cwiseProduct(squares).sum();
    groups_ += task_.pattern_groups[k];
  }

  // The sum of b b' that differences between the groups around the innermost make.
  void compare_parents() {
    std::vector<double> number(static_cast<std::size_t>(task_.nodes), 0);
    std::vector<Means> sum(static_cast<std::size_t>(task_.nodes), Means::Zero(q_));
    for (int c = 0; c < task_.cells; ++c) {
      auto const& solve = solve_[static_cast<std::size_t>(task_.cell_pattern[c])];
      if (solve.size() == 0) continue;
      auto const parent = static_cast<std::size_t>(task_.cell_parent[c]);
      Means own = Means::Zero(q_);
      for (int i = 0; i < q_; ++i) own[i] = task_.cell_sums[(c * q_ + i) * task_.stride + task_.columns - 1];
      number[parent] += task_.cell_groups[c];
      sum[parent] += solve * own;
    }
    for (std::size_t node = 0; node < number.size(); ++node) {
      if (number[node] == 0) continue;
      ++parents_;
      between_ += sum[node] * sum[node].transpose() / number[node];
    }
  }

  NestedTask const& task_;
  int q_;
  std::vector<Effects> solve_;  // per pattern S^-1; empty where groups are too small
  Effects total_, noise_, between_;
  double groups_ = 0, parents_ = 0, within_ = 0, residual_ = 0;
  bool usable_ = false;
};

}  // namespace

bool moment_start(NestedSums const& sums, int rows, std::vector<double>& packed) {
  auto const task = sums.task();
  Moments const moments(task, rows);
  if (moments.usable()) moments.start(packed);
  return moments.usable();
}

}  // namespace bordin
