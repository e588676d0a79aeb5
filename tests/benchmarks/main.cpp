#include <benchmark/benchmark.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/suites.hpp"
#include "core/machine.hpp"
#include "core/version.hpp"
#include "kernel/kernel.hpp"

namespace bordin::benchmarks {
namespace {

void add_facts() {
  benchmark::AddCustomContext("cpu", cpu_name());
  benchmark::AddCustomContext("compiler", compiler_name());
  benchmark::AddCustomContext("instruction_set", kernel_name());
  benchmark::AddCustomContext("bordin", version());
}

//! What this page of figures needs, first, so that what stands on the command line wins. Repetitions are spread over the
//! whole run: what else the machine does then disturbs all measurements alike.
std::vector<std::string> with_defaults(int argc, char** argv) {
  std::vector<std::string> arguments{"--benchmark_repetitions=5", "--benchmark_min_time=0.1",
                                     "--benchmark_enable_random_interleaving=true",
                                     "--benchmark_display_aggregates_only=true"};
  arguments.insert(arguments.begin(), argv[0]);
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  return arguments;
}

}  // namespace
}  // namespace bordin::benchmarks

int main(int argc, char** argv) {
  using namespace bordin::benchmarks;
  constexpr std::string_view write_to = "--write-trials=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(write_to)) {
    write_trials(argv[1] + write_to.size());
    return 0;
  }
  auto arguments = with_defaults(argc, argv);
  std::vector<char*> pointers;
  std::transform(arguments.begin(), arguments.end(), std::back_inserter(pointers), [](auto& text) { return text.data(); });
  auto count = static_cast<int>(pointers.size());

  add_facts();
  for (auto const add : {add_random, add_simulation, add_study, add_estimators, add_results, add_growth}) add();
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
