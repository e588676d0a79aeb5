#include "planning/power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/errors.hpp"
#include "planning/advice.hpp"
#include "planning/closed_form.hpp"
#include "planning/null_check.hpp"
#include "study/resources.hpp"

namespace bordin {
namespace {

//! Decisions of all tests of one world, and how often it was looked at them.
struct Trials {
  std::vector<Decisions> decisions;
  std::uint32_t replications = 0;
  int looks = 0;
};

bool narrow_enough(std::vector<Decisions> const& all, double half_width) {
  return std::all_of(all.begin(), all.end(), [&](Decisions const& decisions) {
    auto const p = decisions.rejected();
    return p.of > 0 && p.half_width() <= half_width;
  });
}

//! Empty when control.stop was set before it was done.
std::optional<Trials> tried(Study const& study, std::vector<TestedTerm> const& tests, PowerOptions const& options,
                            RunControl& control) {
  Trials trials{.decisions = std::vector<Decisions>(tests.size())};
  bool const looks = options.until_half_width > 0;
  while (true) {
    auto const next = looks ? next_look(trials.replications, options.replications) : options.replications;
    trials.replications += decide(study, tests, options.seed, trials.replications, next - trials.replications,
                                  options.threads, control, trials.decisions);
    if (trials.replications < next) return std::nullopt;
    ++trials.looks;
    if (next == options.replications || narrow_enough(trials.decisions, options.until_half_width)) return trials;
  }
}

//! Worlds in which tested terms are 0: the tests of analyses that name the same one share it.
class NullWorlds {
 public:
  NullWorlds(Study const& study, std::vector<TestedTerm> const& tests) {
    for (std::size_t t = 0; t < tests.size(); ++t) {
      auto const& planned = study.scenario().analyses[tests[t].analysis];
      if (!planned.null.entries().empty()) tests_[planned.null.write()].push_back(t);
    }
  }
  std::size_t count() const { return tests_.size(); }
  //! act(scenario, tests)
  template <class Act>
  bool for_each(Study const& study, std::vector<TestedTerm> const& tests, Act const& act) const {
    return std::all_of(tests_.begin(), tests_.end(), [&](auto const& world) {
      auto const& analysis = study.scenario().analyses[tests[world.second.front()].analysis];
      return act(null_world(study.scenario(), analysis), world.second);
    });
  }

 private:
  std::map<std::string, std::vector<std::size_t>> tests_;  // by the text of the changes
};

//! Runs the cells of a grid one after the other.
class PowerRun {
 public:
  PowerRun(ScenarioVariants const& variants, Grid const& grid, PowerOptions const& options, RunControl& control)
      : variants_(variants), grid_(grid), control_(control) {
    result_.options = options;
    result_.keys = grid.keys();
    for (std::size_t cell = 0; cell < grid.cells(); ++cell) result_.values.push_back(grid.values(cell));
  }

  PowerResult run(std::function<void(PowerResult const&)> const& finished) {
    while (result_.cells < grid_.cells() && one_cell(result_.cells)) {
      ++result_.cells;
      if (finished) finished(result_);
    }
    result_.warnings = advice_on(result_, variants_({}));
    return std::move(result_);
  }

 private:
  bool one_cell(std::size_t cell) {
    Study const study(variants_(grid_.overrides(cell)));
    refuse_too_large(study, {.seed = result_.options.seed, .keep = KeepData::none}, "");
    auto const tests = tested_terms(study);
    std::size_t const primary = primary_test(study, tests);
    auto const trials = tried(study, tests, result_.options, control_);
    if (!trials) return false;
    std::vector<PowerRow> rows;
    for (std::size_t t = 0; t < tests.size(); ++t) rows.push_back(row(cell, study, tests[t], *trials, t));
    if (!add_type_one(study, tests, *trials, rows)) return false;
    result_.rows.insert(result_.rows.end(), rows.begin(), rows.end());
    contrast(cell, tests, *trials, primary);
    return true;
  }

