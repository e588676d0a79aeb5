#include "therapy/good_enough.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/ending_rules.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/parameters.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

TEST(GoodEnough, EndsWithItsProbabilityAtOrBelowTheLevelAndNeverAbove) {
  GoodEnough const rule({.probability = 0.45, .level = 0, .level_sd = 0, .least_improvement = 0});
  Encounter e;
  e.walk.good_enough_level = -1.25F;
  auto const meeting = e.meeting();
  e.walk.score = -1.25F;
  expect_probability(rule, e.at(4, meeting), 0.45);
  e.walk.score = -1.2F;
  EXPECT_FALSE(rule.ends(e.at(4, meeting), 0));
  e.walk.score = -3;
  EXPECT_FALSE(rule.ends(e.at(0, meeting), 0));  // never at intake
}

TEST(GoodEnough, TheLevelIsTheLesserOfAnOwnOneAndTheLeastImprovement) {
  GoodEnough const rule({.probability = 1, .level = -1.3, .level_sd = 0.2, .least_improvement = 0.8});
  Moments own;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    Walk walk;
    walk.score_at_intake = 5;
    rule.begin(Randomness(1, 0), {.home = {.arm = 1, .place = 1}, .place = i}, walk);
    own.add(static_cast<double>(walk.good_enough_level));
    Walk well;
    well.score_at_intake = -1;
    rule.begin(Randomness(1, 0), {.home = {.arm = 1, .place = 1}, .place = i}, well);
    EXPECT_FLOAT_EQ(well.good_enough_level, std::min(walk.good_enough_level, -1.8F));
  }
  EXPECT_LT(std::abs(own.mean() + 1.3) / own.se(), 4);
  EXPECT_NEAR(own.sd(), 0.2, 4 * 0.2 / std::sqrt(2 * 20'000.0));
}

//! Of clients who end at session 1 because a score is 0 or below: how many have a latent score above 0?
int ended_above(std::vector<std::string> settings) {
  settings.insert(settings.end(), {"ending.good_enough={probability=1, level=0, level_sd=0, least_improvement=-20}",
                                   "design.therapists=10", "design.caseload=50", "design.sessions=2"});
  auto const d = Study(plain_world(settings)).simulate(1, 0);
  auto const latent = numbers(d.truth_sessions, "symptoms_true"), observed = numbers(d.sessions, "z_score"),
             attended = numbers(d.clients, "sessions_attended");
  int above = 0, ended = 0;
  for (std::size_t i = 0; i < attended.size(); ++i) {
    if (attended[i] != 1) continue;
    ++ended;
    above += latent[i * 3 + 1] > 0 ? 1 : 0;
    EXPECT_FALSE(observed[i * 3 + 1] > 0);
  }
  EXPECT_GT(ended, 100);
  return above;
}

TEST(GoodEnough, LooksAtTheObservedScoreWhereOneIsGivenAndAtTheLatentOneElsewhere) {
  EXPECT_EQ(ended_above({}), 0);  // without measurement error the two are one
  EXPECT_GT(ended_above({"instruments.z-score.reliability=0.5"}), 20);
  EXPECT_EQ(ended_above({"instruments.z-score.reliability=0.5", "instruments.z-score.when=[\"pre\", \"session 2\"]"}), 0);
}

TEST(GoodEnough, MissingnessIsAtRandomWhereItActs) {
  TherapyParameters p;
  EXPECT_EQ(missingness_of_good_enough(p, {}).kind, Missingness::at_random);
  EXPECT_NE(make_good_enough(p, {}, {}), nullptr);
  p.ending.good_enough.probability = 0;
  EXPECT_EQ(missingness_of_good_enough(p, {}).kind, Missingness::none);
  EXPECT_EQ(make_good_enough(p, {}, {}), nullptr);
}

}  // namespace
}  // namespace bordin
