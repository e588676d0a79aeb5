#include "study/study.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/errors.hpp"
#include "study/analysis_table.hpp"

namespace bordin {
namespace {

//! The same columns with as few people as possible.
World smallest_world(Scenario const& scenario) {
  DesignParameters design = scenario.design;
  auto arms = scenario.arms;
  design.therapists = 1;
  design.caseload = Caseload(1);
  for (auto& arm : arms) {
    if (arm.clients) {
      arm.clients = 1;
    } else if (arm.therapists) {
      arm.therapists = 1;
      arm.caseload = Caseload(1);
    }
  }
  return World(scenario.therapy, design, arms, scenario.instruments);
}

//! What `make` gives; its complaints are about the field `key` of the analysis.
template <class Make>
auto about_field(AnalysisSpec const& planned, char const* key, Make const& make) {
  try {
    return make();
  } catch (ScenarioError const&) {
    throw;
  } catch (Error const& error) {
    throw ScenarioError({}, fmt::format("analyses.{}.{}", planned.name, key), error.what());
  }
}

Analysis prepared(AnalysisSpec const& planned, Dataset const& layout) {
  if (planned.formula.empty()) {
    throw ScenarioError({}, fmt::format("analyses.{}.formula", planned.name),
                        "is missing; write one, for example \"post ~ pre + alliance_early + (1 | therapist)\"");
  }
  auto const table = about_field(planned, "formula", [&] {
    Table columns = analysis_table(layout, variables_of(planned));
    AnalysisSpec untested = planned;
    untested.test.clear();
    static_cast<void>(Analysis(untested, columns));
    return columns;
  });
  return about_field(planned, "test", [&] { return Analysis(planned, table); });
}

}  // namespace

Words const& keep_data_words() {
  static Words const words{"none", "first", "observed", "full"};
  return words;
}

Study::Study(Scenario scenario)
    : scenario_(std::move(scenario)),
      world_(scenario_.therapy, scenario_.design, scenario_.arms, scenario_.instruments),
      layout_(smallest_world(scenario_).simulate(0, 0)) {
  for (auto const& planned : scenario_.analyses) analyses_.push_back(prepared(planned.spec, layout_));
}

Fit Study::fit(std::size_t analysis, Dataset const& data) const {
  auto const& model = analyses_[analysis];
  return model.fit(analysis_table(data, variables_of(model.spec())), {.alpha = scenario_.study.alpha});
}

Replication Study::replicate(std::uint64_t seed, std::uint32_t replication, KeepData keep) const {
  Replication out{.number = replication, .estimates = {}, .data = std::nullopt};
  char const* stage = "simulation";
  try {
    Dataset data = simulate(seed, replication);
    for (std::size_t a = 0; a < analyses_.size(); ++a) {
      stage = analyses_[a].spec().name.c_str();
      Fit fitted = fit(a, data);
      out.estimates.push_back(
          {.status = fitted.status, .terms = std::move(fitted.coefficients), .message = std::move(fitted.message)});
    }
    bool const kept = keep == KeepData::observed || keep == KeepData::full || (keep == KeepData::first && replication == 0);
    if (kept) out.data = std::move(data);
  } catch (std::exception const& error) {
    throw NumericalError(replication, stage, error.what());
  }
  return out;
}

}  // namespace bordin