  static PowerRow row(std::size_t cell, Study const& study, TestedTerm const& test, Trials const& trials, std::size_t t) {
    auto const& analysis = study.analyses()[test.analysis];
    auto const& decisions = trials.decisions[t];
    return {.cell = cell,
            .analysis = analysis.spec().name,
            .term = analysis.terms()[test.term],
            .replications = trials.replications,
            .looks = trials.looks,
            .power = decisions.rejected(),
            .power_failed_as_no = decisions.rejected_failed_as_no(),
            .failed = decisions.failed(),
            .type_one = std::nullopt,
            .no_type_one = "the scenario names no null world",
            .closed_form = closed_form_power(study, test)};
  }

  bool add_type_one(Study const& study, std::vector<TestedTerm> const& tests, Trials const& own,
                    std::vector<PowerRow>& rows) {
    NullWorlds const worlds(study, tests);
    auto const text = scenario_text(study.scenario());
    return worlds.for_each(study, tests, [&](Scenario const& null_scenario, std::vector<std::size_t> const& of) {
      bool const itself = scenario_text(null_scenario) == text;
      auto const trials = itself ? std::optional(own) : tried(Study(null_scenario), tests, result_.options, control_);
      if (!trials) return false;
      for (auto const t : of) {
        rows[t].no_type_one = departure(null_scenario, study, tests[t]);
        if (rows[t].no_type_one.empty()) rows[t].type_one = trials->decisions[t].rejected();
      }
      return !control_.stop;
    });
  }

  // Looked for in the first cell: whether a term is 0 does not depend on how many people there are, and hardly on anything
  // else that one would vary.
  std::string departure(Scenario const& null_scenario, Study const& study, TestedTerm const& test) {
    auto const known = departures_.find(test.name);
    if (known != departures_.end()) return known->second;
    return departures_[test.name] = departure_from_null(null_scenario, study, test, result_.options.threads, control_);
  }

  void contrast(std::size_t cell, std::vector<TestedTerm> const& tests, Trials const& trials, std::size_t primary) {
    for (std::size_t t = 0; t < tests.size(); ++t) {
      if (tests[t].analysis != tests[primary].analysis)
        result_.between_tests.push_back(
            {cell, tests[t].name, cell, tests[primary].name, difference(trials.decisions[t], trials.decisions[primary])});
      auto const before = grid_.before(cell);
      if (before != cell && t < before_.size())
        result_.between_cells.push_back(
            {cell, tests[t].name, before, tests[t].name, difference(trials.decisions[t], before_[t])});
    }
    before_ = trials.decisions;
  }

  ScenarioVariants const& variants_;
  Grid const& grid_;
  RunControl& control_;
  PowerResult result_;
  std::vector<Decisions> before_;                  // of the cell before
  std::map<std::string, std::string> departures_;  // from the null world, by test
};

void check(PowerOptions const& options) {
  if (options.replications < 1) throw Error("replications are 0; at least 1 is needed, and some thousands for a power");
  if (!(options.until_half_width >= 0 && options.until_half_width < 0.5))
    throw Error(
        fmt::format("until-half-width is {}; write the half width of the 95 % interval that will do, between 0 and "
                    "0.5, such as 0.01",
                    options.until_half_width));
}

}  // namespace

std::size_t power_replications(ScenarioVariants const& variants, Grid const& grid, PowerOptions const& options) {
  check(options);
  std::size_t all = 0;
  for (std::size_t cell = 0; cell < grid.cells(); ++cell) {
    Study const study(variants(grid.overrides(cell)));
    auto const tests = tested_terms(study);
    static_cast<void>(primary_test(study, tests));
    all += options.replications * (1 + NullWorlds(study, tests).count());
  }
  return all;
}

PowerResult run_power(ScenarioVariants const& variants, Grid const& grid, PowerOptions const& options, RunControl& control,
                      std::function<void(PowerResult const&)> const& finished) {
  check(options);
  return PowerRun(variants, grid, options, control).run(finished);
}

}  // namespace bordin
