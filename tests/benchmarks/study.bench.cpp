#include <set>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/drawn_clients.hpp"
#include "benchmarks/suites.hpp"
#include "core/parallel.hpp"

namespace bordin::benchmarks {
namespace {

constexpr std::uint32_t replications = 100;
constexpr std::uint32_t replications_of_thread = 1000;  // many: threads must first come together

void on_one_thread(benchmark::State& state, std::string const& scenario) {
  run_replications(state, study_of(scenario), replications, 1);
}

void on_threads(benchmark::State& state, int threads) {
  run_replications(state, study_of("early-alliance"), replications_of_thread * static_cast<std::uint32_t>(threads),
                   threads);
}

//! What threads can do at most on this machine: they share nothing but it.
void draw_on_threads(benchmark::State& state, Draws const* draws, int threads) {
  constexpr int draws_of_thread = 60;
  std::vector<DrawnClients> clients(static_cast<std::size_t>(threads));
  std::int64_t attended = 0;
  for (auto _ : state) {
    std::vector<std::jthread> running;
    for (auto& of_thread : clients) {
      running.emplace_back([&of_thread, draws] {
        for (int k = 0; k < draws_of_thread; ++k) of_thread.draw(*draws);
      });
      attended += draws_of_thread * of_thread.attended();
    }
  }
  state.SetItemsProcessed(attended);
  state.SetLabel("client-session");
}

//! The two-arm trial that power packages were timed on: 2 x 6 therapists x 10 clients x (intake and 10 sessions).
void trial(benchmark::State& state) {
  run_replications(state,
                   study_of("three-level-rct", {"design.therapists=6", "design.caseload=10", "design.sessions=10",
                                                "analyses.growth.truth={}"}),
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
    RegisterBenchmark(("study/scenario/" + name).c_str(), on_one_thread, name)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime();
  }
  for (int const threads : thread_numbers()) {
    RegisterBenchmark(("study/threads/" + std::to_string(threads)).c_str(), on_threads, threads)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  for (int const threads : thread_numbers()) {
    if (draws().empty()) break;
    RegisterBenchmark(("study/threads that only draw/" + std::to_string(threads)).c_str(), draw_on_threads, draws().back(),
                      threads)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  RegisterBenchmark("study/trial/2 x 6 therapists x 10 clients x 11 measurements", trial)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
}

}  // namespace bordin::benchmarks
