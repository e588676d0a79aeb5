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

}  // namespace

bool moment_start(NestedSums const& sums, int rows, std::vector<double>& packed) {
  auto const task = sums.task();
  int const q = task.effects, r = task.columns, pairs = q * (q + 1) / 2;
  int const square = r * task.stride, last = (r - 1) * task.stride + r - 1;  // of a moment, that of y with itself
  double const squares_of_y = task.whole[r * (r + 1) / 2 - 1];
  // Least squares within innermost groups: b = S^-1 Z'y. Sums of b b' and of S^-1 over groups, residual squares within.
  Effects total = Effects::Zero(q, q), noise = Effects::Zero(q, q);
  double groups = 0, within = squares_of_y;
  std::vector<char> usable(static_cast<std::size_t>(task.patterns), 0);
  std::vector<Effects> solve(static_cast<std::size_t>(task.patterns));
  for (int k = 0; k < task.patterns; ++k) {
    Effects const s = unpacked(task.pattern_zz + k * pairs, q);
    double const scale = s.diagonal().prod();
    if (!(s.determinant() > 1e-6 * scale) || !(scale > 0)) continue;
    auto const place = static_cast<std::size_t>(k);
    usable[place] = 1;
    solve[place] = s.inverse();
    Effects squares(q, q);
    for (int i = 0, pair = 0; i < q; ++i)
      for (int j = i; j < q; ++j, ++pair) {
        double const sum = task.pattern_moments[(k * pairs + pair) * square + last];
        squares(i, j) = squares(j, i) = i == j ? sum : sum / 2;
      }
    total += solve[place] * squares * solve[place];
    noise += task.pattern_groups[k] * solve[place];
    within -= solve[place].cwiseProduct(squares).sum();
    groups += task.pattern_groups[k];
  }
  double const degrees = rows - groups * q;
  if (groups < 2 || degrees < 1 || !(within > 1e-10 * squares_of_y)) return false;
  double const residual = within / degrees;
  noise /= groups;

  // The same between the groups around them.
  Effects between = Effects::Zero(q, q);
  double parents = 0;
  if (task.depth > 1) {
    Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_effects, 1> mean(q);
    std::vector<double> number(static_cast<std::size_t>(task.nodes), 0), sum(static_cast<std::size_t>(task.nodes * q), 0);
    for (int c = 0; c < task.cells; ++c) {
      auto const pattern = static_cast<std::size_t>(task.cell_pattern[c]);
      if (usable[pattern] == 0) continue;
      auto const parent = static_cast<std::size_t>(task.cell_parent[c]);
      for (int i = 0; i < q; ++i) mean[i] = task.cell_sums[(c * q + i) * task.stride + r - 1];
      mean = (solve[pattern] * mean).eval();
      number[parent] += task.cell_groups[c];
      for (int i = 0; i < q; ++i) sum[parent * static_cast<std::size_t>(q) + static_cast<std::size_t>(i)] += mean[i];
    }
    for (std::size_t node = 0; node < number.size(); ++node) {
      if (number[node] == 0) continue;
      ++parents;
      for (int i = 0; i < q; ++i) mean[i] = sum[node * static_cast<std::size_t>(q) + static_cast<std::size_t>(i)];
      between += mean * mean.transpose() / number[node];
    }
  }
  packed.clear();
  if (parents < 2 || groups <= parents) {
    Effects inner = (total / groups / residual - noise) / task.depth;
    make_moderate(inner, noise);
    for (int level = 0; level < task.depth; ++level) append(inner, packed);
    return true;
  }
  Effects inner = (total - between) / (groups - parents);
  Effects outer = (between / parents - inner) * (parents / groups) / residual / (task.depth - 1);
  inner = inner / residual - noise;
  Effects const floor = noise + inner.cwiseAbs();
  make_moderate(inner, noise);
  make_moderate(outer, floor * (parents / groups));
  append(inner, packed);
  for (int level = 1; level < task.depth; ++level) append(outer, packed);
  return true;
}

}  // namespace bordin
