#include "mixed/random_effects.hpp"

#include <Eigen/LU>

namespace bordin {
namespace {

std::size_t as_size(std::int32_t n) {
  return static_cast<std::size_t>(n);
}

Effects unpacked(double const* packed, int size) {
  Effects out(size, size);
  for (int i = 0; i < size; ++i)
    for (int j = i; j < size; ++j) out(i, j) = out(j, i) = *packed++;
  return out;
}

}  // namespace

void RandomEffects::assign(NestedSums const& sums, NestedFit const& fit) {
  auto const task = sums.task();
  effects_ = task.effects;
  residual_variance_ = fit.residual_variance();
  unpack(fit);
  first_.assign(1, 0);
  for (int level = 0; level < task.depth; ++level) first_.push_back(first_.back() + as_size(sums.groups(level)));
  groups_.resize(first_.back());
  collect(sums, fit);
  spread(task, sums);
}

void RandomEffects::unpack(NestedFit const& fit) {
  auto const size = effects_ * (effects_ + 1) / 2;
  g_.clear();
  for (int level = 0; level < fit.structure().levels(); ++level)
    g_.push_back(unpacked(fit.profile().covariance() + level * size, effects_));
}

RandomEffects::Solved RandomEffects::solve(Effects const& s, int level) const {
  auto const& g = g_[as_size(level)];
  Effects const one = Effects::Identity(effects_, effects_);
  Effects const sg = s.lazyProduct(g);
  Solved out;
  out.e = Effects(one + sg).inverse();
  out.shrunken = g.lazyProduct(out.e);
  out.passed = out.e.lazyProduct(s);
  out.kept = one - out.shrunken.lazyProduct(s);
  return out;
}

// From the innermost groups outwards.
void RandomEffects::collect(NestedSums const& sums, NestedFit const& fit) {
  auto const task = sums.task();
  for (int i = 0; i < task.nodes; ++i) {
    auto& group = groups_[node_place(i)];
    group.s.setZero(effects_, effects_);
    group.residual.setZero(effects_);
  }
  collect_innermost(sums, fit);
  for (int i = 0; i < task.nodes; ++i) {
    auto& group = groups_[node_place(i)];
    group.solved = solve(group.s, task.node_level[i]);
    group.residual = group.solved.e.lazyProduct(group.residual).eval();
    if (!sums.is_node(task.node_parent[i])) continue;
    auto& around = groups_[node_place(task.node_parent[i])];
    around.s += group.solved.passed;
    around.residual += group.residual;
  }
}

void RandomEffects::collect_innermost(NestedSums const& sums, NestedFit const& fit) {
  auto const task = sums.task();
  int const columns = task.columns, pairs = effects_ * (effects_ + 1) / 2;
  patterns_.clear();
  for (int k = 0; k < task.patterns; ++k) patterns_.push_back(solve(unpacked(task.pattern_zz + k * pairs, effects_), 0));
  for (std::int32_t i = 0; i < sums.groups(0); ++i) {
    auto& group = groups_[place(0, i)];
    auto const& solved = patterns_[as_size(sums.group_pattern(i))];
    double const* own = sums.group_sums(i);
    group.residual.resize(effects_);
    for (int u = 0; u < effects_; ++u, own += task.stride) {
      group.residual[u] = own[columns - 1];
      for (int c = 0; c + 1 < columns; ++c) group.residual[u] -= own[c] * fit.coefficient(task.shaped + c);
    }
    if (task.shaped > 0) group.residual -= explained(task, sums, fit, i);
    group.residual = solved.e.lazyProduct(group.residual).eval();
    if (!sums.is_node(sums.group_parent(i))) continue;
    auto& around = groups_[node_place(sums.group_parent(i))];
    around.s += solved.passed;
    around.residual += group.residual;
  }
}

// Z'Z M b: what the columns with shapes explain of a group's Z'y.
RandomEffects::Vector RandomEffects::explained(NestedTask const& task, NestedSums const& sums, NestedFit const& fit,
                                               std::int32_t group) const {
  Vector out = Vector::Zero(effects_);
  double const* shape = task.shapes + sums.group_class(group) * effects_ * task.shaped;
  for (int u = 0; u < effects_; ++u)
    for (int c = 0; c < task.shaped; ++c) out[u] += *shape++ * fit.coefficient(c);
  int const pairs = effects_ * (effects_ + 1) / 2;
  return unpacked(task.pattern_zz + sums.group_pattern(group) * pairs, effects_).lazyProduct(out);
}

// From the outermost groups inwards.
void RandomEffects::spread(NestedTask const& task, NestedSums const& sums) {
  for (int i = task.nodes - 1; i >= 0; --i) {
    auto& group = groups_[node_place(i)];
    auto const parent = task.node_parent[i];
    predict(group, group.solved, g_[as_size(task.node_level[i])],
            sums.is_node(parent) ? &groups_[node_place(parent)] : nullptr);
  }
  for (std::int32_t i = 0; i < sums.groups(0); ++i) {
    auto const parent = sums.group_parent(i);
    predict(groups_[place(0, i)], patterns_[as_size(sums.group_pattern(i))], g_[0],
            sums.is_node(parent) ? &groups_[node_place(parent)] : nullptr);
  }
}

// u = G (E A v - E S U), U the sum of the effects of the groups around; its uncertainty comes in the same way.
void RandomEffects::predict(Group& group, Solved const& solved, Effects const& g, Group const* around) {
  group.effects = g.lazyProduct(group.residual);
  group.covariance = residual_variance_ * solved.shrunken;
  group.total = group.effects;
  group.total_covariance = group.covariance;
  if (around == nullptr) return;
  Effects const taken = g.lazyProduct(solved.passed);
  group.effects -= taken.lazyProduct(around->total);
  group.total += solved.kept.lazyProduct(around->total);
  Effects const through = taken.lazyProduct(around->total_covariance);
  group.covariance += through.lazyProduct(taken.transpose());
  Effects const left = solved.kept.lazyProduct(around->total_covariance);
  group.total_covariance += left.lazyProduct(solved.kept.transpose());
}

double RandomEffects::reliability(int level, std::int32_t group, int effect) const {
  double const variance = residual_variance_ * g_[as_size(level)](effect, effect);
  return variance > 0 ? 1 - covariance(level, group)(effect, effect) / variance : 0;
}

}  // namespace bordin
