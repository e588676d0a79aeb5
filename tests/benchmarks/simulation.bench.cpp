#include <fmt/format.h>

#include <string>

#include "benchmarks/drawn_clients.hpp"
#include "benchmarks/suites.hpp"
#include "kernel/kernel.hpp"
#include "support/target.hpp"

namespace bordin::benchmarks {
namespace {

constexpr char const* scenario = "early-alliance";

void draw_only(benchmark::State& state, Draws const* draws) {
  DrawnClients clients;
  for (auto _ : state) clients.draw(*draws);
  state.SetItemsProcessed(clients.attended() * state.iterations());
  state.SetLabel("client-session");
}

void simulate_scenario(benchmark::State& state, std::string const& name) {
  simulate(state, study_of(name));
}

void simulate_on(benchmark::State& state, std::string const& target) {
  testing::Target const forced(target);
  simulate(state, study_of(scenario));
}

void tables_of_scenario(benchmark::State& state) {
  make_tables(state, study_of(scenario));
}

//! About as many clients in one data set.
void simulate_clients(benchmark::State& state) {
  constexpr int mean_caseload = 20;
  simulate(state, study_of(scenario, {fmt::format("design.therapists={}", state.range(0) / mean_caseload)}));
}

}  // namespace

void add_simulation() {
  auto const add = [](std::string const& name, auto const&... how) {
    return benchmark::RegisterBenchmark(name.c_str(), how...)->Unit(benchmark::kMillisecond);
  };
  for (auto const& entry : scenario_library()) {
    std::string const name(entry.name);
    add("simulation/scenario/" + name, simulate_scenario, name);
  }
  add("simulation/form/columns", simulate_scenario, scenario);
  add("simulation/form/tables", tables_of_scenario);
  add("simulation/implementation/scalar", simulate_on, "scalar");
  for (auto const* kernel : kernels())
    add(fmt::format("simulation/implementation/{}", kernel->name), simulate_on, kernel->name);
  for (auto const* one : draws()) {
    auto const group = fmt::format("simulation/bound/{}/", one->name);
    add(group + "drawing only", draw_only, one);
    add(group + scenario, simulate_on, one->name);
  }
  add("peers/early-alliance", simulate_clients)->Arg(1000)->Arg(200'000);
}

}  // namespace bordin::benchmarks
