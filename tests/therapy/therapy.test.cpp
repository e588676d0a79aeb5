#include "therapy/therapy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "support/monte_carlo.hpp"
#include "support/target.hpp"
#include "therapy/agreed_end.hpp"
#include "therapy/dropout.hpp"
#include "therapy/good_enough.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

//! FNV-1a over the bits of floats.
std::uint64_t hash_of(std::vector<float> const& values, std::uint64_t hash) {
  for (float const value : values) {
    std::uint32_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof bits);
    if (std::isnan(value)) bits = 0x7FC00000U;  // one NaN for all compilers
    for (int k = 0; k < 4; ++k) hash = (hash ^ ((bits >> (8 * k)) & 0xFFU)) * 1099511628211ULL;
  }
  return hash;
}

//! Of five replications.
std::uint64_t hash_of_trajectories(Study const& study) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::uint32_t r = 0; r < 5; ++r) {
    auto const data = study.simulate(1, r);
    for (auto const* table : {&data.truth_sessions, &data.truth_clients, &data.truth_therapists, &data.sessions}) {
      for (auto const& column : table->columns()) {
        if (std::holds_alternative<std::vector<float>>(column.values)) hash = hash_of(column.as<float>(), hash);
      }
    }
  }
  return hash;
}

TEST(Therapy, TrajectoriesHaveTheSameBitsOnEveryMachine) {
  // A compiler that fuses multiply and add, reorders sums or uses another exp would change this number, and so would a
  // kernel that computes something else than the scalar implementation. The parameters are stated, so that calibrating the
  // library does not.
  std::vector<Node> overrides;
  for (char const* setting :
       {"clients.change_sd=0.96", "clients.alliance_severity_correlation=-0.155",
        "clients.alliance_expectation_correlation=0.25", "clients.severity_change_correlation=0.285",
        "clients.expectation_change_correlation=0.23", "alliance.kappa=0.088", "alliance.lag=0.13", "alliance.effect=0.34",
        "alliance.loadings={ goal = 0.956, task = 0.956, bond = 0.697 }", "dropout.baseline=-3.19",
        "dropout.early_alliance=0.275", "ending.good_enough={ probability = 0.45, level = -1.3, least_improvement = 0.8 }",
        "rupture.enabled=false", "design.ratings=[]", "design.continue_after_ending=true"})
    overrides.push_back(parse_assignment(setting));
  Study const study(load_scenario("early-alliance", overrides));
  for (auto const& name : targets_of_this_machine()) {
    Target const target(name);
    std::cout << "[ target   ] " << name << "\n";
    EXPECT_EQ(hash_of_trajectories(study), 15750382882232093601ULL) << name;
  }
}

TEST(Therapy, WithoutChanceTheCourseIsTheFormula) {
  Study const study(
      plain_world({"symptoms.change=0.8", "symptoms.course=linear", "alliance.growth=0.2", "alliance.lift=0.5",
                   "alliance.mean=0.1", "alliance.effect=0.3", "therapists.alliance_share=1.0", "design.therapists=3",
                   "design.caseload=2", "design.sessions=6"}));
  auto const d = study.simulate(1, 0);
  auto const alliance = numbers(d.truth_sessions, "alliance_true");
  auto const gain = numbers(d.truth_sessions, "gain_true");
  auto const symptoms = numbers(d.truth_sessions, "symptoms_true");
  auto const ability = numbers(d.truth_therapists, "ability_true");
  auto const severity = numbers(d.truth_clients, "severity_true");
  for (std::size_t i = 0; i < 6; ++i) {
    double const t = ability[i / 2];
    double expected_gain = 0;
    for (std::size_t s = 1; s <= 6; ++s) {
      double const before = expected_gain;
      expected_gain += (0.8 + 0.3 * t) / 12;
      auto const row = i * 7 + s;
      EXPECT_NEAR(gain[row], expected_gain, 1e-5);
      EXPECT_NEAR(symptoms[row], severity[i] - expected_gain, 1e-5);
      double const lift = 0.5 * (before - 0.8 * static_cast<double>(s - 1) / 12);
      EXPECT_NEAR(alliance[row], t + 0.1 + 0.2 * std::log(static_cast<double>(s) / 3) + lift, 1e-5);
    }
  }
}

TEST(Therapy, ArmsAddTheirEffectToChangeAndDropout) {
  std::string const arms = "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\nchange = 0.5\ndropout = 1.0\n";
  Study const study(plain_world({"design.therapists=10", "design.caseload=50", "design.sessions=2",
                                 "symptoms.reference_sessions=2", "dropout.enabled=true", "dropout.baseline=-1"},
                                arms));
  auto const in_arm = [&](double arm, char const* variable) {
    return over_replications(study, 60, [=](Dataset const& d) {
      auto const arms_of = numbers(d.clients, "arm");
      auto const y = numbers(d.clients, variable);
      double sum = 0, n = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (arms_of[i] != arm || std::isnan(y[i])) continue;
        sum += y[i];
        ++n;
      }
      return sum / n;
    });
  };
  EXPECT_LT(in_arm(0, "dropped_out").z(1 / (1 + std::exp(1.0))), 4);
  EXPECT_LT(in_arm(1, "dropped_out").z(0.5), 4);
  EXPECT_NEAR(in_arm(0, "change").mean, 0, 1e-6);
  EXPECT_NEAR(in_arm(1, "change").mean, 0.5, 1e-6);
}

