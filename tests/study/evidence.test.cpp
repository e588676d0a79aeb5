#include "study/evidence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/errors.hpp"
#include "study/named_statistics.hpp"
#include "study/parameter.hpp"

namespace bordin {
namespace {

constexpr double usual_share_of_range = 0.03;

bool exists(std::string const& scenario) {
  auto const& library = scenario_library();
  return std::any_of(library.begin(), library.end(), [&](auto const& entry) { return entry.name == scenario; });
}

Target dropout_target(std::string value = "0.197", std::vector<double> interval = {}) {
  Target t;
  t.name = "dropout";
  t.value = std::move(value);
  t.interval = std::move(interval);
  t.statistic = "dropout_rate";
  t.certainty = Certainty::verified;
  return t;
}

EvidenceOptions few(int threads = 0) {
  return {.clients = 20'000, .seed = 5, .threads = threads};
}

TEST(Evidence, StatisticsAndParametersOfAllTargetsExist) {
  for (auto const& target : published_targets()) {
    EXPECT_NO_THROW(named_statistic(target.statistic)) << target.name;
    if (!exists(target.scenario)) continue;
    auto const parameter = numeric_parameter(load_scenario(target.scenario), target.parameter);
    EXPECT_TRUE(std::isfinite(parameter.min) && std::isfinite(parameter.max)) << target.name << ": " << target.parameter;
  }
}

TEST(Evidence, RowsDoNotDependOnThreads) {
  RunControl control;
  auto const one = run_evidence(published_targets(), few(1), control);
  EXPECT_EQ(one.rows.size(), published_targets().size());
  for (int const threads : {2, 7}) {
    auto const other = run_evidence(published_targets(), few(threads), control);
    ASSERT_EQ(other.rows.size(), one.rows.size());
    for (std::size_t i = 0; i < one.rows.size(); ++i) {
      auto const &a = one.rows[i].figure, &b = other.rows[i].figure;
      EXPECT_EQ(a.problem, b.problem);
      if (!a.problem.empty()) continue;
      EXPECT_EQ(a.value, b.value) << one.rows[i].target.name;
      EXPECT_EQ(a.mcse, b.mcse) << one.rows[i].target.name;
    }
  }
}

TEST(Evidence, AFigureIsTheMeanOverReplicationsAndItsError) {
  auto scenario = load_scenario("routine-care");
  RunControl control;
  auto const figures = measure_statistics(scenario, {"dropout_rate"}, few(), control);
  scenario.design.therapists = 50;  // 20 replications of 1000 clients
  Study const study(scenario);
  Moments rate;
  for (std::uint32_t r = 0; r < 20; ++r) {
    Moments dropped;
    for (double const yes : study.simulate(5, r).clients.column("dropped_out").numbers()) dropped.add(yes);
    rate.add(dropped.mean());
  }
  EXPECT_EQ(figures[0].value, rate.mean());
  EXPECT_EQ(figures[0].mcse, rate.se());
  EXPECT_EQ(control.finished.load(), 20U);
  EXPECT_EQ(evidence_replications({dropout_target()}, few()), 20U);
}

TEST(Evidence, ListedCaseloadsKeepTheirTherapists) {
  auto const scenario = load_scenario(
      "routine-care", {parse_assignment("design.therapists=3"), parse_assignment("design.caseload=[10, 20, 70]")});
  RunControl control;
  EXPECT_EQ(measure_statistics(scenario, {"dropout_rate"}, {.clients = 2500}, control).size(), 1U);
  EXPECT_EQ(control.finished.load(), 25U);  // of 100 clients each
}

TEST(Evidence, HoldsWhereTheEngineLandsInTheBand) {
  Figure const figure{.statistic = "dropout_rate", .value = 0.2012, .mcse = 0.001};
  EXPECT_TRUE(judged(dropout_target("0.197", {0.187, 0.207}), figure).holds);
  EXPECT_FALSE(judged(dropout_target("0.197", {0.187, 0.200}), figure).holds);
  EXPECT_FALSE(judged(dropout_target("0.197"), figure).holds);  // 0.0042 off, 0.0035 allowed
  EXPECT_TRUE(judged(dropout_target("0.198"), figure).holds);
  EXPECT_FALSE(judged(dropout_target("0.2", {0, 1}), {.statistic = "dropout_rate", .problem = "no column"}).holds);
}

TEST(Evidence, WhatIsNotThereIsARowThatSaysSo) {
  auto target = dropout_target();
  target.scenario = "no-such-care";
  RunControl control;
  auto row = run_evidence({target}, few(), control).rows.at(0);
  EXPECT_EQ(row.figure.problem, "there is no scenario \"no-such-care\"");
  EXPECT_FALSE(row.holds);

  target = dropout_target();
  target.statistic = "arm_outcome_d";
  row = run_evidence({target}, few(), control).rows.at(0);
  EXPECT_EQ(row.figure.problem.find("arm_outcome_d: there is no column clients.arm"), 0U) << row.figure.problem;
  EXPECT_TRUE(std::isnan(row.figure.value));

  target.statistic = "dropout";
  EXPECT_THROW(run_evidence({target}, few(), control), Error);
}

TEST(Evidence, StopsWhenAsked) {
  RunControl control;
  control.stop.store(true);
  auto const evidence = run_evidence({dropout_target()}, few(), control);
  EXPECT_TRUE(evidence.stopped);
  EXPECT_TRUE(evidence.rows.empty());
}

TEST(Evidence, EveryGatingTargetHolds) {
  RunControl control;
  auto const evidence = run_evidence(published_targets(), {}, control);
  std::size_t gating = 0;
  for (auto const& row : evidence.rows) {
    if (!row.target.gates()) continue;
    ++gating;
    EXPECT_TRUE(row.holds) << row.target.name << ": " << row.figure.value << " (" << row.figure.mcse << ") "
                           << row.figure.problem << " is not within " << row.band.low << " to " << row.band.high;
  }
  EXPECT_GE(gating, 40U);
}

//! Where a target's own parameter is moved to: by `move`, else by 3 % of its range, downwards where there is no room above.
//! A parameter that the scenario leaves to another counts as 0.
double moved_value(Target const& target, NumericParameter const& parameter) {
  double const value = std::isnan(parameter.value) ? 0 : parameter.value;
  if (target.move) return std::clamp(value + *target.move, parameter.min, parameter.max);
  double const step = usual_share_of_range * (parameter.max - parameter.min);
  return value + step <= parameter.max ? value + step : value - step;
}

TEST(Evidence, EveryGatingTargetMissesWhenItsOwnParameterMoves) {
  constexpr EvidenceOptions options{.clients = 200'000};
  std::map<std::string, std::vector<Target>> by_world;  // scenario, parameter and move
  for (auto const& target : published_targets()) {
    if (!target.gates() || !exists(target.scenario)) continue;
    by_world[target.scenario + " " + target.parameter + " " + std::to_string(target.move.value_or(0))].push_back(target);
  }
  ASSERT_FALSE(by_world.empty());
  for (auto const& [world, targets] : by_world) {
    auto const& first = targets.front();
    auto const parameter = numeric_parameter(load_scenario(first.scenario), first.parameter);
    double const value = moved_value(first, parameter);
    auto const moved = load_scenario(first.scenario, {parameter_override(parameter, first.parameter, value)});
    std::vector<std::string> statistics;
    for (auto const& target : targets) statistics.push_back(target.statistic);
    RunControl control;
    auto const figures = measure_statistics(moved, statistics, options, control);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      auto const row = judged(targets[i], figures[i]);
      EXPECT_FALSE(row.holds) << row.target.name << ": " << first.parameter << " moved from " << parameter.value << " to "
                              << value << " gives " << row.figure.value << ", still within " << row.band.low << " to "
                              << row.band.high;
    }
  }
}

}  // namespace
}  // namespace bordin
