#include "design/instrument_presets.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "design/instruments.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

double reliable_change(double sd, double reliability) {
  return 1.96 * sd * std::sqrt(2 * (1 - reliability));
}

//! Jacobson & Truax 1991, criterion c: where both populations are equally many of their SDs away.
double cutoff_c(double clinical, double clinical_sd, double normal, double normal_sd) {
  return (normal_sd * clinical + clinical_sd * normal) / (normal_sd + clinical_sd);
}

//! What rounding and clipping make of a normally distributed score.
struct Norm {
  double mean = 0;
  double variance = 0;
};

Norm of_whole_points(InstrumentPreset const& preset) {
  boost::math::normal_distribution<double> const scores(preset.mean, preset.sd);
  double const lowest = preset.range->lowest;
  double const highest = preset.range->highest;
  double first = 0;
  double second = 0;
  for (double k = lowest; k <= highest; ++k) {
    double const up_to = k == highest ? 1 : cdf(scores, k + 0.5);
    double const from = k == lowest ? 0 : cdf(scores, k - 0.5);
    first += k * (up_to - from);
    second += k * k * (up_to - from);
  }
  return {.mean = first, .variance = second - first * first};
}

std::vector<double> pre_scores(std::string const& name) {
  Instrument instrument{.name = name};
  complete(instrument);
  Measure const measure(instrument, 0, {.sessions = 1});
  Randomness const random(5, 0);
  std::vector<double> scores;
  for (std::uint32_t i = 1; i <= 60'000; ++i) {
    ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = i};
    float const latent = normals(random.of_client(who, Purpose::client_traits))[0];
    scores.push_back(static_cast<double>(measure.symptom_score(random, who, {.symptoms = latent})));
  }
  return scores;
}

TEST(InstrumentPresets, PublishedReliableChangeFollowsFromSdAndReliabilityToWithinRounding) {
  int checked = 0;
  for (auto const& preset : instrument_presets()) {
    if (!preset.reliable_change) continue;
    // The manual of the OQ-45 takes the SD of people who are not in therapy.
    double const sd = std::string(preset.name) == "OQ-45" ? 18.57 : preset.sd;
    EXPECT_LT(std::abs(reliable_change(sd, preset.reliability) - *preset.reliable_change), 1) << preset.name;
    EXPECT_GT(std::abs(reliable_change(sd * 1.5, preset.reliability) - *preset.reliable_change), 1) << preset.name;
    ++checked;
  }
  EXPECT_EQ(checked, 6);
  EXPECT_NEAR(reliable_change(5.8, 0.89), 5.33, 0.01);   // PHQ-9
  EXPECT_NEAR(reliable_change(4.8, 0.92), 3.76, 0.01);   // GAD-7
  EXPECT_NEAR(reliable_change(10.5, 0.93), 7.70, 0.01);  // BDI-II
}

TEST(InstrumentPresets, CutoffsFollowFromTheNormsWhereBothAreKnown) {
  auto const expect = [](char const* name, double normal, double normal_sd) {
    auto const& preset = *preset_called(name);
    EXPECT_NEAR(cutoff_c(preset.mean, preset.sd, normal, normal_sd), *preset.cutoff, 2) << name;
  };
  expect("OQ-45", 45.19, 18.57);  // 62.4, published between 63 and 64
  expect("CORE-OM", 4.8, 4.3);
  expect("CORE-10", 4.7, 4.8);
  EXPECT_NEAR(cutoff_c(18.3, 7.1, 4.8, 4.3), 9.89, 0.01);
}

TEST(InstrumentPresets, SimulatedIntakeScoresHaveTheNorm) {
  for (auto const& preset : instrument_presets()) {
    if (preset.measures != Measures::symptoms || !preset.range) continue;
    auto const scores = pre_scores(preset.name);
    auto const norm = of_whole_points(preset);
    EXPECT_LT(mean_of(scores).z(norm.mean), 4) << preset.name;
    EXPECT_GT(mean_of(scores).z(norm.mean + 0.1 * preset.sd), 4) << preset.name;
    std::vector<double> squares;
    for (double const score : scores) squares.push_back((score - norm.mean) * (score - norm.mean));
    EXPECT_LT(mean_of(squares).z(norm.variance), 4) << preset.name;
    // Clipping to the range takes away little.
    EXPECT_NEAR(norm.mean, preset.mean, 0.05 * preset.sd) << preset.name;
    EXPECT_NEAR(std::sqrt(norm.variance), preset.sd, 0.05 * preset.sd) << preset.name;
  }
}

TEST(InstrumentPresets, SayWhereTheyComeFromAndKeepTheirPlaces) {
  auto const names = instrument_preset_names();
  std::vector<std::string> const first{"z-score", "CORE-OM", "WAI-SR", "alliance-z-score", "OQ-45",
                                       "CORE-10", "PHQ-9",   "GAD-7",  "BDI-II",           "WAI-SR items"};
  ASSERT_GE(names.size(), first.size());
  for (std::size_t k = 0; k < first.size(); ++k) EXPECT_EQ(names[k], first[k]) << "the place numbers random numbers";
  for (auto const& preset : instrument_presets()) {
    EXPECT_GT(std::string(preset.source).size(), 10U) << preset.name;
    EXPECT_EQ(&instrument_presets()[number_of(preset)], &preset);
    EXPECT_EQ(preset_called(preset.name), &preset);
  }
  EXPECT_EQ(preset_called("CORE"), nullptr);
}

}  // namespace
}  // namespace bordin
