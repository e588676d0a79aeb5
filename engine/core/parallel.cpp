#include "core/parallel.hpp"

#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <exception>
#include <utility>

namespace bordin {
namespace {

struct Finished {
  std::size_t index = 0;
  std::shared_ptr<void> result;
  std::exception_ptr error;
};

Finished attempt(std::size_t index, std::function<std::shared_ptr<void>(std::size_t)> const& work) {
  Finished finished{.index = index, .result = nullptr, .error = nullptr};
  try {
    finished.result = work(index);
  } catch (...) {
    finished.error = std::current_exception();
  }
  return finished;
}

}  // namespace

int thread_count(int threads) {
  return threads > 0 ? threads : tbb::info::default_concurrency();
}

std::size_t detail::ordered_parallel_any(std::size_t count, int threads, RunControl& control,
                                         std::function<std::shared_ptr<void>(std::size_t)> const& work,
                                         std::function<void(std::size_t, std::shared_ptr<void>)> const& deliver) {
  int const workers = thread_count(threads);
  std::size_t next = 0;
  std::size_t delivered = 0;
  std::exception_ptr first_error;

  auto const hand_out = [&](tbb::flow_control& flow) -> std::size_t {
    if (next == count || control.stop.load()) {
      flow.stop();
      return 0;
    }
    return next++;
  };
  auto const hand_in = [&](Finished const& finished) {
    if (first_error) return;
    try {
      if (finished.error) std::rethrow_exception(finished.error);
      deliver(finished.index, finished.result);
      ++delivered;
      control.finished.fetch_add(1);
    } catch (...) {
      first_error = std::current_exception();
      control.stop.store(true);
    }
  };

  // An explicit arena: a process-wide limit set elsewhere must not decide how many threads this call gets.
  tbb::task_arena arena(workers);
  arena.execute([&] {
    tbb::parallel_pipeline(
        static_cast<std::size_t>(workers) * 3,
        tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, hand_out) &
            tbb::make_filter<std::size_t, Finished>(tbb::filter_mode::parallel,
                                                    [&](std::size_t index) { return attempt(index, work); }) &
            tbb::make_filter<Finished, void>(tbb::filter_mode::serial_in_order, hand_in));
  });
  if (first_error) std::rethrow_exception(first_error);
  return delivered;
}

}  // namespace bordin
