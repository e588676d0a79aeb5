#include <fmt/format.h>
#include <malloc.h>

#include <fstream>
#include <limits>
#include <string>

#include "benchmarks/suites.hpp"
#include "core/machine.hpp"
#include "simulation/buffer.hpp"

namespace bordin::benchmarks {
namespace {

double bytes_in_status(std::string const& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) * 1024;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

//! The most memory that the process takes from here on, above what it has now.
class MemoryPeak {
 public:
  MemoryPeak() {
    Buffer::of_size(more_than_threads_keep);      // makes this thread give up what it keeps for the next data set
    malloc_trim(0);                               // what earlier measurements left behind
    std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM starts anew (man 5 proc)
    before_ = bytes_in_status("VmRSS");
  }
  double bytes() const { return bytes_in_status("VmHWM") - before_; }

 private:
  static constexpr std::size_t more_than_threads_keep = 1U << 26;
  double before_ = 0;
};

//! Draws data sets of a study, if one and what is kept of it fit into half of the free memory.
void simulate_with_memory(benchmark::State& state, Study const& study) {
  if (study.world().bytes_per_dataset() > available_memory() / 2) {
    state.SkipWithError("not enough memory is free");
    return;
  }
  MemoryPeak const peak;
  simulate(state, study);
  state.counters["peak_bytes"] = peak.bytes();
}

void clients(benchmark::State& state) {
  constexpr int caseload = 20;
  simulate_with_memory(state, study_of("early-alliance", {fmt::format("design.therapists={}", state.range(0) / caseload),
                                                          fmt::format("design.caseload={}", caseload)}));
}

//! Nobody ends early: all sessions that are planned are attended.
void sessions(benchmark::State& state) {
  simulate_with_memory(
      state, study_of("early-alliance", {"design.caseload=20", fmt::format("design.sessions={}", state.range(0)),
                                         "dropout.enabled=false", "ending.agreed=0", "ending.good_enough.probability=0"}));
}

//! Batch after batch until there are so many client-sessions; of each only the number is kept.
void client_sessions(benchmark::State& state) {
  auto const study = study_of("early-alliance");
  auto const& world = study.world();
  MemoryPeak const peak;
  ClientSessions done;
  std::uint32_t first = 0;
  for (auto _ : state) {
    auto const enough = done.attended + state.range(0);
    for (; done.attended < enough; first += world.batch())
      done.add(draw_records(world, 1, first, world.batch(), Wanted::everything()));
  }
  done.say(state, study);
  state.counters["peak_bytes"] = peak.bytes();
}

//! Summaries only: nothing of a replication is kept but what the performance table needs.
void replications(benchmark::State& state) {
  auto const study = study_of("early-alliance", {"design.therapists=10", "design.caseload=10"});
  MemoryPeak const peak;
  run_replications(state, study, static_cast<std::uint32_t>(state.range(0)), 1);
  state.counters["peak_bytes"] = peak.bytes();
}

}  // namespace

void add_growth() {
  auto const add = [](char const* name, auto const measure) {
    return benchmark::RegisterBenchmark(name, measure)->Unit(benchmark::kMillisecond);
  };
  add("growth/clients", clients)->RangeMultiplier(10)->Range(1000, 1'000'000)->Arg(4'000'000);
  auto* const by_sessions = add("growth/sessions", sessions);
  for (int const most : {5, 12, 25, 50, 100, 200}) by_sessions->Arg(most);
  add("growth/client-sessions", client_sessions)->RangeMultiplier(10)->Range(1'000'000, 100'000'000)->Iterations(1);
  add("growth/replications", replications)->RangeMultiplier(10)->Range(100, 10'000);
}

}  // namespace bordin::benchmarks
