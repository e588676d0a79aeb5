#include "therapy/commitment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/monte_carlo.hpp"
#include "therapy/session_process.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr std::size_t sessions = 6;

//! A world in which nothing disturbs the alliance, with hope, faith and commitment.
Scenario committed_world(std::vector<std::string> settings, std::string const& more = "") {
  settings.insert(
      settings.begin(),
      {"commitment={enabled=true, hope_inertia=0.6, faith_inertia=0.8, dropout=0, work=0}", "therapists.alliance_share=0.2",
       "alliance.session_share=0.3", "alliance.mean=0.4", "alliance.growth=0.5",
       "clients.alliance_expectation_correlation=0.6", "symptoms.fluctuation_share=0.2", "alliance.kappa=0.1",
       "alliance.lag=0.1", "design.therapists=20", "design.caseload=25", "design.sessions=" + std::to_string(sessions)});
  return plain_world(settings, more);
}

char const* const weakest = "alliance.rule=\"weakest link\"";

//! Undisturbed mean of commitment at a session of a scenario's world.
double mean_at(Scenario const& scenario, int session) {
  auto const& p = scenario.therapy;
  auto const shift = composite_of(p.alliance.weights, p.alliance.loadings).shift;
  Commitment const commitment(p.commitment, p.therapists, p.clients, p.alliance, shift,
                              session_process(p.alliance, p.symptoms), static_cast<int>(sessions), p.attendance.missed);
  CommitmentState state;
  commitment.next_session(state, session, {});
  return static_cast<double>(commitment.value(state) - state.beyond_mean);
}

//! Over clients whose session is held.
Estimate simulated_mean(Study const& study, std::size_t session) {
  return over_replications(study, 60, [=](Dataset const& d) {
    auto const commitment = numbers(d.truth_sessions, "commitment_true");
    Moments all;
    for (std::size_t row = session; row < commitment.size(); row += sessions + 1)
      if (!std::isnan(commitment[row])) all.add(commitment[row]);
    return all.mean();
  });
}

TEST(Commitment, HopeAndFaithFollowTheAllianceByTheRecursion) {
  for (bool const lesser : {false, true}) {
    Study const study(committed_world(lesser ? std::vector<std::string>{weakest} : std::vector<std::string>{}));
    auto const d = study.simulate(1, 0);
    auto const goal = numbers(d.truth_sessions, "goal_true"), task = numbers(d.truth_sessions, "task_true"),
               bond = numbers(d.truth_sessions, "bond_true"), hope = numbers(d.truth_sessions, "hope_true"),
               faith = numbers(d.truth_sessions, "faith_true"), commitment = numbers(d.truth_sessions, "commitment_true"),
               expectation = numbers(d.truth_clients, "expectation_true");
    for (std::size_t i = 0; i < expectation.size(); ++i) {
      double h = expectation[i], f = 0;
      for (std::size_t s = 1; s <= sessions; ++s) {
        auto const row = i * (sessions + 1) + s;
        h = 0.6 * h + 0.4 * (goal[row] + task[row]) / 2;
        f = 0.8 * f + 0.2 * (task[row] + bond[row]) / 2;
        ASSERT_NEAR(hope[row], h, 1e-5);
        ASSERT_NEAR(faith[row], f, 1e-5);
        ASSERT_NEAR(commitment[row], lesser ? std::min(h, f) : (h + f) / 2, 1e-5);
      }
    }
  }
}

TEST(Commitment, ItsUndisturbedMeanIsThatOfTheSimulation) {
  auto const sum = committed_world({});
  auto const lesser = committed_world({weakest});
  for (std::size_t const s : {1U, 2U, 6U}) {
    EXPECT_LT(simulated_mean(Study(sum), s).z(mean_at(sum, static_cast<int>(s))), 4) << s;
    EXPECT_LT(simulated_mean(Study(lesser), s).z(mean_at(lesser, static_cast<int>(s))), 4) << s;
    EXPECT_GT(simulated_mean(Study(lesser), s).z(mean_at(sum, static_cast<int>(s))), 4) << s;
  }
  // Without growth the mean at session 6 would be another.
  EXPECT_GT(simulated_mean(Study(sum), 6).z(mean_at(committed_world({"alliance.growth=0"}), 6)), 4);
}

TEST(Commitment, ItsUndisturbedMeanKnowsThatSessionsAreMissed) {
  std::string const missed = "attendance.missed=0.5", growth = "alliance.growth=1";
  auto const sum = committed_world({missed, growth});
  auto const lesser = committed_world({missed, growth, weakest});
  for (std::size_t const s : {2U, 4U, 6U}) {
    EXPECT_LT(simulated_mean(Study(sum), s).z(mean_at(sum, static_cast<int>(s))), 4) << s;
    EXPECT_LT(simulated_mean(Study(lesser), s).z(mean_at(lesser, static_cast<int>(s))), 4) << s;
  }
  EXPECT_GT(simulated_mean(Study(sum), 6).z(mean_at(committed_world({growth}), 6)), 4);
  EXPECT_GT(simulated_mean(Study(lesser), 6).z(mean_at(committed_world({growth, weakest}), 6)), 4);
}

