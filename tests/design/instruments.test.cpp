#include "design/instruments.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Instrument named(std::string const& name) {
  Instrument instrument;
  instrument.name = name;
  complete(instrument);
  return instrument;
}

TEST(Instruments, PresetsHaveTheirPublishedValues) {
  auto const core = named("CORE-OM");
  EXPECT_EQ(core.range, (std::vector<double>{0, 40}));
  EXPECT_DOUBLE_EQ(*core.mean, 18.3);
  EXPECT_DOUBLE_EQ(*core.sd, 7.1);
  EXPECT_DOUBLE_EQ(*core.cutoff, 10);
  EXPECT_DOUBLE_EQ(*core.reliable_change, 5);
  EXPECT_NEAR(1.96 * 7.1 * std::sqrt(2 * (1 - 0.94)), 4.82, 0.005);  // the formula gives what the literature rounds to 5
  EXPECT_EQ(named("WAI-SR").measures, Measures::alliance);
}

TEST(Instruments, WhatIsStatedReplacesThePreset) {
  Instrument instrument;
  instrument.name = "CORE-OM";
  instrument.reliability = 0.5;
  complete(instrument);
  EXPECT_DOUBLE_EQ(*instrument.reliability, 0.5);
  EXPECT_DOUBLE_EQ(*instrument.sd, 7.1);
}

TEST(Instruments, AnotherNameMustStateItself) {
  EXPECT_THROW(named("CORE-OMM"), ScenarioError);
  Instrument own{.name = "My scale", .range = {0, 10}, .mean = 5, .sd = 2, .reliability = 0.8};
  EXPECT_NO_THROW(complete(own));
  EXPECT_NEAR(*own.reliable_change, 1.96 * 2 * std::sqrt(2 * 0.2), 1e-12);
  own.range = {10, 0};
  EXPECT_THROW(complete(own), ScenarioError);
}

TEST(Instruments, SchedulesAreReadAsWritten) {
  auto instrument = named("CORE-OM");
  instrument.when = {"pre", "session 3", "sessions 5-6", "post"};
  auto const schedule = schedule_of(instrument, {.sessions = 8});
  EXPECT_EQ(schedule.at, (std::vector<bool>{true, false, false, true, false, true, true, false, false}));
  EXPECT_TRUE(schedule.post);
  for (char const* wrong : {"session 9", "sessions 6-5", "session 0", "sometimes", "session 3x", ""}) {
    instrument.when = {wrong};
    EXPECT_THROW(schedule_of(instrument, {.sessions = 8}), ScenarioError) << wrong;
  }
  auto alliance = named("WAI-SR");
  alliance.when = {"pre"};
  EXPECT_THROW(schedule_of(alliance, {.sessions = 8}), ScenarioError);
}

TEST(Measure, ScoresHaveTheNormAndTheReliability) {
  Measure const measure(Instrument{.name = "s",
                                   .measures = Measures::symptoms,
                                   .when = {"pre"},
                                   .mean = 50,
                                   .sd = 10,
                                   .reliability = 0.7,
                                   .step = 0},
                        64, {.sessions = 1});
  Randomness const random(3, 0);
  PairMoments truth_and_score;
  std::vector<double> scores;
  for (std::uint32_t i = 1; i <= 100'000; ++i) {
    ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = i};
    float const latent = normals(random.of_client(who, Purpose::client_traits))[0];
    float const score = measure.symptom_score(random, who, {.symptoms = latent});
    truth_and_score.add(static_cast<double>(latent), static_cast<double>(score));
    scores.push_back(static_cast<double>(score));
  }
  EXPECT_LT(mean_of(scores).z(50), 4);
  EXPECT_NEAR(truth_and_score.y().variance(), 100, 4 * 100 * std::sqrt(2.0 / 100'000));
  double const r = truth_and_score.correlation();
  EXPECT_NEAR(r, std::sqrt(0.7), 4 * (1 - 0.7) / std::sqrt(100'000.0));
}

TEST(Measure, RoundsAndClips) {
  Measure const core(named("CORE-OM"), 1, {.sessions = 1});
  Randomness const random(3, 0);
  ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = 1};
  EXPECT_EQ(core.symptom_score(random, who, {.symptoms = 50.0F}), 40.0F);
  EXPECT_EQ(core.symptom_score(random, who, {.symptoms = -50.0F}), 0.0F);
  float const score = core.symptom_score(random, who, {.symptoms = 0.123F});
  EXPECT_EQ(score, std::floor(score));
  EXPECT_TRUE(core.stored_as_integer());
  Measure const wai(named("WAI-SR"), 2, {.sessions = 1});
  for (float const part : wai.alliance_scores(random, who, {.session = 1, .alliance = {0.3F, -0.2F, 0.9F}}))
    EXPECT_EQ(part * 4, std::floor(part * 4));
}

TEST(Measures, TwoOfOneColumnNameAreRefused) {
  Instrument a{.name = "My-scale", .range = {0, 10}, .mean = 5, .sd = 2, .reliability = 0.8};
  Instrument b = a;
  b.name = "My scale";
  complete(a);
  complete(b);
  EXPECT_THROW(measures_of({a, b}, {.sessions = 3}), ScenarioError);
  EXPECT_EQ(first_measure(measures_of({a, named("WAI-SR")}, {.sessions = 3}), Measures::alliance), 1U);
  EXPECT_EQ(first_measure(measures_of({a}, {.sessions = 3}), Measures::alliance), std::nullopt);
}

}  // namespace
}  // namespace bordin
