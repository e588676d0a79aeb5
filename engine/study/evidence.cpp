#include "study/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "study/named_statistics.hpp"
#include "study/resized.hpp"

namespace bordin {
namespace {

constexpr double clients_per_replication = 20'000;
constexpr std::size_t fewest_replications = 20;
constexpr char const* joint = "joint_r2";
constexpr char const* sum = "sum_of_r2";

Scenario sample_of(Scenario const& scenario, EvidenceOptions const& options) {
  return with_clients(scenario, std::min(clients_per_replication,
                                         static_cast<double>(options.clients) / static_cast<double>(fewest_replications)));
}

std::size_t replications_of(Scenario const& sample, EvidenceOptions const& options) {
  double const enough = std::ceil(static_cast<double>(options.clients) / expected_clients(sample) - 1e-9);
  return std::max(fewest_replications, static_cast<std::size_t>(enough));
}

//! One statistic of one data set.
struct Value {
  double value = not_a_number;
  std::string problem = {};
};

Value value_of(NamedStatistic const& statistic, StudySample const& sample) {
  try {
    double const value = statistic.of(sample);
    if (std::isfinite(value)) return {.value = value};
    return {.problem = "the data do not determine it"};
  } catch (Error const& error) {
    return {.problem = error.what()};
  }
}

//! Values of one statistic over replications; the first problem is the one that is told.
struct Tally {
  Moments moments;
  std::string problem;
  void add(Value const& value) {
    if (!value.problem.empty()) {
      if (problem.empty()) problem = value.problem;
    } else {
      moments.add(value.value);
    }
  }
  Figure figure(std::string const& statistic) const {
    if (!problem.empty()) return {.statistic = statistic, .problem = fmt::format("{}: {}", statistic, problem)};
    return {.statistic = statistic, .value = moments.mean(), .mcse = moments.se()};
  }
};

bool in_library(std::string const& scenario) {
  auto const& library = scenario_library();
  return std::any_of(library.begin(), library.end(), [&](auto const& entry) { return entry.name == scenario; });
}

std::vector<std::string> scenarios_of(std::vector<Target> const& targets) {
  std::vector<std::string> names;
  for (auto const& target : targets)
    if (std::find(names.begin(), names.end(), target.scenario) == names.end()) names.push_back(target.scenario);
  return names;
}

//! Where the best-known list begins: in this scenario the joint R2 is measured. Empty without such a list.
std::string headline_scenario(std::vector<Target> const& targets) {
  auto const first = std::find_if(targets.begin(), targets.end(), [](Target const& target) { return target.headline; });
  return first == targets.end() ? "" : first->scenario;
}

//! What is to be measured in a scenario, each once.
std::vector<std::string> statistics_in(std::string const& scenario, std::vector<Target> const& targets) {
  std::vector<std::string> names;
  auto const add = [&](std::string const& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (auto const& target : targets)
    if (target.scenario == scenario) add(target.statistic);
  if (scenario == headline_scenario(targets)) {
    add(joint);
    add(sum);
  }
  return names;
}

std::vector<Figure> figures_of(std::string const& scenario, std::vector<std::string> const& statistics,
                               EvidenceOptions const& options, RunControl& control) {
  if (in_library(scenario)) return measure_statistics(load_scenario(scenario), statistics, options, control);
  std::vector<Figure> missing;
  for (auto const& statistic : statistics)
    missing.push_back({.statistic = statistic, .problem = fmt::format("there is no scenario \"{}\"", scenario)});
  return missing;
}

Figure const& called(std::string const& statistic, std::vector<Figure> const& figures) {
  auto const found =
      std::find_if(figures.begin(), figures.end(), [&](Figure const& f) { return f.statistic == statistic; });
  BORDIN_EXPECT(found != figures.end());
  return *found;
}

}  // namespace

std::vector<Figure> measure_statistics(Scenario const& scenario, std::vector<std::string> const& statistics,
                                       EvidenceOptions const& options, RunControl& control) {
  std::vector<NamedStatistic> wanted;
  for (auto const& name : statistics) wanted.push_back(named_statistic(name));
  Study const study(sample_of(scenario, options));
  auto const replications = replications_of(study.scenario(), options);
  auto const work = [&](std::size_t r) {
    auto const data = study.simulate(options.seed, static_cast<std::uint32_t>(r));
    StudySample const sample(study, data);
    std::vector<Value> values;
    for (auto const& statistic : wanted) values.push_back(value_of(statistic, sample));
    return values;
  };
  std::vector<Tally> tallies(wanted.size());
  auto const deliver = [&](std::size_t, std::vector<Value>&& values) {
    for (std::size_t i = 0; i < values.size(); ++i) tallies[i].add(values[i]);
    control.finished.fetch_add(1);
  };
  auto const finished = ordered_parallel<std::vector<Value>>(replications, options.threads, control, work, deliver);
  std::vector<Figure> figures;
  if (finished < replications) return figures;
  for (std::size_t i = 0; i < wanted.size(); ++i) figures.push_back(tallies[i].figure(statistics[i]));
  return figures;
}

EvidenceRow judged(Target const& target, Figure const& figure) {
  EvidenceRow row{.target = target, .figure = figure, .band = accepted_band(target, figure.mcse)};
  row.holds = figure.problem.empty() && row.band.holds(figure.value);
  return row;
}

Evidence run_evidence(std::vector<Target> const& targets, EvidenceOptions const& options, RunControl& control) {
  Evidence evidence{.options = options};
  for (auto const& scenario : scenarios_of(targets)) {
    auto const statistics = statistics_in(scenario, targets);
    auto const figures = figures_of(scenario, statistics, options, control);
    if (figures.empty()) {
      evidence.stopped = true;
      return evidence;
    }
    for (auto const& target : targets)
      if (target.scenario == scenario) evidence.rows.push_back(judged(target, called(target.statistic, figures)));
    if (scenario == headline_scenario(targets)) {
      evidence.joint_r2 = called(joint, figures);
      evidence.sum_of_r2 = called(sum, figures);
    }
  }
  return evidence;
}

std::size_t evidence_replications(std::vector<Target> const& targets, EvidenceOptions const& options) {
  std::size_t all = 0;
  for (auto const& scenario : scenarios_of(targets))
    if (in_library(scenario)) all += replications_of(sample_of(load_scenario(scenario), options), options);
  return all;
}

}  // namespace bordin
