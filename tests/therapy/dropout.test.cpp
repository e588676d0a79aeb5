#include "therapy/dropout.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/ending_rules.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/parameters.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr int sessions = 12;

//! A hazard in which time alone counts, but for what `change` adds.
template <class Change>
TherapyParameters time_only(Change const& change) {
  TherapyParameters p;
  p.dropout = {.baseline = -1,
               .log_session = 0,
               .early_alliance = 0,
               .current_alliance = 0,
               .severity = 0,
               .gain = 0,
               .rupture = 0,
               .curve = {}};
  change(p);
  return p;
}

TherapyParameters time_only() {
  return time_only([](auto&) {});
}

void expect_logit(TherapyParameters const& p, Encounter const& encounter, int session, double logit,
                  ArmEffects const& arm = {}) {
  auto const meeting = encounter.meeting();
  expect_probability(DropoutHazard(p, arm, sessions), encounter.at(session, meeting), logistic(logit));
}

TEST(DropoutHazard, TimeActsByItsLogarithmAndNobodyLeavesBeforeTheFirstSession) {
  auto const p = time_only([](auto& t) { t.dropout.log_session = -0.5; });
  for (int const s : {1, 2, 7, 11}) expect_logit(p, {}, s, -1 - 0.5 * std::log(s));
  Encounter const nobody;
  auto const meeting = nobody.meeting();
  EXPECT_FALSE(DropoutHazard(p, {}, sessions).ends(nobody.at(0, meeting), 0));
}

TEST(DropoutHazard, EachCoefficientShiftsTheLogitByItself) {
  Encounter e;
  e.client.severity = 1.5F;
  e.therapist.retention = 0.75F;
  e.walk.composite = -2;
  e.walk.gain = 0.5F;
  e.walk.rupture.open = true;
  expect_logit(time_only(), e, 3, -1 - 0.75);  // retention needs no coefficient
  expect_logit(time_only([](auto& t) { t.dropout.severity = 0.4; }), e, 3, -1.75 + 0.4 * 1.5);
  expect_logit(time_only([](auto& t) { t.dropout.current_alliance = 0.3; }), e, 3, -1.75 + 0.3 * 2);
  expect_logit(time_only([](auto& t) { t.dropout.gain = 0.6; }), e, 3, -1.75 - 0.6 * 0.5);
  expect_logit(time_only([](auto& t) { t.dropout.rupture = 0.9; }), e, 3, -1.75 + 0.9);
  ArmEffects arm;
  arm.dropout = 0.8;
  expect_logit(time_only(), e, 3, -1.75 + 0.8, arm);
  e.walk.rupture.open = false;
  expect_logit(time_only([](auto& t) { t.dropout.rupture = 0.9; }), e, 3, -1.75);
}

TEST(DropoutHazard, EarlyAllianceCountsInSdsOfTheMeanOfTheSessionsHeld) {
  auto const p = time_only([](auto& t) {
    t.dropout.early_alliance = 0.5;
    t.alliance.session_share = 0.4;
    t.alliance.autocorrelation = 0;
    t.alliance.loadings.goal = t.alliance.loadings.task = t.alliance.loadings.bond = 1;
  });
  Encounter e;
  for (int const held : {1, 2, 3}) {
    e.walk.early = 0.9F * static_cast<float>(held);
    e.walk.early_sessions = held;
    expect_logit(p, e, 3, -1 - 0.5 * 0.9 / std::sqrt(0.6 + 0.4 / held));
  }
}

TEST(DropoutHazard, CommitmentHoldsBackAndAMissingNecessaryAllianceDrivesAway) {
  Encounter e;
  e.walk.commitment.beyond_mean = 0.7F;
  e.walk.composite = -1.5F;
  auto const committed = time_only([](auto& t) {
    t.commitment.enabled = true;
    t.commitment.dropout = 0.4;
  });
  expect_logit(committed, e, 2, -1 - 0.4 * 0.7);
  auto necessary = time_only([](auto& t) { t.alliance.necessary = {.enabled = true, .threshold = -1, .dropout = 2}; });
  expect_logit(necessary, e, 2, -1 + 2);
  e.walk.composite = -0.99F;
  expect_logit(necessary, e, 2, -1);
  necessary.alliance.necessary.enabled = false;
  e.walk.composite = -1.5F;
  expect_logit(necessary, e, 2, -1);
  // Where there is no therapist there is nothing of it.
  e.walk.has_alliance = false;
  expect_logit(committed, e, 2, -1);
}

TEST(Dropout, LosesClientsByTheLogitOfTheirCommitment) {
  Study const study(plain_world({"dropout.enabled=true", "dropout.baseline=-1", "commitment.enabled=true",
                                 "commitment.dropout=0.8", "commitment.work=0", "alliance.session_share=0.3",
                                 "design.therapists=40", "design.caseload=25", "design.sessions=2"}));
  auto const beyond = [&](double coefficient) {
    return over_replications(study, 40, [=](Dataset const& d) {
      auto const commitment = numbers(d.truth_sessions, "commitment_true");
      auto const dropped = numbers(d.clients, "dropped_out");
      double sum = 0;  // of what the logit does not explain, weighted by commitment; its mean at session 1 is 0
      for (std::size_t i = 0; i < dropped.size(); ++i) {
        double const c = commitment[i * 3 + 1];
        sum += c * (dropped[i] - logistic(-1 - coefficient * c));
      }
      return sum / static_cast<double>(dropped.size());
    });
  };
  EXPECT_LT(beyond(0.8).z(0), 4);
  EXPECT_GT(beyond(0.4).z(0), 4);
}

TEST(Dropout, MissingnessNamesEverythingThatActsAndNothingElse) {
  auto const reason = [](auto const& change) { return missingness_of_dropout(time_only(change), {}); };
  auto quiet = [](auto& t) { t.therapists.retention_sd = 0.5; };  // says nothing about outcome by itself
  EXPECT_EQ(reason(quiet).kind, Missingness::completely_at_random);
  EXPECT_EQ(reason([](auto& t) { t.dropout.enabled = false; }).kind, Missingness::none);
  using Change = void (*)(TherapyParameters&);
  std::pair<Change, char const*> const causes[] = {
      {[](auto& t) { t.dropout.early_alliance = 1; }, "the alliance"},
      {[](auto& t) { t.dropout.severity = 1; }, "severity"},
      {[](auto& t) { t.dropout.gain = 1; }, "improvement"},
      {[](auto& t) { t.rupture.enabled = true, t.dropout.rupture = 1; }, "ruptures"},
      {[](auto& t) { t.commitment.enabled = true, t.commitment.dropout = 1; }, "commitment"},
      {[](auto& t) { t.alliance.necessary.enabled = true; }, "a necessary alliance"},
      {[](auto& t) { t.therapists.retention_sd = t.therapists.ability_retention_correlation = 0.5; }, "retention skill"}};
  for (auto const& [change, word] : causes) {
    auto const found = reason([&, act = change](auto& t) { quiet(t), act(t); });
    EXPECT_EQ(found.kind, Missingness::not_at_random) << word;
    EXPECT_NE(found.why.find(word), std::string::npos) << found.why;
    EXPECT_EQ(found.why.find(','), found.why.rfind(',')) << found.why;  // one cause, then "which nobody observes"
  }
}

}  // namespace
}  // namespace bordin
