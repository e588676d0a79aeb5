#include <set>
#include <string>

#include "benchmarks/suites.hpp"
#include "core/parallel.hpp"

namespace bordin::benchmarks {
namespace {

constexpr std::uint32_t replications = 20;

void on_threads(benchmark::State& state, std::string const& scenario, int threads) {
  run_replications(state, study_of(scenario), replications * static_cast<std::uint32_t>(threads), threads);
}

//! The two-arm trial that power packages were timed on: 2 x 6 therapists x 10 clients x (intake and 10 sessions).
void trial(benchmark::State& state) {
  run_replications(state, study_of("three-level-rct", {"design.therapists=6", "design.caseload=10", "design.sessions=10"}),
                   100, 1);
}

//! 1, 2, 4, ... and all cores.
std::set<int> thread_numbers() {
  int const all = thread_count(0);
  std::set<int> numbers{all};
  for (int n = 1; n < all; n *= 2) numbers.insert(n);
  return numbers;
}

}  // namespace

//! On one thread the CPU's time counts, which other programs disturb least; on several threads it must be the clock's.
void add_study() {
  using benchmark::RegisterBenchmark;
  for (auto const& entry : scenario_library()) {
    std::string const name(entry.name);
    RegisterBenchmark(("study/scenario/" + name).c_str(), on_threads, name, 1)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime();
  }
  for (int const threads : thread_numbers()) {
    RegisterBenchmark(("study/threads/" + std::to_string(threads)).c_str(), on_threads, "early-alliance", threads)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  RegisterBenchmark("study/trial/2 x 6 therapists x 10 clients x 11 measurements", trial)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
}

}  // namespace bordin::benchmarks
