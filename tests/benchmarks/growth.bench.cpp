#include <fmt/format.h>
#include <malloc.h>

#include <fstream>
#include <limits>
#include <string>

#include "benchmarks/suites.hpp"
#include "core/machine.hpp"

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
    malloc_trim(0);                               // what earlier measurements left behind
    std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM starts anew (man 5 proc)
    before_ = bytes_in_status("VmRSS");
  }
  double bytes() const { return bytes_in_status("VmHWM") - before_; }

 private:
  double before_ = 0;
};

//! Simulates data sets of a study, if one fits into half of the free memory.
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

//! Summaries only: nothing of a replication is kept but what the performance table needs.
void replications(benchmark::State& state) {
  auto const study = study_of("early-alliance", {"design.therapists=10", "design.caseload=10"});
  MemoryPeak const peak;
  run_replications(state, study, static_cast<std::uint32_t>(state.range(0)), 0);
  state.counters["peak_bytes"] = peak.bytes();
}

}  // namespace

void add_growth() {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark("growth/clients", clients)->RangeMultiplier(10)->Range(1000, 1'000'000)->Unit(benchmark::kMillisecond);
  auto* const by_sessions = RegisterBenchmark("growth/sessions", sessions)->Unit(benchmark::kMillisecond);
  for (int const most : {5, 12, 25, 50, 100, 200}) by_sessions->Arg(most);
  RegisterBenchmark("growth/replications", replications)
      ->RangeMultiplier(10)
      ->Range(100, 10'000)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace bordin::benchmarks
