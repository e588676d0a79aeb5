#include "study/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/errors.hpp"
#include "core/machine.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

constexpr double base_memory = 50e6;       // program, libraries, buffers
constexpr double base_disk = 300e3;        // what HDF5 needs to describe a hundred columns, and their half-filled chunks
constexpr double datasets_per_thread = 3;  // as many results may wait to be written in order
constexpr double drawn_part = 1.0;         // what was drawn, before it becomes the variables of a data set
constexpr double fitting_part = 1.0;       // columns of an analysis, its design matrix

std::size_t kept(RunOptions const& options) {
  switch (options.keep) {
    case KeepData::none:
      return 0;
    case KeepData::first:
      return 1;
    default:
      return options.replications;
  }
}

double stored_bytes(Study const& study, bool truth) {
  auto const row_bytes = [](Table const& table) {
    double bytes = 0;
    for (auto const& column : table.columns())
      bytes += std::visit(
          [](auto const& v) { return static_cast<double>(sizeof(typename std::decay_t<decltype(v)>::value_type)); },
          column.values);
    return bytes;
  };
  auto const& layout = study.layout();
  double const clients = study.world().expected_clients();
  double const rows = clients * static_cast<double>(study.world().calendar().occasions());
  double bytes = clients * row_bytes(layout.clients) + rows * row_bytes(layout.sessions);
  if (truth) bytes += clients * row_bytes(layout.truth_clients) + rows * row_bytes(layout.truth_sessions);
  return bytes;
}

}  // namespace

Needs needs_of(Study const& study, RunOptions const& options) {
  double const threads = static_cast<double>(std::min<std::int64_t>(thread_count(options.threads), options.replications));
  double const held = options.keep == KeepData::observed || options.keep == KeepData::full ? datasets_per_thread : 1.0;
  Needs needs;
  double const together = static_cast<double>(std::min(study.world().batch(), options.replications));
  needs.memory = base_memory + threads * together * (drawn_part + held + fitting_part) * study.world().bytes_per_dataset();
  constexpr double columns = 7;
  double estimates = 0;
  for (auto const& analysis : study.analyses())
    estimates += columns * sizeof(double) * static_cast<double>(analysis.terms().size()) + 1;
  bool const truth = options.keep == KeepData::first || options.keep == KeepData::full;
  needs.disk =
      base_disk + estimates * options.replications + static_cast<double>(kept(options)) * stored_bytes(study, truth);
  return needs;
}

void refuse_too_large(Study const& study, RunOptions const& options, std::string const& disk_path) {
  auto const needs = needs_of(study, options);
  double const memory = available_memory();
  if (needs.memory > memory) {
    throw ResourceError(fmt::format(
        "this study needs about {} of memory (one data set has {:.4g} clients) and {} are free. Use fewer clients "
        "or sessions, or fewer threads (--threads 1 needs {})",
        bytes_text(needs.memory), study.world().expected_clients(), bytes_text(memory),
        bytes_text(base_memory + (needs.memory - base_memory) / thread_count(options.threads))));
  }
  if (disk_path.empty()) return;
  double const disk = available_disk(disk_path);
  if (needs.disk > disk) {
    throw ResourceError(fmt::format(
        "the results will take about {} on disk and {} are free where {} is to be. Keep less (--data none), use "
        "fewer replications, or write somewhere else",
        bytes_text(needs.disk), bytes_text(disk), disk_path));
  }
}

Scenario with_fewer_people(Scenario scenario, double most_client_sessions) {
  double const clients = World(scenario.therapy, scenario.design, scenario.arms, scenario.instruments).expected_clients();
  double const most = std::max(20.0, most_client_sessions / static_cast<double>(scenario.design.sessions));
  if (clients <= most) return scenario;
  double const scale = clients / most;
  auto const fewer = [scale](std::int64_t n) {
    return std::max<std::int64_t>(2, std::llround(static_cast<double>(n) / scale));
  };
  auto const bounded = [most](Caseload const& caseload) {
    return Caseload(std::max<std::int64_t>(1, std::llround(std::min(caseload.mean(), most / 2))));
  };
  scenario.design.therapists = fewer(scenario.design.therapists);
  scenario.design.caseload = bounded(scenario.design.caseload);
  for (auto& arm : scenario.arms) {
    if (arm.clients) arm.clients = fewer(*arm.clients);
    if (arm.caseload.kind() == Caseload::Kind::unset) continue;
    arm.therapists = fewer(*arm.therapists);
    arm.caseload = bounded(arm.caseload);
  }
  return scenario;
}

double measured_seconds(Study const& study) {
  constexpr double most_client_sessions = 60'000;
  Study const sample(with_fewer_people(study.scenario(), most_client_sessions));
  std::uint32_t const together = sample.world().batch();
  auto const seconds = [&](std::uint32_t batch) {
    auto const start = std::chrono::steady_clock::now();
    static_cast<void>(sample.replicate(1, batch * together, together, KeepData::none));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / together;
  };
  static_cast<void>(seconds(0));  // the first one warms caches
  double const scale = study.world().expected_clients() / std::max(1.0, sample.world().expected_clients());
  return scale * std::min({seconds(1), seconds(2), seconds(3)});
}

}  // namespace bordin
