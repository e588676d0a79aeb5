#include "analysis/risk_sets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

struct Times {
  VectorXd time;
  VectorXd event;
};

template <class Draw>
Times drawn(Index rows, unsigned seed, Draw const& draw) {
  std::mt19937 random(seed);
  Times out{VectorXd(rows), VectorXd(rows)};
  for (Index i = 0; i < rows; ++i) {
    out.time[i] = draw(random);
    out.event[i] = random() % 2 == 0 ? 1 : 0;
  }
  return out;
}

// By time, events before censorings, rows in their order.
std::vector<std::int32_t> plainly_ordered(Times const& times) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(times.time.size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::tuple(times.time[a], -times.event[a], a) < std::tuple(times.time[b], -times.event[b], b);
  });
  return order;
}

void expect_right(Times const& times) {
  RiskSets sets;
  sets.sort(times.time, times.event);
  ASSERT_EQ(sets.order(), plainly_ordered(times));
  EXPECT_EQ(static_cast<double>(sets.events()), times.event.sum());
  std::size_t events = 0;
  for (std::size_t g = 0; g < sets.event_times().size(); ++g) {
    auto const [first, count] = sets.event_times()[g];
    double const now = times.time[sets.order()[first]];
    EXPECT_EQ(static_cast<Index>(sets.order().size() - first), (times.time.array() >= now).count());
    EXPECT_EQ(static_cast<Index>(count), (times.time.array() == now && times.event.array() == 1).count());
    EXPECT_EQ(sets.end(g), g + 1 < sets.event_times().size() ? sets.event_times()[g + 1].first : sets.order().size());
    events += count;
  }
  EXPECT_EQ(events, sets.events());
}

TEST(RiskSets, AreRightForEveryKindOfTimes) {
  for (Index const rows : {1, 2, 7, 200}) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      expect_right(drawn(rows, seed, [](auto& random) { return 1 + static_cast<double>(random() % 20); }));
      expect_right(drawn(rows, seed, [](auto& random) { return std::normal_distribution<double>()(random); }));
      expect_right(
          drawn(rows, seed, [](auto& random) { return std::exp(100 * std::normal_distribution<double>()(random)); }));
      expect_right(drawn(rows, seed, [](auto& random) { return 1e15 + static_cast<double>(random() % 3); }));
      expect_right(drawn(rows, seed, [](auto& random) { return 5e-324 * static_cast<double>(random() % 3); }));
      expect_right(drawn(rows, seed, [](auto& random) { return random() % 2 == 0 ? 1.7e308 : -1.7e308; }));
      expect_right(drawn(rows, seed, [](auto&) { return 3; }));
    }
  }
}

TEST(RiskSets, OfNobodyAreNone) {
  RiskSets sets;
  sets.sort(VectorXd(0), VectorXd(0));
  EXPECT_TRUE(sets.order().empty());
  EXPECT_TRUE(sets.event_times().empty());
  EXPECT_EQ(sets.events(), 0U);
}

TEST(RiskSets, SortingAgainDoesNotAllocate) {
  if (!testing::counts_allocations) GTEST_SKIP() << "allocations are not counted here";
  auto const whole = drawn(500, 1, [](auto& random) { return static_cast<double>(random() % 9); });
  auto const other = drawn(400, 1, [](auto& random) { return std::exp(9 * std::normal_distribution<double>()(random)); });
  RiskSets sets;
  sets.sort(whole.time, whole.event);
  auto const before = testing::allocations();
  sets.sort(other.time, other.event);
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
