#include "therapy/arm_effects.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr std::size_t sessions = 5;
constexpr std::size_t rows = sessions + 1;

//! Two arms, of which the second has `effects`.
Dataset made(std::string const& effects, std::vector<std::string> const& more = {}) {
  std::vector<std::string> settings{"therapists.alliance_share=0.2",
                                    "alliance.match_share=0.1",
                                    "alliance.session_share=0.2",
                                    "alliance.effect=0.4",
                                    "alliance.causal_fraction=0.25",
                                    "alliance.growth=0.2",
                                    "symptoms.change=1.2",
                                    "symptoms.course=linear",
                                    "symptoms.fluctuation_share=0.3",
                                    "clients.change_sd=1",
                                    "design.therapists=10",
                                    "design.caseload=10",
                                    "design.sessions=5"};
  settings.insert(settings.end(), more.begin(), more.end());
  return Study(plain_world(settings, "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\n" + effects)).simulate(1, 0);
}

std::size_t same(std::size_t row) {
  return row;
}

//! Traits are drawn before the arm acts; the first arm does not know the second.
void expect_only_the_second_arm_differs(Dataset const& before, Dataset const& after) {
  expect_same_rows(before.truth_therapists, after.truth_therapists, same);
  expect_same_rows(before.truth_clients, after.truth_clients, same, [](auto) { return true; }, {"last_true", "end_true"});
  auto const first = [](std::size_t row) { return row < 100; };
  auto const first_session = [](std::size_t row) { return row < 100 * rows; };
  // Latent means are shrunken by what the therapists of both arms have in common.
  std::vector<std::string> const latent{"alliance_between_latent", "alliance_within_latent"};
  EXPECT_GT(expect_same_rows(before.clients, after.clients, same, first, latent), 0U);
  EXPECT_GT(expect_same_rows(before.sessions, after.sessions, same, first_session), 0U);
  EXPECT_GT(expect_same_rows(before.truth_sessions, after.truth_sessions, same, first_session), 0U);
  EXPECT_NE(before.truth_sessions.column("alliance_true").at(150 * rows + 3),
            after.truth_sessions.column("alliance_true").at(150 * rows + 3));
}

double difference(Dataset const& before, Dataset const& after, char const* variable, std::size_t row) {
  return after.truth_sessions.column(variable).at(row) - before.truth_sessions.column(variable).at(row);
}

TEST(ArmAlliance, IsRaisedByItAndActsOnChangeWithTheCausalFraction) {
  auto const before = made("");
  auto const after = made("alliance = 0.5\n");
  expect_only_the_second_arm_differs(before, after);
  double const shift = composite_of({}, {}).shift;
  for (std::size_t row = 100 * rows; row < 200 * rows; ++row) {
    auto const s = row % rows;
    ASSERT_NEAR(difference(before, after, "gain_true", row), static_cast<double>(s) / 12 * 0.25 * 0.4 * 0.5, 2e-6);
    if (s == 0) continue;
    ASSERT_NEAR(difference(before, after, "alliance_true", row), 0.5, 2e-6);
    ASSERT_NEAR(difference(before, after, "bond_true", row), 0.5 * shift, 2e-6);
  }
}

TEST(ArmAlliance, AndTrainingAddUp) {
  std::vector<std::string> const trained{"training={share=1, alliance=0.3}"};
  auto const before = made("");
  auto const after = made("alliance = 0.5\n", trained);
  for (std::size_t row = 0; row < 200 * rows; ++row) {
    double const raise = row < 100 * rows ? 0.3 : 0.8;
    ASSERT_NEAR(difference(before, after, "gain_true", row), static_cast<double>(row % rows) / 12 * 0.1 * raise, 2e-6);
  }
}

