#include "study/truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/text.hpp"
#include "study/large_sample.hpp"
#include "study/parameter.hpp"

namespace bordin {
namespace {

constexpr char const* complete_data = "complete data";

std::size_t index_of(std::string const& term, Analysis const& analysis) {
  auto const& terms = analysis.terms();
  auto const found = std::find(terms.begin(), terms.end(), term);
  if (found == terms.end())
    throw Error(fmt::format("names {}, which is no term of the analysis{}", in_quotes(term), did_you_mean(term, terms)));
  return static_cast<std::size_t>(found - terms.begin());
}

bool is_complete_data(Node const& value) {
  return value.is(Node::Kind::text) && value.text == complete_data;
}

double stated(Scenario const& scenario, Node const& value) {
  if (value.is(Node::Kind::integer) || value.is(Node::Kind::number)) return value.number;
  if (!value.is(Node::Kind::text)) throw Error(fmt::format("has {}, but must be {}", shown(value), Estimands().allowed()));
  bool const negative = value.text.starts_with('-');
  double const parameter = numeric_parameter(scenario, value.text.substr(negative ? 1 : 0)).value;
  return negative ? -parameter : parameter;
}

Scenario complete_world(Scenario scenario) {
  scenario.therapy.dropout.enabled = false;
  scenario.therapy.attendance.missed = 0;
  scenario.design.missing = {};
  return scenario;
}

std::vector<TrueValue> of_analysis(Study const& study, std::size_t a, int threads, RunControl& control) {
  auto const& planned = study.scenario().analyses[a];
  auto const& analysis = study.analyses()[a];
  std::vector<TrueValue> values(analysis.terms().size());
  std::optional<std::vector<Moments>> complete;
  for (auto const& [term, value] : planned.truth.entries()) {
    auto const t = index_of(term, analysis);
    if (!is_complete_data(value)) {
      values[t] = {.value = stated(study.scenario(), value)};
      continue;
    }
    if (!complete) complete = large_sample(complete_world(study.scenario()), planned.spec.name, threads, control);
    if (!complete->empty()) values[t] = {.value = (*complete)[t].mean(), .se = (*complete)[t].se()};
  }
  return values;
}

}  // namespace

void check_truths(Study const& study) {
  for (std::size_t a = 0; a < study.analyses().size(); ++a) {
    auto const& planned = study.scenario().analyses[a];
    try {
      for (auto const& [term, value] : planned.truth.entries()) {
        static_cast<void>(index_of(term, study.analyses()[a]));
        if (!is_complete_data(value) && !std::isfinite(stated(study.scenario(), value)))
          throw Error(fmt::format("has {} for {}, which is no finite number in this scenario", shown(value), term));
      }
    } catch (ScenarioError const&) {
      throw;
    } catch (Error const& error) {
      throw ScenarioError({}, fmt::format("analyses.{}.truth", planned.spec.name), error.what());
    }
  }
}

TrueValues true_values(Study const& study, int threads, RunControl& control) {
  TrueValues values;
  for (std::size_t a = 0; a < study.analyses().size(); ++a) values.push_back(of_analysis(study, a, threads, control));
  return values;
}

}  // namespace bordin
