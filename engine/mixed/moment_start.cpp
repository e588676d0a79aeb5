#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "mixed/nested_fit.hpp"

namespace bordin {
namespace {

std::size_t as_size(std::int32_t n) {
  return static_cast<std::size_t>(n);
}

// Covariances by the method of moments. B = Z'V^-1 y of an innermost group, with V = I + Z G Z' for a G close to the right
// one, has the covariance E S E' + P (H) P, where P = Z'V^-1 Z = E S, E = (I + S G)^-1, S = Z'Z and H is what an innermost
// group's own effects and those of the groups around it vary together (all relative to the residual variance): linear
// equations for H. Those of sums within the groups around it, where P becomes their sum for what all share, tell H's parts
// apart. G weighs groups by what they tell; a better one comes out, and takes its place once.
template <int Q>
class Moments {
 public:
  bool estimate(NestedTask const& task, int rows, std::vector<double>& packed) {
    task_ = &task;
    read_patterns();
    if (!find_residual(rows)) return false;
    Matrix total = Matrix::Identity() / 2;
    for (int round = 0; round < 2; ++round) {
      weigh(total);
      total = solved(system_, moments_ - noise_);
      make_moderate(total, solved(system_, noise_));
    }
    packed.clear();
    if (task.depth == 1 || !compare_parents()) {
      for (int level = 0; level < task.depth; ++level) append(total / task.depth, packed);
      return true;
    }
    Matrix const floor = solved(system_, noise_);
    Matrix outer = solved(parent_system_, parent_moments_);
    Matrix inner = total - outer;
    outer /= task.depth - 1;
    make_moderate(inner, floor);
    make_moderate(outer, solved(parent_system_, noise_));
    append(inner, packed);
    for (int level = 1; level < task.depth; ++level) append(outer, packed);
    return true;
  }

 private:
  static constexpr int pairs = Q * (Q + 1) / 2;
  using Matrix = Eigen::Matrix<double, Q, Q>;
  using Vector = Eigen::Matrix<double, Q, 1>;
  using Packed = Eigen::Matrix<double, pairs, 1>;
  using System = Eigen::Matrix<double, pairs, pairs>;

  struct Pattern {
    Matrix s, squares;  // Z'Z, and the sum over groups of Z'y y'Z
    Matrix e, p;
  };

  static Packed upper(Matrix const& m) {
    Packed out;
    for (int i = 0, k = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j, ++k) out[k] = m(i, j);
    return out;
  }
  static Matrix unpacked(double const* packed) {
    Matrix out;
    for (int i = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j) out(i, j) = out(j, i) = *packed++;
    return out;
  }
  static Matrix solved(System const& system, Packed const& right) {
    Packed const out = system.partialPivLu().solve(right);
    return unpacked(out.data());
  }
  static void append(Matrix const& m, std::vector<double>& packed) {
    for (int i = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j) packed.push_back(m(i, j));
  }

  // H -> weight * P H P, both as upper triangles.
  static void add_products(Matrix const& p, double weight, System& system) {
    for (int i = 0, row = 0; i < Q; ++i)
      for (int j = i; j < Q; ++j, ++row)
        for (int a = 0, column = 0; a < Q; ++a)
          for (int b = a; b < Q; ++b, ++column)
            system(row, column) += weight * (a == b ? p(i, a) * p(j, a) : p(i, a) * p(j, b) + p(i, b) * p(j, a));
  }

  // A covariance matrix one can start from: variances above `floor`, no correlation near 1.
  static void make_moderate(Matrix& m, Matrix const& floor) {
    constexpr double strongest = 0.8 / std::max(Q - 1, 1);
    for (int i = 0; i < Q; ++i) m(i, i) = std::max(m(i, i), std::max(0.05 * floor(i, i), 1e-6));
    for (int i = 0; i < Q; ++i)
      for (int j = 0; j < i; ++j) {
        double const most = strongest * std::sqrt(m(i, i) * m(j, j));
        m(i, j) = m(j, i) = std::clamp(m(i, j), -most, most);
      }
  }

