#include "core/parallel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bordin {
namespace {

using Work = std::function<std::size_t(std::size_t)>;
using Deliver = std::function<void(std::size_t, std::size_t&&)>;

//! Takes longer for some numbers than for others, so that they finish in another order than they began.
std::size_t uneven(std::size_t i) {
  std::this_thread::sleep_for(std::chrono::microseconds(i % 7 == 0 ? 300 : 10));
  return i * i;
}

TEST(OrderedParallel, DeliversEveryResultInOrderOnAnyNumberOfThreads) {
  for (int const threads : {0, 1, 2, 7}) {
    RunControl control;
    std::vector<std::size_t> got;
    auto const delivered =
        ordered_parallel<std::size_t>(500, threads, control, Work(uneven), Deliver([&](std::size_t i, std::size_t&& value) {
                                        EXPECT_EQ(i, got.size());
                                        got.push_back(value);
                                      }));
    EXPECT_EQ(delivered, 500U) << threads << " threads";
    ASSERT_EQ(got.size(), 500U);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], i * i);
  }
}

TEST(OrderedParallel, OfNothingIsNothing) {
  RunControl control;
  Deliver const deliver = [](std::size_t, std::size_t&&) { FAIL(); };
  EXPECT_EQ(ordered_parallel<std::size_t>(0, 2, control, Work(uneven), deliver), 0U);
}

TEST(OrderedParallel, MovesResultsThatCannotBeCopied) {
  RunControl control;
  std::size_t sum = 0;
  ordered_parallel<std::unique_ptr<std::size_t>>(
      100, 3, control, [](std::size_t i) { return std::make_unique<std::size_t>(i); },
      [&](std::size_t, std::unique_ptr<std::size_t>&& value) { sum += *value; });
  EXPECT_EQ(sum, 4950U);
}

TEST(OrderedParallel, DeliversOneAtATime) {
  RunControl control;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  ordered_parallel<std::size_t>(200, 7, control, Work([](std::size_t i) { return i; }),
                                Deliver([&](std::size_t, std::size_t&&) {
                                  most = std::max(most.load(), ++inside);
                                  std::this_thread::sleep_for(std::chrono::microseconds(50));
                                  --inside;
                                }));
  EXPECT_EQ(most.load(), 1);
}

TEST(OrderedParallel, RethrowsTheFirstExceptionInOrderAfterAllBeforeItWasDelivered) {
  for (int const threads : {1, 2, 7}) {
    RunControl control;
    std::size_t delivered = 0;
    Work const work = [](std::size_t i) -> std::size_t {
      if (i >= 57 && i % 2 == 1) throw std::runtime_error(std::to_string(i));  // 57, and later ones that may finish earlier
      return uneven(i);
    };
    try {
      ordered_parallel<std::size_t>(1000, threads, control, work,
                                    Deliver([&](std::size_t, std::size_t&&) { ++delivered; }));
      FAIL() << "nothing thrown";
    } catch (std::runtime_error const& error) {
      EXPECT_STREQ(error.what(), "57") << threads << " threads";
    }
    EXPECT_EQ(delivered, 57U);
  }
}

TEST(OrderedParallel, RethrowsWhatDeliveringThrowsAndDeliversNoMore) {
  RunControl control;
  std::size_t delivered = 0;
  Deliver const deliver = [&](std::size_t i, std::size_t&&) {
    if (i == 20) throw std::runtime_error("disk full");
    ++delivered;
  };
  EXPECT_THROW(ordered_parallel<std::size_t>(1000, 3, control, Work(uneven), deliver), std::runtime_error);
  EXPECT_EQ(delivered, 20U);
}

TEST(OrderedParallel, StopsSoonAndKeepsWhatIsFinished) {
  for (int const threads : {1, 2, 7}) {
    RunControl control;
    std::vector<std::size_t> got;
    auto const delivered =
        ordered_parallel<std::size_t>(100'000, threads, control, Work(uneven), Deliver([&](std::size_t i, std::size_t&&) {
                                        got.push_back(i);
                                        if (i == 30) control.stop = true;
                                      }));
    EXPECT_EQ(delivered, got.size());
    EXPECT_GT(delivered, 30U);
    EXPECT_LT(delivered, 31U + 3 * 7) << threads << " threads";  // those under way are finished
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], i);
  }
}

TEST(OrderedParallel, DoesNothingWhenStoppedBefore) {
  RunControl control;
  control.stop = true;
  Deliver const deliver = [](std::size_t, std::size_t&&) { FAIL(); };
  EXPECT_EQ(ordered_parallel<std::size_t>(10, 2, control, Work(uneven), deliver), 0U);
}

TEST(OrderedParallel, FewResultsWaitHoweverSlowTheDelivery) {
  constexpr int threads = 2;
  RunControl control;
  std::atomic<int> alive{0};
  std::atomic<int> most{0};
  Work const work = [&](std::size_t i) {
    most = std::max(most.load(), ++alive);
    return i;
  };
  Deliver const deliver = [&](std::size_t, std::size_t&&) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    --alive;
  };
  ordered_parallel<std::size_t>(300, threads, control, work, deliver);
  EXPECT_LE(most.load(), 3 * threads);
}

TEST(OrderedParallel, WorksInsideItself) {
  RunControl outer_control;
  std::size_t sum = 0;
  Work const work = [](std::size_t i) {
    RunControl control;
    std::size_t inner = 0;
    ordered_parallel<std::size_t>(10, 2, control, Work([i](std::size_t k) { return i + k; }),
                                  Deliver([&](std::size_t, std::size_t&& value) { inner += value; }));
    return inner;
  };
  ordered_parallel<std::size_t>(10, 2, outer_control, work,
                                Deliver([&](std::size_t, std::size_t&& value) { sum += value; }));
  EXPECT_EQ(sum, 900U);
}

TEST(OrderedParallel, ZeroThreadsMeansAllCores) {
  EXPECT_EQ(thread_count(3), 3);
  EXPECT_GE(thread_count(0), 1);
}

}  // namespace
}  // namespace bordin
