#include "analysis/predicted_effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace bordin {
namespace {

struct Group {
  std::vector<double> values;  // of the factor's columns
  std::string level;           // "7", "north:7"
};

std::string text_of(double value, std::vector<std::string> const& levels) {
  return levels.empty() ? fmt::format("{}", value) : levels[static_cast<std::size_t>(value)];
}

// By number of the group.
std::vector<Group> groups_of(DesignPlan const& plan, Design const& design, Table const& table, std::size_t factor) {
  auto const& grouping = design.factors[factor];
  std::vector<std::size_t> first(static_cast<std::size_t>(grouping.groups));
  for (std::size_t row = grouping.of_row.size(); row-- > 0;)
    first[static_cast<std::size_t>(grouping.of_row[row])] = design.complete.empty() ? row : design.complete[row];
  std::vector<Group> out(first.size());
  for (auto const i : plan.factors[factor].inputs) {
    auto const values = table.column(plan.inputs[i].name).numbers();
    for (std::size_t g = 0; g < out.size(); ++g) {
      out[g].level += (out[g].values.empty() ? "" : ":") + text_of(values[first[g]], plan.inputs[i].levels);
      out[g].values.push_back(values[first[g]]);
    }
  }
  return out;
}

std::vector<std::size_t> sorted(std::vector<Group> const& groups) {
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return groups[a].values < groups[b].values; });
  return order;
}

}  // namespace

void predict_effects(DesignPlan const& plan, Design const& design, Table const& table, NestedModel const& model, Fit& fit) {
  if (!model.fit.converged()) return;
  RandomEffects effects;
  effects.assign(model.sums, model.fit);
  for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
    auto const factor = plan.blocks[b].factor;
    int const level = model.blocks[b].level;
    auto const groups = groups_of(plan, design, table, factor);
    for (auto const g : sorted(groups)) {
      auto const group = static_cast<std::int32_t>(g);
      for (int const effect : plan.blocks[b].effects) {
        auto const column = static_cast<std::size_t>(effect);
        double const variance = std::max(effects.covariance(level, group)(effect, effect), 0.0);
        fit.ranef.push_back({.group = plan.factors[factor].name,
                             .level = groups[g].level,
                             .term = plan.z.names[column],
                             .value = effects.effect(level, group, effect) * model.units[column],
                             .sd = std::sqrt(variance) * model.units[column],
                             .reliability = effects.reliability(level, group, effect)});
      }
    }
  }
}

}  // namespace bordin