  void read_patterns() {
    int const r = task_->columns, square = r * task_->stride;
    int const last = (r - 1) * task_->stride + r - 1;  // of a moment, that of y with itself
    patterns_.resize(as_size(task_->patterns));
    for (int k = 0; k < task_->patterns; ++k) {
      auto& pattern = patterns_[as_size(k)];
      pattern.s = unpacked(task_->pattern_zz + k * pairs);
      for (int i = 0, pair = 0; i < Q; ++i)
        for (int j = i; j < Q; ++j, ++pair) {
          double const sum = task_->pattern_moments[(k * pairs + pair) * square + last];
          pattern.squares(i, j) = pattern.squares(j, i) = i == j ? sum : sum / 2;
        }
    }
  }

  // The residual variance, from least squares within each innermost group that has rows enough for it.
  bool find_residual(int rows) {
    double const squares_of_y = task_->whole[task_->columns * (task_->columns + 1) / 2 - 1];
    double within = squares_of_y, groups = 0;
    for (int k = 0; k < task_->patterns; ++k) {
      auto const& pattern = patterns_[as_size(k)];
      double const scale = pattern.s.diagonal().prod();
      if (!(pattern.s.determinant() > 1e-6 * scale) || !(scale > 0)) continue;
      Matrix const solve = pattern.s.inverse();
      within -= solve.cwiseProduct(pattern.squares).sum();
      groups += task_->pattern_groups[k];
    }
    double const degrees = rows - groups * Q;
    residual_ = within / degrees;
    return groups >= 2 && degrees >= 1 && within > 1e-10 * squares_of_y;
  }

  void weigh(Matrix const& g) {
    system_.setZero();
    moments_.setZero();
    noise_.setZero();
    for (int k = 0; k < task_->patterns; ++k) {
      auto& pattern = patterns_[as_size(k)];
      double const groups = task_->pattern_groups[k];
      pattern.e = (Matrix::Identity() + pattern.s * g).inverse();
      pattern.p = pattern.e * pattern.s;
      add_products(pattern.p, groups, system_);
      moments_ += upper(pattern.e * pattern.squares * pattern.e.transpose()) / residual_;
      noise_ += upper(pattern.p * pattern.e.transpose()) * groups;
    }
  }

  // The same for sums within the groups around the innermost, less what each innermost group adds by itself. False where
  // hardly any group around has two.
  bool compare_parents() {
    sum_of_p_.assign(as_size(task_->nodes), Matrix::Zero());
    sum_of_b_.assign(as_size(task_->nodes), Vector::Zero());
    for (int c = 0; c < task_->cells; ++c) {
      auto const& pattern = patterns_[as_size(task_->cell_pattern[c])];
      auto const parent = as_size(task_->cell_parent[c]);
      Vector own;
      for (int i = 0; i < Q; ++i) own[i] = task_->cell_sums[(c * Q + i) * task_->stride + task_->columns - 1];
      sum_of_b_[parent] += pattern.e * own;
      sum_of_p_[parent] += task_->cell_groups[c] * pattern.p;
    }
    parent_system_ = -system_;
    parent_moments_ = -moments_;
    for (std::size_t node = 0; node < sum_of_p_.size(); ++node) {
      add_products(sum_of_p_[node], 1, parent_system_);
      parent_moments_ += upper(sum_of_b_[node] * sum_of_b_[node].transpose()) / residual_;
    }
    return (parent_system_.diagonal().array() > 1e-3 * system_.diagonal().array()).all();
  }

  NestedTask const* task_ = nullptr;
  std::vector<Pattern> patterns_;
  std::vector<Matrix> sum_of_p_;
  std::vector<Vector> sum_of_b_;
  System system_, parent_system_;
  Packed moments_, noise_, parent_moments_;
  double residual_ = 0;
};

template <int Q>
bool start_with(NestedTask const& task, int rows, std::vector<double>& packed) {
  thread_local Moments<Q> moments;  // its memory is used again
  return moments.estimate(task, rows, packed);
}

}  // namespace

bool moment_start(NestedSums const& sums, int rows, std::vector<double>& packed) {
  constexpr bool (*with[])(NestedTask const&, int, std::vector<double>&) = {start_with<1>, start_with<2>, start_with<3>,
                                                                            start_with<4>};
  auto const task = sums.task();
  return with[task.effects - 1](task, rows, packed);
}

}  // namespace bordin