TEST(ArmWeights, MakeItsCompositesAndLeaveTraitsAtIntake) {
  auto const before = made("");
  auto const after = made("weights = { goal = 0.1, task = 0.2, bond = 0.9 }\n");
  expect_only_the_second_arm_differs(before, after);
  AllianceWeights weights;
  weights.goal = 0.1, weights.task = 0.2, weights.bond = 0.9;
  auto const composite = composite_of(weights, {});
  auto const weighted = [&](Table const& table, std::array<char const*, components> const& parts, std::size_t row) {
    double sum = 0;
    for (std::size_t c = 0; c < components; ++c) sum += composite.weight[c] * table.column(parts[c]).at(row);
    return sum;
  };
  auto const& truth = after.truth_sessions;
  for (std::size_t i = 100; i < 200; ++i) {
    auto const therapist = static_cast<std::size_t>(after.clients.column("therapist").at(i));
    double const ability =
        weighted(after.truth_therapists, {"goal_therapist_true", "task_therapist_true", "bond_therapist_true"}, therapist);
    double const prospects = weighted(after.truth_clients, {"goal_client_true", "task_client_true", "bond_client_true"}, i);
    EXPECT_NE(ability, after.truth_therapists.column("ability_true").at(therapist));
    EXPECT_TRUE(std::isfinite(prospects));
    double gain = 0;
    for (std::size_t s = 1; s <= sessions; ++s) {
      auto const row = i * rows + s;
      double const alliance = weighted(truth, {"goal_true", "task_true", "bond_true"}, row);
      ASSERT_NEAR(truth.column("alliance_true").at(row), alliance, 1e-5);
      // The whole sum of sources acts: what the alliance is beyond its growth.
      double const beyond_growth = alliance - 0.2 * std::log(static_cast<double>(s) / 3);
      gain += (1.2 + after.truth_clients.column("change_trait_true").at(i) + 0.4 * beyond_growth) / 12;
      ASSERT_NEAR(truth.column("gain_true").at(row), gain, 1e-5);
    }
  }
}

TEST(ArmWeights, ThatRepeatTheScenariosChangeNothingButRounding) {
  auto const before = made("");
  auto const after = made("weights = { goal = 0.4 }\n");
  for (std::size_t row = 1; row < 200 * rows; ++row) {
    if (row % rows == 0) continue;
    ASSERT_NEAR(difference(before, after, "alliance_true", row), 0, 2e-6);
    ASSERT_NEAR(difference(before, after, "gain_true", row), 0, 2e-6);
  }
}

TEST(ArmFeedback, RaisesTheNextAllianceOfClientsWhoAreNotOnTrackAndOfNobodyElse) {
  // With causal fraction 0 scores stay what they were, so that it is known who was on track.
  std::vector<std::string> const not_causal{"alliance.causal_fraction=0"};
  auto const before = made("", not_causal);
  auto const after = made("feedback = { alliance = 0.5, behind = 0.3 }\n", not_causal);
  expect_only_the_second_arm_differs(before, after);
  auto const score = numbers(before.sessions, "z_score");
  int told = 0, not_told = 0;
  for (std::size_t i = 100; i < 200; ++i) {
    for (std::size_t s = 1; s <= sessions; ++s) {
      auto const row = i * rows + s;
      double const improved = score[i * rows] - score[row - 1];
      bool const behind = s > 1 && improved < 1.2 * static_cast<double>(s - 1) / 12 - 0.3;
      (behind ? told : not_told) += 1;
      ASSERT_NEAR(difference(before, after, "alliance_true", row), behind ? 0.5 : 0, 2e-6) << i << ' ' << s;
      ASSERT_NEAR(difference(before, after, "gain_true", row), 0, 1e-6);
    }
  }
  EXPECT_GT(told, 50);
  EXPECT_GT(not_told, 50);
}

TEST(ArmFeedback, ActsOnChangeWithTheCausalFractionOnce) {
  auto const before = made("");
  auto const after = made("feedback = { alliance = 0.5, behind = 0.3 }\n");
  auto const score = numbers(before.sessions, "z_score");
  for (std::size_t i = 100; i < 200; ++i) {
    EXPECT_NEAR(difference(before, after, "gain_true", i * rows + 1), 0, 1e-7);
    bool const behind = score[i * rows] - score[i * rows + 1] < 0.1 - 0.3;
    EXPECT_NEAR(difference(before, after, "gain_true", i * rows + 2), behind ? 0.25 * 0.4 * 0.5 / 12 : 0, 1e-6);
  }
}

TEST(ArmFeedback, NeedsAScore) {
  std::vector<std::string> const at_intake_only{"instruments.z-score.when=[\"pre\", \"session 5\"]"};
  auto const before = made("", at_intake_only);
  auto const after = made("feedback = { alliance = 0.5, behind = 0.3 }\n", at_intake_only);
  expect_same_rows(before.truth_sessions, after.truth_sessions, same);
}

}  // namespace
}  // namespace bordin
