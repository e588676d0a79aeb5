#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>

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

//! Replications from `first` to before `end`, in order.
void run_until(Study const& study, RunOptions const& options, std::uint32_t first, std::uint32_t end, RunControl& control,
               std::function<void(Batch&&)> const& accept) {
  std::uint32_t const batch = study.world().batch();
  auto const work = [&](std::size_t b) {
    auto const begin = first + static_cast<std::uint32_t>(b) * batch;
    return study.replicate(options.seed, begin, std::min(batch, end - begin), options.keep);
  };
  auto const deliver = [&](std::size_t, Batch&& done) { accept(std::move(done)); };
  ordered_parallel<Batch>((std::size_t{end - first} + batch - 1) / batch, options.threads, control, work, deliver);
}

}  // namespace

std::uint32_t next_look(std::uint32_t after, std::uint32_t most) {
  constexpr std::uint64_t first = 500;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(std::max(first, std::uint64_t{after} * 2), most));
}

RunResult run_study(Study const& study, RunOptions const& options, RunControl& control, Sink& sink,
                    std::string const& disk_path) {
  refuse_too_large(study, options, disk_path);
  RunResult result;
  result.facts.started = now_utc();
  result.facts.threads = thread_count(options.threads);
  auto const start = std::chrono::steady_clock::now();

  PerformanceTally tally(study, true_values(study, options.threads, control));
  sink.begin(study, options);
  auto const accept = [&](Batch&& done) {
    for (auto const& replication : done.replications) {
      tally.add(replication.estimates);
      sink.accept(replication);
      ++result.replications;
      control.finished.fetch_add(1);
    }
    if (done.error) std::rethrow_exception(done.error);
  };
  bool const looks = options.until_half_width > 0;
  for (result.looks = 0; !result.complete; ++result.looks) {
    auto const end = looks ? next_look(result.replications, options.replications) : options.replications;
    run_until(study, options, result.replications, end, control, accept);
    if (result.replications < end) break;
    result.complete = end == options.replications || tally.widest_half_width() <= options.until_half_width;
  }

  result.performance = tally.rows();
  result.facts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (looks && result.complete) result.facts.planned = result.replications;
  sink.finish(result.replications, result.performance, result.facts);
  return result;
}

}  // namespace bordin
