#include "core/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace bordin {
namespace {

//! The distribution's oneTBB is not compiled for the thread sanitizer, which therefore cannot see that the loop begins
//! after the caller made it ready and ends before the caller goes on. Marks tell it that, and nothing more: two units of
//! work stay unordered in its eyes.
struct Mark {
#if defined(__SANITIZE_THREAD__)
  void set() {
    __tsan_release(this);
  }
  void heed() {
    __tsan_acquire(this);
  }
#else
  void set() {}
  void heed() {}
#endif
  char address = 0;
};
Mark made_ready;
Mark went_through;

struct Finished {
  std::shared_ptr<void> result;
  std::exception_ptr error;
};

Finished attempt(std::function<std::shared_ptr<void>(std::size_t)> const& work, std::size_t index) {
  Finished finished;
  try {
    finished.result = work(index);
  } catch (...) {
    finished.error = std::current_exception();
  }
  return finished;
}

//! The three stages of one ordered_parallel() and what they share.
class Line {
 public:
  using Work = std::function<std::shared_ptr<void>(std::size_t)>;
  using Deliver = std::function<void(std::size_t, std::shared_ptr<void>)>;

  Line(std::size_t count, std::size_t waiting_room, RunControl& control, Work const& work, Deliver const& deliver)
      : count_(count), control_(control), work_(work), deliver_(deliver), waiting_(waiting_room) {}

  std::size_t hand_out(tbb::flow_control& flow) {
    std::lock_guard const lock(mutex_);
    if (next_ == count_ || control_.stop.load()) flow.stop();
    return next_++;
  }

  std::size_t do_work(std::size_t index) {
    Finished finished = attempt(work_, index);
    std::lock_guard const lock(mutex_);
    waiting_[index % waiting_.size()] = std::move(finished);
    went_through.set();
    return index;
  }

  void hand_in(std::size_t index) {
    Finished const finished = take(index);
    if (!finished.result && !finished.error) return;  // an earlier one failed
    try {
      if (finished.error) std::rethrow_exception(finished.error);
      deliver_(index, finished.result);
      note(nullptr);
    } catch (...) {
      note(std::current_exception());
    }
    went_through.set();
  }

  std::size_t delivered() {
    std::lock_guard const lock(mutex_);
    if (first_error_) std::rethrow_exception(first_error_);
    return delivered_;
  }

 private:
  Finished take(std::size_t index) {
    std::lock_guard const lock(mutex_);
    return first_error_ ? Finished{} : std::exchange(waiting_[index % waiting_.size()], {});
  }

  void note(std::exception_ptr const& error) {
    std::lock_guard const lock(mutex_);
    if (error) {
      first_error_ = error;
      control_.stop.store(true);
    } else {
      ++delivered_;
    }
  }

  std::size_t count_;
  RunControl& control_;
  Work const& work_;
  Deliver const& deliver_;

  std::mutex mutex_;               // of everything below
  std::vector<Finished> waiting_;  // result i waits at i modulo the size until it is its turn
  std::size_t next_ = 0;
  std::size_t delivered_ = 0;
  std::exception_ptr first_error_;
};

}  // namespace

int thread_count(int threads) {
  return threads > 0 ? threads : tbb::info::default_concurrency();
}

std::size_t detail::ordered_parallel_any(std::size_t count, int threads, RunControl& control,
                                         std::function<std::shared_ptr<void>(std::size_t)> const& work,
                                         std::function<void(std::size_t, std::shared_ptr<void>)> const& deliver) {
  int const workers = thread_count(threads);
  std::size_t const waiting_room = static_cast<std::size_t>(workers) * 3;
  Line line(count, waiting_room, control, work, deliver);
  auto const hand_out = [&](tbb::flow_control& flow) {
    made_ready.heed();
    return line.hand_out(flow);
  };
  auto const do_work = [&](std::size_t index) {
    made_ready.heed();
    return line.do_work(index);
  };
  auto const hand_in = [&](std::size_t index) {
    made_ready.heed();
    line.hand_in(index);
  };

  // An explicit arena, and room for it: neither the number of cores nor a process-wide limit set elsewhere must decide how
  // many threads this call gets.
  tbb::global_control const room(tbb::global_control::max_allowed_parallelism,
                                 static_cast<std::size_t>(std::max(workers, tbb::info::default_concurrency())));
  tbb::task_arena arena(workers);
  made_ready.set();
  arena.execute([&] {
    tbb::parallel_pipeline(waiting_room,
                           tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, hand_out) &
                               tbb::make_filter<std::size_t, std::size_t>(tbb::filter_mode::parallel, do_work) &
                               tbb::make_filter<std::size_t, void>(tbb::filter_mode::serial_in_order, hand_in));
  });
  went_through.heed();
  return line.delivered();
}

}  // namespace bordin