TEST(Commitment, MultipliesTheWorkOfASessionByWhatItIsBeyondItsMean) {
  for (bool const lesser : {false, true}) {
    std::vector<std::string> settings{"commitment.work=0.5", "symptoms.change=1.2", "symptoms.course=linear"};
    if (lesser) settings.emplace_back(weakest);
    auto const scenario = committed_world(settings);
    auto const d = Study(scenario).simulate(1, 0);
    auto const gain = numbers(d.truth_sessions, "gain_true");
    auto const commitment = numbers(d.truth_sessions, "commitment_true");
    std::size_t stopped = 0;
    for (std::size_t row = 0; row < gain.size(); ++row) {
      auto const s = row % (sessions + 1);
      if (s == 0) continue;
      double const factor = std::max(0.0, 1 + 0.5 * (commitment[row] - mean_at(scenario, static_cast<int>(s))));
      ASSERT_NEAR(gain[row] - gain[row - 1], 1.2 / 12 * factor, 1e-5);
      stopped += factor == 0 ? 1 : 0;
    }
    EXPECT_GT(stopped, 0U);  // nobody undoes work
  }
}

TEST(Commitment, DoesNotActUnlessEnabled) {
  EXPECT_FALSE(Commitment({}, {}, {}, {}, 1, session_process({}, {}), 2).acts());
}

TEST(Commitment, ItsMeanIsThatOfTheArmWhereAnArmHasWeightsOfItsOwn) {
  // Expectation goes with the composite of alliance.weights in all arms, and the common shift with the arm's own weights.
  std::string const arms = "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\nweights = { goal = 0, task = 0, bond = 1 }\n";
  std::vector<std::string> const apart{"alliance.loadings={goal=0.2, task=0.2, bond=0.2}",
                                       "alliance.weights={goal=1, task=0, bond=0}",
                                       "clients.alliance_expectation_correlation=0.9",
                                       "therapists.alliance_share=0",
                                       "alliance.session_share=0.1",
                                       "alliance.kappa=0",
                                       "alliance.lag=0",
                                       "symptoms.change=1",
                                       "symptoms.course=linear",
                                       "commitment.work=0.1",
                                       "design.caseload=100",
                                       weakest};
  Study const study(committed_world(apart, arms));
  for (double const arm : {0.0, 1.0}) {
    // While work is never stopped, its mean is the change of the course if commitment is centred at its mean.
    auto const work = over_replications(study, 100, [=](Dataset const& d) {
      auto const gain = numbers(d.truth_sessions, "gain_true");
      auto const arms_of = numbers(d.clients, "arm");
      Moments of;
      for (std::size_t i = 0; i < arms_of.size(); ++i)
        if (arms_of[i] == arm) of.add(gain[i * (sessions + 1) + 1]);
      return of.mean();
    });
    EXPECT_LT(work.z(1.0 / 12), 4) << arm;
  }
}

TEST(Commitment, WorkIsMeasuredByTheMeanOfAWorldInWhichSessionsAreMissed) {
  for (bool const lesser : {false, true}) {
    std::vector<std::string> settings{"commitment.work=0.5", "symptoms.change=1.2", "symptoms.course=linear",
                                      "attendance.missed=0.5", "alliance.growth=1"};
    if (lesser) settings.emplace_back(weakest);
    auto const scenario = committed_world(settings);
    auto const d = Study(scenario).simulate(1, 0);
    auto const gain = numbers(d.truth_sessions, "gain_true");
    auto const commitment = numbers(d.truth_sessions, "commitment_true");
    std::size_t missed = 0;
    for (std::size_t row = 0; row < gain.size(); ++row) {
      auto const s = row % (sessions + 1);
      if (s == 0) continue;
      bool const held = !std::isnan(commitment[row]);
      double const factor = held ? std::max(0.0, 1 + 0.5 * (commitment[row] - mean_at(scenario, static_cast<int>(s)))) : 0;
      ASSERT_NEAR(gain[row] - gain[row - 1], 1.2 / 12 * factor, 1e-5);
      missed += held ? 0U : 1U;
    }
    EXPECT_GT(missed, 0U);
  }
}

TEST(Commitment, HopeAndFaithDoNotSeeTheLift) {
  std::vector<std::string> const settings{"clients.change_sd=1", "symptoms.change=1", "rupture.enabled=true"};
  auto lifted = settings;
  lifted.emplace_back("alliance.lift=0.5");
  auto const without = Study(committed_world(settings)).simulate(1, 0),
             with = Study(committed_world(lifted)).simulate(1, 0);
  for (char const* name : {"hope_true", "faith_true", "commitment_true", "gain_true"}) {
    auto const before = numbers(without.truth_sessions, name), after = numbers(with.truth_sessions, name);
    for (std::size_t row = 0; row < before.size(); ++row) {
      ASSERT_EQ(std::isnan(before[row]), std::isnan(after[row]));
      if (!std::isnan(before[row])) {
        ASSERT_NEAR(before[row], after[row], 1e-5) << name;
      }
    }
  }
  auto const before = numbers(without.truth_sessions, "task_true"), after = numbers(with.truth_sessions, "task_true");
  EXPECT_GT(std::abs(after[sessions] - before[sessions]), 0.01);
}

}  // namespace
}  // namespace bordin