TEST(Therapy, HasTheEndingRulesThatAreSwitchedOn) {
  TherapyParameters parameters;
  parameters.dropout.gain = 0.25;
  parameters.ending.good_enough.probability = 0.5;
  parameters.ending.agreed = 0;
  Therapy const two(parameters, {}, {});
  EXPECT_EQ(two.rule_count(), 2U);
  ASSERT_NE(two.rule<GoodEnough>(), nullptr);
  EXPECT_EQ(two.rule<GoodEnough>()->constants().probability, 0.5F);
  ASSERT_NE(two.rule<DropoutHazard>(), nullptr);
  EXPECT_EQ(two.rule<DropoutHazard>()->constants().gain, 0.25F);
  EXPECT_EQ(two.rule<CurveDropout>(), nullptr);
  EXPECT_EQ(two.rule<AgreedEnd>(), nullptr);
  parameters.dropout.enabled = false;
  EXPECT_EQ(Therapy(parameters, {}, {}).rule<DropoutHazard>(), nullptr);
}

TEST(Therapy, TherapistEffectsGrowWithSeverity) {
  Study const study(plain_world(
      {"therapists.direct_sd=0.5", "symptoms.severity_slope=0.3", "design.therapists=400", "design.caseload=5"}));
  auto const slope = over_replications(study, 40, [](Dataset const& d) {
    auto const direct = numbers(d.truth_therapists, "direct_true");
    auto const therapist = numbers(d.clients, "therapist");
    auto const severity = numbers(d.truth_clients, "severity_true");
    auto const change = numbers(d.clients, "change");
    PairMoments per_unit;  // change / O against X: max(0, 1 + xi X)
    for (std::size_t i = 0; i < change.size(); ++i) {
      double const o = direct[static_cast<std::size_t>(therapist[i])];
      if (std::abs(o) > 0.05) per_unit.add(std::max(-1 / 0.3, severity[i]), change[i] / o);
    }
    return per_unit.slope();
  });
  EXPECT_NEAR(slope.mean, 0.3, 1e-3);
}

std::vector<std::string> followed_up(std::vector<std::string> const& more) {
  std::vector<std::string> settings{"symptoms.change=1",
                                    "symptoms.course=linear",
                                    "symptoms.fluctuation_share=0.3",
                                    "ending.agreed=0.8",
                                    "design.followups=[0, 4, 26]",
                                    "design.spacing=2",
                                    "design.therapists=10",
                                    "design.caseload=20",
                                    "design.sessions=6",
                                    "attendance.not_engaging=0.1",
                                    "attendance.missed=0.1",
                                    "instruments.z-score.when=[\"pre\", \"every session\", \"post\", \"follow-up\"]"};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

TEST(FollowUp, KeepsWhatWasSoAtTheLastSessionAndRelapseTakesItBackWeekByWeek) {
  constexpr double weeks[] = {0, 4, 26};
  for (double const relapse : {0.0, 0.03}) {
    Study const study(plain_world(followed_up({"symptoms.relapse=" + std::to_string(relapse)})));
    auto const d = study.simulate(1, 0);
    auto const gain = numbers(d.truth_sessions, "gain_true"), symptoms = numbers(d.truth_sessions, "symptoms_true"),
               attended = numbers(d.sessions, "attended"), alliance = numbers(d.truth_sessions, "alliance_true"),
               time = numbers(d.sessions, "time");
    std::size_t early = 0;
    for (std::size_t i = 0; i < d.clients.rows(); ++i) {
      auto const first = i * 10;
      std::size_t last = 0;
      for (std::size_t s = 1; s <= 6; ++s) last = attended[first + s] == 1 ? s : last;
      early += last < 6 ? 1 : 0;
      for (std::size_t f = 0; f < 3; ++f) {
        auto const row = first + 7 + f;
        EXPECT_EQ(time[row], 12 + weeks[f]);
        double const kept = std::pow(1 - relapse, weeks[f] + 2 * static_cast<double>(6 - last));
        ASSERT_NEAR(gain[row], gain[first + last] * kept, 1e-6);
        ASSERT_NEAR(symptoms[row], symptoms[first + last] + gain[first + last] * (1 - kept), 2e-6);
        if (relapse == 0) {
          ASSERT_EQ(symptoms[row], symptoms[first + last]);
        }
        EXPECT_TRUE(std::isnan(alliance[row]));
        EXPECT_EQ(attended[row], 0);
      }
    }
    EXPECT_GT(early, 50U);
  }
}

TEST(FollowUp, IsGivenToAllHoweverTheirTherapyEnded) {
  Study const study(plain_world(followed_up({})));
  auto const d = study.simulate(1, 0);
  auto const symptoms = numbers(d.truth_sessions, "symptoms_true");
  for (std::size_t i = 0; i < d.clients.rows(); ++i) {
    EXPECT_NEAR(d.clients.column("followup").at(i), symptoms[i * 10 + 7], 1e-6);
    EXPECT_NEAR(d.clients.column("followup_3").at(i), symptoms[i * 10 + 9], 1e-6);
  }
}

TEST(FollowUp, StartsFromTheLastSessionAlsoWhereTheLatentCourseGoesOn) {
  auto const settings = followed_up({"symptoms.relapse=0.03"});
  auto const ends = Study(plain_world(settings)).simulate(1, 0);
  auto const goes_on =
      Study(plain_world(followed_up({"symptoms.relapse=0.03", "design.continue_after_ending=true"}))).simulate(1, 0);
  for (std::size_t row = 0; row < ends.truth_sessions.rows(); ++row) {
    if (row % 10 < 7) continue;
    EXPECT_EQ(ends.truth_sessions.column("symptoms_true").at(row), goes_on.truth_sessions.column("symptoms_true").at(row));
  }
}

}  // namespace
}  // namespace bordin
