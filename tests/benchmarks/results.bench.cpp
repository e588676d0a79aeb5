#include <filesystem>
#include <variant>
#include <vector>

#include "benchmarks/suites.hpp"
#include "results/reader.hpp"
#include "results/small_run.hpp"
#include "results/writer.hpp"

namespace bordin::benchmarks {
namespace {

constexpr std::uint32_t replications = 20;

//! A run with everything kept, all of it in memory, so that only the file is timed.
struct Run {
  Study study = study_of("early-alliance");
  RunOptions options{.replications = replications, .keep = KeepData::full};
  std::vector<Replication> done;

  Run() {
    for (std::uint32_t r = 0; r < replications; ++r) done.push_back(study.replicate(options.seed, r, options.keep));
  }
  void write(std::string const& path) const {
    ResultsWriter writer(path, true);
    writer.begin(study, options);
    for (auto const& replication : done) writer.accept(replication);
    writer.finish(replications, {}, {});
  }
};

std::int64_t bytes_of(Table const& table) {
  std::size_t bytes = 0;
  for (auto const& column : table.columns())
    bytes += std::visit([](auto const& values) { return values.size() * sizeof values[0]; }, column.values);
  return static_cast<std::int64_t>(bytes);
}

std::int64_t bytes_of(Run const& run) {
  std::int64_t bytes = 0;
  for (auto const& replication : run.done) {
    auto const& data = *replication.data;
    for (auto const* table : {&data.therapists, &data.clients, &data.sessions, &data.truth_therapists, &data.truth_clients,
                              &data.truth_sessions})
      bytes += bytes_of(*table);
  }
  return bytes;
}

void say(benchmark::State& state, Run const& run, std::string const& path) {
  state.SetBytesProcessed(state.iterations() * bytes_of(run));
  state.SetLabel("byte");
  state.counters["file_bytes"] = static_cast<double>(std::filesystem::file_size(path));
}

void write_run(benchmark::State& state) {
  TemporaryFolder const folder;
  auto const path = folder.file("run.h5");
  Run const run;
  for (auto _ : state) run.write(path);
  say(state, run, path);
}

void read_run(benchmark::State& state) {
  TemporaryFolder const folder;
  auto const path = folder.file("run.h5");
  Run const run;
  run.write(path);
  for (auto _ : state) {
    ResultsFile const file(path);
    for (auto const number : file.kept_replications()) benchmark::DoNotOptimize(file.data(number));
  }
  say(state, run, path);
}

}  // namespace

void add_results() {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark("results/HDF5/write", write_run)->Unit(benchmark::kMillisecond)->UseRealTime();
  RegisterBenchmark("results/HDF5/read", read_run)->Unit(benchmark::kMillisecond)->UseRealTime();
}

}  // namespace bordin::benchmarks
