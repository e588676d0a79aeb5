#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace bordin {

//! What goes on between a long computation and whoever waits for it; both sides may be on any thread.
struct RunControl {
  std::atomic<bool> stop{false};         //!< set it to stop soon; everything finished by then is kept
  std::atomic<std::size_t> finished{0};  //!< units of work done so far, counted by whoever delivers them
};

//! Number of threads meant by `threads`: 0 = all cores.
int thread_count(int threads);

//! Calls work(i) for i in [0, count) on `threads` threads and deliver(i, result) in order of i, one at a time, while later
//! work goes on. At most a few results per thread wait, so memory does not grow with count. The first exception in order
//! of i is rethrown, after everything before it was delivered. Returns how many were delivered: fewer than `count` only
//! when control.stop was set.
template <class Result>
std::size_t ordered_parallel(std::size_t count, int threads, RunControl& control,
                             std::function<Result(std::size_t)> const& work,
                             std::function<void(std::size_t, Result&&)> const& deliver);

namespace detail {

std::size_t ordered_parallel_any(std::size_t count, int threads, RunControl& control,
                                 std::function<std::shared_ptr<void>(std::size_t)> const& work,
                                 std::function<void(std::size_t, std::shared_ptr<void>)> const& deliver);

}  // namespace detail

template <class Result>
std::size_t ordered_parallel(std::size_t count, int threads, RunControl& control,
                             std::function<Result(std::size_t)> const& work,
                             std::function<void(std::size_t, Result&&)> const& deliver) {
  return detail::ordered_parallel_any(
      count, threads, control, [&](std::size_t i) -> std::shared_ptr<void> { return std::make_shared<Result>(work(i)); },
      [&](std::size_t i, std::shared_ptr<void> const& result) {
        deliver(i, std::move(*static_cast<Result*>(result.get())));
      });
}

}  // namespace bordin
