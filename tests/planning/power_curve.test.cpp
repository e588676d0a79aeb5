#include "planning/power_curve.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <random>

namespace bordin {
namespace {

double cdf(double z) {
  return boost::math::cdf(boost::math::normal_distribution<double>(), z);
}

//! Tests of power Phi(a + b g) at each g, whose replications share the part `shared` of their luck's variance.
std::vector<Decisions> simulated(std::vector<double> const& g, double a, double b, double shared, int replications,
                                 unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<Decisions> all(g.size());
  for (int r = 0; r < replications; ++r) {
    double const common = normal(engine);
    for (std::size_t k = 0; k < g.size(); ++k) {
      double const luck = std::sqrt(shared) * common + std::sqrt(1 - shared) * normal(engine);
      all[k].add(luck < a + b * g[k] ? Decision::rejected : Decision::retained);
    }
  }
  return all;
}

PowerCurve curve_of(std::vector<double> const& g, std::vector<Decisions> const& all) {
  std::vector<PowerCurve::Point> points;
  for (std::size_t k = 0; k < g.size(); ++k) points.push_back({.g = g[k], .decisions = &all[k]});
  return PowerCurve(points);
}

TEST(PowerCurve, IntervalsHoldTheRootAsOftenAsTheySay) {
  std::vector<double> const g{3, 3.5, 4};
  double const a = -2, b = 0.8, wanted = 0.8, root = (0.8416212335729143 - a) / b;
  int held = 0;
  constexpr int runs = 1000;
  for (int run = 0; run < runs; ++run) {
    auto const all = simulated(g, a, b, 0.7, 500, static_cast<unsigned>(run));
    auto const curve = curve_of(g, all);
    ASSERT_TRUE(curve.exists());
    auto const [low, high] = curve.interval(wanted, 0, 20);
    if (low <= root && root <= high) ++held;
  }
  EXPECT_NEAR(held / double{runs}, 0.95, 4 * std::sqrt(0.95 * 0.05 / runs));
}

TEST(PowerCurve, SharedLuckIsInTheInterval) {
  // Points that stand and fall together say little about the slope beyond the first; as independent ones they would say
  // more.
  std::vector<double> const g{3, 4};
  auto const together = simulated(g, -2, 0.8, 0.95, 4000, 1);
  auto const apart = simulated(g, -2, 0.8, 0, 4000, 1);
  auto const width = [&](auto const& all) {
    auto const [low, high] = curve_of(g, all).interval(0.8, 0, 20);
    return high - low;
  };
  EXPECT_GT(width(together), 1.1 * width(apart));
}

TEST(PowerCurve, ThroughTwoPointsIsExact) {
  std::vector<double> const g{1, 2};
  auto const all = simulated(g, -1, 1, 0.5, 1000, 3);
  auto const curve = curve_of(g, all);
  EXPECT_NEAR(curve.at(1), all[0].rejected().value, 1e-9);
  EXPECT_NEAR(curve.at(2), all[1].rejected().value, 1e-9);
  EXPECT_NEAR(curve.at(curve.root(0.77)), 0.77, 1e-12);
  EXPECT_NEAR(curve.root(cdf(0)), 1, 0.2);
}

TEST(PowerCurve, DoesNotExistWhereEverythingIsRejected) {
  std::vector<double> const g{1, 2};
  EXPECT_FALSE(curve_of(g, simulated(g, 50, 0, 0, 100, 1)).exists());
}

}  // namespace
}  // namespace bordin
