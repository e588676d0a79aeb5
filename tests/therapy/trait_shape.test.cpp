#include "therapy/trait_shape.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/monte_carlo.hpp"
#include "therapy/people.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr std::array all_shapes{TraitShape::normal, TraitShape::skewed, TraitShape::heavy_tailed, TraitShape::two_kinds};

//! Mean of statistic(x) by the trapezoidal rule over the standard normal number, both kinds equally often.
template <class Statistic>
double expectation(TraitShape shape, Statistic const& statistic) {
  TraitShaper const shaper(shape);
  double sum = 0, weight = 0;
  for (int k = -1200; k <= 1200; ++k) {
    double const z = k / 100.0;
    double const density = std::exp(-z * z / 2);
    auto const n = static_cast<float>(z);
    auto const x = shaper({n, n, n, n}, {0, 0xFFFFFFFFU, 0, 0xFFFFFFFFU});
    for (float const one : x) {
      sum += density * statistic(static_cast<double>(one));
      weight += density;
    }
  }
  return sum / weight;
}

double power(TraitShape shape, int k) {
  return expectation(shape, [k](double x) { return std::pow(x, k); });
}

TEST(TraitShape, EveryShapeHasMean0AndSd1) {
  for (auto const shape : all_shapes) {
    EXPECT_NEAR(power(shape, 1), 0, 1e-5);
    EXPECT_NEAR(power(shape, 2), 1, 1e-5);
  }
}

TEST(TraitShape, SkewnessAndKurtosisAreThoseItIsNamedAfter) {
  EXPECT_NEAR(power(TraitShape::normal, 3), 0, 1e-5);
  EXPECT_NEAR(power(TraitShape::normal, 4), 3, 1e-4);
  EXPECT_NEAR(power(TraitShape::skewed, 3), -1, 1e-3);
  EXPECT_NEAR(power(TraitShape::heavy_tailed, 3), 0, 1e-4);
  EXPECT_NEAR(power(TraitShape::heavy_tailed, 4), 6, 1e-2);
  EXPECT_NEAR(power(TraitShape::two_kinds, 3), 0, 1e-5);
  // d SDs from the middle: (3 + 6 d^2 + d^4) / (1 + d^2)^2
  EXPECT_NEAR(power(TraitShape::two_kinds, 4), (3 + 6 * 2.25 + 2.25 * 2.25) / (3.25 * 3.25), 1e-4);
}

TEST(TraitShape, TwoKindsHaveTwoModesAndTheOthersOne) {
  auto const share = [](TraitShape shape, double from, double to) {
    return expectation(shape, [=](double x) { return std::abs(x) >= from && std::abs(x) < to ? 1.0 : 0.0; }) / (to - from);
  };
  for (auto const shape : all_shapes) {
    bool const fewer_in_the_middle = share(shape, 0, 0.25) < share(shape, 0.7, 0.95);
    EXPECT_EQ(fewer_in_the_middle, shape == TraitShape::two_kinds);
  }
}

TEST(TraitShape, TheKindsAreEquallyFrequentAndDrawnApartFromTheNumbers) {
  TraitShaper const shaper(TraitShape::two_kinds);
  EXPECT_TRUE(shaper.needs_lots());
  EXPECT_FALSE(TraitShaper(TraitShape::skewed).needs_lots());
  Randomness const random(1, 0);
  Moments high;
  for (std::uint32_t j = 1; j <= 20'000; ++j) {
    auto const kind = shaper({0, 0, 0, 0}, random.of_therapist({.arm = 1, .place = j}, Purpose::trait_kind));
    for (float const x : kind) high.add(x > 0 ? 1.0 : 0.0);
  }
  EXPECT_LT(std::abs(high.mean() - 0.5) / high.se(), 4);
}

TEST(TraitShape, CorrelationsAndVariancesAreKeptWithEveryShape) {
  for (auto const shape : all_shapes) {
    TherapistParameters therapists;
    therapists.ability_direct_correlation = 0.4;
    therapists.ability_severity_correlation = -0.5;
    therapists.severity_sd = 0.3;
    therapists.distribution = shape;
    ClientParameters clients;
    clients.alliance_severity_correlation = -0.4;
    clients.severity_change_correlation = 0.5;
    clients.distribution = shape;
    People const people(therapists, clients, {}, 0.2);
    std::vector<double> ability_direct, ability_severity, ability_squared, prospects_severity, severity_change, direct;
    auto const product = [](float a, float b) { return static_cast<double>(a) * static_cast<double>(b); };
    for (std::uint32_t j = 1; j <= 60'000; ++j) {
      auto const t = people.therapist(Randomness(2, 0), {.arm = 1, .place = j});
      auto const c = people.client(Randomness(2, 0), {.home = {.arm = 1, .place = 1}, .place = j});
      ability_direct.push_back(product(t.ability, t.direct));
      ability_severity.push_back(product(t.ability, t.severity));
      ability_squared.push_back(product(t.ability, t.ability));
      direct.push_back(static_cast<double>(t.direct));
      prospects_severity.push_back(product(c.prospects, c.severity));
      severity_change.push_back(product(c.severity, c.change));
    }
    double const severity = 1 - 0.2 - 0.3 * 0.3;  // its variance: what fluctuation and selection leave
    EXPECT_LT(mean_of(ability_direct).z(0.4 * 0.3 * 0.3), 4);
    EXPECT_GT(mean_of(ability_direct).z(0.3 * 0.3 * 0.3), 4);
    EXPECT_LT(mean_of(ability_severity).z(-0.5 * 0.3 * 0.3), 4);
    EXPECT_LT(mean_of(ability_squared).z(0.09), 4);
    EXPECT_LT(mean_of(direct).z(0), 4);
    EXPECT_LT(mean_of(prospects_severity).z(-0.4 * std::sqrt(0.695 * severity)), 4);
    EXPECT_LT(mean_of(severity_change).z(0.5 * std::sqrt(severity) * clients.change_sd), 4);
  }
}

}  // namespace
}  // namespace bordin
