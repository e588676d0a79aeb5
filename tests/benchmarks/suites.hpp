#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scenario/tree.hpp"
#include "simulation/records.hpp"
#include "study/study.hpp"

//! A measurement is called suite/group/name: report.py makes a section of a suite, and ratios within a group. Its label
//! names one item of its items_per_second.
namespace bordin::benchmarks {

// One per *.bench.cpp: adds its measurements to Google Benchmark's list.
void add_random();
void add_simulation();
void add_study();
void add_results();
void add_growth();
void add_estimators();

//! The data sets of the growth model as CSV, for peers.
void write_trials(std::filesystem::path const& folder);

//! A library scenario with changes such as "design.therapists=50".
inline Study study_of(std::string const& scenario, std::vector<std::string> const& settings = {}) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return Study(load_scenario(scenario, overrides));
}

//! Clients, and the sessions they really came to: planned sessions after an ending are no work and do not count.
struct ClientSessions {
  std::int64_t clients = 0;
  std::int64_t attended = 0;

  void add(Records const& records) {
    for (auto const& group : records.groups) {
      clients += static_cast<std::int64_t>(group.count);
      for (std::size_t k = 0; k < group.count; ++k)
        attended += static_cast<std::int32_t>(records.of_clients.sessions[group.first + k]);
    }
  }
  void add(Dataset const& data) {
    for (double const sessions : data.clients.column("sessions_attended").numbers()) {
      clients += 1;
      attended += static_cast<std::int64_t>(sessions);
    }
  }
  void say(benchmark::State& state, Study const& study) const {
    state.SetItemsProcessed(attended);
    state.SetLabel("client-session");
    auto const planned = static_cast<double>(clients * study.scenario().design.sessions);
    state.counters["planned_per_second"] = benchmark::Counter(planned, benchmark::Counter::kIsRate);
  }
};

//! Draws batches of replications, all that is measured and the truth, and counts.
inline void simulate(benchmark::State& state, Study const& study) {
  auto const& world = study.world();
  ClientSessions done;
  std::uint32_t first = 0;
  for (auto _ : state) {
    done.add(draw_records(world, 1, first, world.batch(), Wanted::everything()));
    first += world.batch();
  }
  done.say(state, study);
}

//! The same as tables.
inline void make_tables(benchmark::State& state, Study const& study) {
  auto const& world = study.world();
  ClientSessions done;
  std::uint32_t first = 0;
  for (auto _ : state) {
    for (auto const& data : world.simulate(1, first, world.batch(), Wanted::everything())) done.add(data);
    first += world.batch();
  }
  done.say(state, study);
}

//! Drops everything.
class NoSink final : public Sink {
 public:
  void begin(Study const&, RunOptions const&) override {}
  void accept(Replication const&) override {}
  void finish(std::uint32_t, std::vector<PerformanceRow> const&, RunFacts const&) override {}
};

//! Simulates and analyses as `bordin run` does; nothing is kept.
inline void run_replications(benchmark::State& state, Study const& study, std::uint32_t replications, int threads) {
  RunOptions const options{.replications = replications, .threads = threads, .keep = KeepData::none};
  for (auto _ : state) {
    RunControl control;
    NoSink sink;
    run_study(study, options, control, sink);
  }
  state.SetItemsProcessed(state.iterations() * replications);
  state.SetLabel("replication");
}

}  // namespace bordin::benchmarks
