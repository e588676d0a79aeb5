#include "therapy/background.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::vector<Background> many(ExperienceParameters const& experience, TrainingParameters const& training) {
  Backgrounds const backgrounds(experience, training);
  std::vector<Background> out;
  for (std::uint32_t j = 1; j <= 50'000; ++j)
    out.push_back(backgrounds.of(Randomness(3, 0).of_therapist({.arm = 1, .place = j}, Purpose::background)));
  return out;
}

TEST(Experience, IsExponentialAndItsEffectsHaveMean0) {
  Moments years, more_than_mean, ability;
  for (auto const& b : many({.mean_years = 8, .alliance = 0.02, .change = -0.01}, {})) {
    years.add(static_cast<double>(b.years));
    more_than_mean.add(b.years > 8 ? 1 : 0);
    ability.add(static_cast<double>(b.ability));
    EXPECT_NEAR(b.ability, 0.02F * (b.years - 8), 1e-6F);
    EXPECT_NEAR(b.direct, -0.01F * (b.years - 8), 1e-6F);
  }
  EXPECT_LT(std::abs(years.mean() - 8) / years.se(), 4);
  EXPECT_NEAR(years.sd(), 8, 4 * 8 * std::sqrt(2.0 / 50'000));  // kurtosis 9: SE of an SD = sd sqrt(8 / 4n)
  EXPECT_LT(std::abs(more_than_mean.mean() - std::exp(-1)) / more_than_mean.se(), 4);
  EXPECT_LT(std::abs(ability.mean()) / ability.se(), 4);
}

TEST(Training, IsGivenToItsShareAndRaisesByWhatItSays) {
  Moments trained;
  for (auto const& b : many({}, {.share = 0.3, .alliance = 0.7})) {
    trained.add(b.trained ? 1 : 0);
    EXPECT_EQ(b.raise, b.trained ? 0.7F : 0.0F);
    EXPECT_EQ(b.years, 0);
  }
  EXPECT_LT(std::abs(trained.mean() - 0.3) / trained.se(), 4);
  for (auto const& b : many({}, {.share = 1, .alliance = 0.7})) ASSERT_TRUE(b.trained);
}

TEST(Background, HasColumnsWhereItVaries) {
  auto const columns = [](std::vector<std::string> const& settings) {
    auto const d = Study(plain_world(settings)).simulate(1, 0);
    return std::pair(d.therapists.find("experience") != nullptr, d.therapists.find("trained") != nullptr);
  };
  EXPECT_EQ(columns({}), std::pair(false, false));
  EXPECT_EQ(columns({"experience.mean_years=5"}), std::pair(true, false));
  EXPECT_EQ(columns({"training.share=0.5"}), std::pair(false, true));
}

std::vector<std::string> with(std::vector<std::string> const& more) {
  std::vector<std::string> settings{"therapists.alliance_share=0.2", "therapists.direct_sd=0.3", "alliance.effect=0.4",
                                    "alliance.causal_fraction=0.25", "symptoms.change=1",        "symptoms.course=linear",
                                    "design.therapists=30",          "design.caseload=4",        "design.sessions=3"};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

TEST(Experience, MovesAbilityAndDirectEffectByItsSlopes) {
  auto const without = Study(plain_world(with({}))).simulate(1, 0);
  auto const d = Study(plain_world(with({"experience={mean_years=8, alliance=0.03, change=-0.02}"}))).simulate(1, 0);
  auto const years = numbers(d.therapists, "experience");
  auto const& before = without.truth_therapists;
  auto const& after = d.truth_therapists;
  auto const composite = composite_of({}, {});
  for (std::size_t j = 0; j < years.size(); ++j) {
    double const beyond = years[j] - 8;
    EXPECT_NEAR(after.column("ability_true").at(j) - before.column("ability_true").at(j), 0.03 * beyond, 1e-6);
    EXPECT_NEAR(after.column("direct_true").at(j) - before.column("direct_true").at(j), -0.02 * beyond, 1e-6);
    for (char const* part : {"goal_therapist_true", "task_therapist_true", "bond_therapist_true"})
      EXPECT_NEAR(after.column(part).at(j) - before.column(part).at(j), 0.03 * beyond * composite.shift, 1e-6);
  }
  // Ability acts with the whole effect, as it does wherever it comes from.
  for (std::size_t row = 0; row < d.truth_sessions.rows(); ++row) {
    double const beyond = years[row / 4 / 4] - 8;
    double const more = static_cast<double>(row % 4) / 12 * (0.4 * 0.03 - 0.02) * beyond;
    EXPECT_NEAR(d.truth_sessions.column("gain_true").at(row) - without.truth_sessions.column("gain_true").at(row), more,
                1e-5);
  }
}

TEST(Training, RaisesTheAllianceAndActsOnChangeWithTheCausalFraction) {
  auto const without = Study(plain_world(with({}))).simulate(1, 0);
  auto const d = Study(plain_world(with({"training={share=0.5, alliance=0.6}"}))).simulate(1, 0);
  auto const trained = numbers(d.therapists, "trained");
  auto const& before = without.truth_sessions;
  auto const& after = d.truth_sessions;
  int differ = 0;
  for (std::size_t row = 0; row < after.rows(); ++row) {
    auto const s = row % 4;
    double const raise = trained[row / 4 / 4] * 0.6;
    differ += raise > 0 ? 1 : 0;
    double const more = static_cast<double>(s) / 12 * 0.25 * 0.4 * raise;
    EXPECT_NEAR(after.column("gain_true").at(row) - before.column("gain_true").at(row), more, 1e-6);
    if (s == 0) continue;
    EXPECT_NEAR(after.column("alliance_true").at(row) - before.column("alliance_true").at(row), raise, 1e-6);
  }
  EXPECT_GT(differ, 100);
  // It is no part of what therapists bring.
  expect_same_rows(without.truth_therapists, d.truth_therapists, [](std::size_t row) { return row; });
}

}  // namespace
}  // namespace bordin
