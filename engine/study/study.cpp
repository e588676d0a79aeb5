#include "study/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <type_traits>
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

// The first follow-up has the number after the last session's, but no session comes right before it.
void forget_followups(Table& table, int sessions) {
  for (auto& column : table.columns()) {
    if (column.name != "session") continue;
    for (auto& number : column.as<std::int16_t>())
      if (number > sessions) number = missing_code<std::int16_t>;
  }
}

void make_missing(Column& column, std::size_t row) {
  std::visit(
      [row](auto& values) {
        using Value = std::remove_cvref_t<decltype(values[0])>;
        if constexpr (std::is_floating_point_v<Value>) {
          values[row] = std::numeric_limits<Value>::quiet_NaN();
        } else {
          values[row] = missing_code<Value>;
        }
      },
      column.values);
}

// Rows with a missing value are left out of every analysis.
void leave_out_dropouts(Table& table, Dataset const& data) {
  bool const by_session = table.rows() == data.sessions.rows() && table.rows() != data.clients.rows();
  auto const& dropped_out = data.clients.column("dropped_out").as<std::int8_t>();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto const client =
        by_session ? data.sessions.column("client").as<std::int32_t>()[row] : static_cast<std::int32_t>(row);
    if (dropped_out[static_cast<std::size_t>(client)] != 0) make_missing(table.columns().front(), row);
  }
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
  std::set<std::string> names{"client", "therapist"};  // the rows that others belong to
  bool sessions = false;
  if (std::any_of(scenario_.analyses.begin(), scenario_.analyses.end(),
                  [](auto const& planned) { return planned.clients == Analysed::completers; }))
    names.insert("dropped_out");
  for (auto const& analysis : analyses_) {
    auto const& own = variables_.emplace_back(variables_of(analysis.spec()));
    names.insert(own.begin(), own.end());
    sessions = sessions || is_of_sessions(layout_, own);
  }
  analysed_ = Wanted::only(std::move(names), sessions);
}

Fit Study::fit(std::size_t analysis, Dataset const& data, Inference inference) const {
  auto const& model = analyses_[analysis];
  auto table = analysis_table(data, variables_[analysis]);
  if (scenario_.analyses[analysis].clients == Analysed::completers) leave_out_dropouts(table, data);
  if (is_lagged(model.method())) forget_followups(table, world_.calendar().sessions);
  return model.fit(table, {.alpha = scenario_.study.alpha, .inference = inference});
}

Replication Study::analysed(std::uint32_t replication, Dataset&& data, bool keep, Inference inference) const {
  Replication out{.number = replication, .estimates = {}, .data = std::nullopt};
  char const* stage = "";
  try {
    for (std::size_t a = 0; a < analyses_.size(); ++a) {
      stage = analyses_[a].spec().name.c_str();
      Fit fitted = fit(a, data, inference);
      out.estimates.push_back(
          {.status = fitted.status, .terms = std::move(fitted.coefficients), .message = std::move(fitted.message)});
    }
  } catch (std::exception const& error) {
    throw NumericalError(replication, stage, error.what());
  }
  if (keep) out.data = std::move(data);
  return out;
}

std::vector<Dataset> Study::simulated(std::uint64_t seed, std::uint32_t first, std::uint32_t count, KeepData keep) const {
  bool const all = keep == KeepData::observed || keep == KeepData::full;
  bool const some = keep == KeepData::first && first == 0;
  try {
    return world_.simulate(seed, first, count, all || some ? Wanted::everything() : analysed_);
  } catch (std::exception const& error) {
    throw NumericalError(first, "simulation", error.what());
  }
}

Batch Study::replicate(std::uint64_t seed, std::uint32_t first, std::uint32_t count, KeepData keep,
                       Inference inference) const {
  Batch batch;
  try {
    auto data = simulated(seed, first, count, keep);
    for (std::uint32_t k = 0; k < count; ++k) {
      bool const kept = keep == KeepData::observed || keep == KeepData::full || (keep == KeepData::first && first + k == 0);
      batch.replications.push_back(analysed(first + k, std::move(data[k]), kept, inference));
    }
  } catch (NumericalError const&) {
    batch.error = std::current_exception();
  }
  return batch;
}

Replication Study::replicate(std::uint64_t seed, std::uint32_t replication, KeepData keep) const {
  auto batch = replicate(seed, replication, 1, keep);
  if (batch.error) std::rethrow_exception(batch.error);
  return std::move(batch.replications.front());
}

}  // namespace bordin
