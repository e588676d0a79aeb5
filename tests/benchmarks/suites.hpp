#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "scenario/tree.hpp"
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

//! A library scenario with changes such as "design.therapists=50".
inline Study study_of(std::string const& scenario, std::vector<std::string> const& settings = {}) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return Study(load_scenario(scenario, overrides));
}

//! Clients, and the sessions they really came to: planned sessions after an ending are no work and do not count.
struct ClientSessions {
  double clients = 0;
  double attended = 0;

  void add(Dataset const& data) {
    for (double const sessions : data.clients.column("sessions_attended").numbers()) {
      clients += 1;
      attended += sessions;
    }
  }
};

//! Simulates replication after replication, and counts.
inline void simulate(benchmark::State& state, Study const& study) {
  ClientSessions done;
  std::uint32_t replication = 0;
  for (auto _ : state) {
    Dataset const data = study.simulate(1, replication++);
    done.add(data);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done.attended));
  state.SetLabel("client-session");
  auto const planned = done.clients * static_cast<double>(study.scenario().design.sessions);
  state.counters["planned_per_second"] = benchmark::Counter(planned, benchmark::Counter::kIsRate);
  state.counters["clients"] = benchmark::Counter(done.clients, benchmark::Counter::kAvgIterations);
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
