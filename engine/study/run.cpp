#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "core/errors.hpp"
#include "core/machine.hpp"
#include "core/text.hpp"
#include "study/performance.hpp"
#include "study/resources.hpp"

namespace bordin {
namespace {

std::string now_utc() {
  std::time_t const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[sizeof "2000-01-01T00:00:00Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

RunResult run_study(Study const& study, RunOptions const& options, RunControl& control, Sink& sink,
                    std::string const& disk_path) {
  refuse_too_large(study, options, disk_path);
  RunResult result;
  result.facts.started = now_utc();
  result.facts.threads = thread_count(options.threads);
  auto const start = std::chrono::steady_clock::now();

  PerformanceTally tally(study, true_values(study, options.threads, control));
  sink.begin(study, options);
  std::uint32_t const batch = study.world().batch();
  auto const work = [&](std::size_t b) {
    auto const first = static_cast<std::uint32_t>(b) * batch;
    return study.replicate(options.seed, first, std::min(batch, options.replications - first), options.keep);
  };
  auto const deliver = [&](std::size_t, Batch&& done) {
    for (auto const& replication : done.replications) {
      tally.add(replication.estimates);
      sink.accept(replication);
      ++result.replications;
      control.finished.fetch_add(1);
    }
    if (done.error) std::rethrow_exception(done.error);
  };
  std::size_t const batches = (std::size_t{options.replications} + batch - 1) / batch;
  ordered_parallel<Batch>(batches, options.threads, control, work, deliver);

  result.performance = tally.rows();
  result.facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  sink.finish(result.replications, result.performance, result.facts);
  return result;
}

}  // namespace bordin
