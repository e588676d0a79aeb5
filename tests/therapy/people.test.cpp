#include "therapy/people.hpp"

#include <gtest/gtest.h>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr std::uint32_t many = 60'000;

//! A correlation of normal variables has the standard error (1 - r^2) / sqrt(n).
void expect_correlation(std::vector<double> const& x, std::vector<double> const& y, double r) {
  double const se = (1 - r * r) / std::sqrt(static_cast<double>(x.size()));
  EXPECT_NEAR(pairs(x, y).correlation(), r, 4 * se);
}

TEST(People, TherapistTraitsCorrelateWithTheCompositeOfAbility) {
  TherapistParameters therapists;
  therapists.ability_direct_correlation = 0.4;
  therapists.ability_retention_correlation = -0.3;
  therapists.direct_retention_correlation = 0.2;
  therapists.severity_sd = 0.3;
  People const people(therapists, {}, {}, 0.2);
  std::vector<double> ability, direct, retention, severity;
  for (std::uint32_t j = 1; j <= many; ++j) {
    auto const t = people.therapist(Randomness(1, 0), {.arm = 1, .place = j});
    ability.push_back(static_cast<double>(t.ability));
    direct.push_back(static_cast<double>(t.direct));
    retention.push_back(static_cast<double>(t.retention));
    severity.push_back(static_cast<double>(t.severity));
  }
  expect_correlation(ability, direct, 0.4);
  expect_correlation(ability, retention, -0.3);
  expect_correlation(direct, retention, 0.2);
  expect_correlation(ability, severity, 0);
  double const relative_se = std::sqrt(2.0 / many);
  EXPECT_NEAR(pairs(ability, direct).x().variance(), 0.09, 4 * 0.09 * relative_se);
  EXPECT_NEAR(pairs(direct, direct).x().variance(), 0.09, 4 * 0.09 * relative_se);
  EXPECT_NEAR(pairs(severity, severity).x().variance(), 0.09, 4 * 0.09 * relative_se);
}

TEST(People, ClientTraitsCorrelateAsStated) {
  ClientParameters clients{.change_sd = 0.96,
                           .alliance_severity_correlation = -0.155,
                           .alliance_expectation_correlation = 0.25,
                           .severity_expectation_correlation = -0.05,
                           .severity_change_correlation = 0.285,
                           .expectation_change_correlation = 0.23};
  People const people({}, clients, {}, 0.2);
  std::vector<double> prospects, severity, expectation, change;
  for (std::uint32_t i = 1; i <= many; ++i) {
    auto const c = people.client(Randomness(1, 0), {.home = {.arm = 1, .place = 1}, .place = i});
    prospects.push_back(static_cast<double>(c.prospects));
    severity.push_back(static_cast<double>(c.severity));
    expectation.push_back(static_cast<double>(c.expectation));
    change.push_back(static_cast<double>(c.change));
  }
  expect_correlation(prospects, severity, -0.155);
  expect_correlation(prospects, expectation, 0.25);
  expect_correlation(severity, expectation, -0.05);
  expect_correlation(severity, change, 0.285);
  expect_correlation(expectation, change, 0.23);
  expect_correlation(prospects, change, 0);
  double const relative_se = std::sqrt(2.0 / many);
  EXPECT_NEAR(pairs(severity, severity).x().variance(), 0.8, 4 * 0.8 * relative_se);
  EXPECT_NEAR(pairs(change, change).x().variance(), 0.96 * 0.96, 4 * 0.96 * 0.96 * relative_se);
}

TEST(People, CorrelationsHoldForTheCompositeNotTheFactor) {
  // Traits correlate with the composite of a modality that is all bond as much as with any other.
  AllianceParameters bond_only;
  bond_only.weights.goal = bond_only.weights.task = 0;
  ClientParameters clients;
  clients.alliance_severity_correlation = -0.5;
  People const people({}, clients, bond_only, 0.2);
  std::vector<double> prospects, severity;
  for (std::uint32_t i = 1; i <= many; ++i) {
    auto const c = people.client(Randomness(1, 0), {.home = {.arm = 1, .place = 1}, .place = i});
    prospects.push_back(static_cast<double>(c.prospects));
    severity.push_back(static_cast<double>(c.severity));
  }
  expect_correlation(prospects, severity, -0.5);
}

TEST(People, TheMatchBelongsToThePairThatMeets) {
  People const people({}, {}, {}, 0.2);
  Randomness const random(1, 0);
  ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = 1};
  EXPECT_EQ(people.match(random, who, {.arm = 1, .place = 1}).composite,
            people.match(random, who, {.arm = 1, .place = 1}).composite);
  EXPECT_NE(people.match(random, who, {.arm = 1, .place = 1}).composite,
            people.match(random, who, {.arm = 1, .place = 2}).composite);
}

TEST(People, SharesThatExceedOneAreRefused) {
  TherapistParameters therapists;
  AllianceParameters alliance;
  EXPECT_NEAR(client_alliance_share(therapists, alliance), 0.695, 1e-12);
  therapists.alliance_share = 0.8;
  EXPECT_THROW(client_alliance_share(therapists, alliance), ScenarioError);
  therapists.alliance_share = 0.09;
  alliance.client_share = 0.7;
  EXPECT_THROW(client_alliance_share(therapists, alliance), ScenarioError);
  alliance.client_share = 0.695;
  EXPECT_NO_THROW(client_alliance_share(therapists, alliance));
  therapists.severity_sd = 0.95;
  EXPECT_THROW(severity_variance(therapists, 0.2), ScenarioError);
}

TEST(People, AbleTherapistsCanBeSentMoreSevereClients) {
  TherapistParameters therapists;
  therapists.severity_sd = 0.4;
  therapists.ability_direct_correlation = 0.3;
  therapists.ability_severity_correlation = 0.5;
  therapists.direct_severity_correlation = -0.2;
  People const people(therapists, {}, {}, 0.2);
  std::vector<double> ability, direct, retention, severity;
  for (std::uint32_t j = 1; j <= many; ++j) {
    auto const t = people.therapist(Randomness(1, 0), {.arm = 1, .place = j});
    ability.push_back(static_cast<double>(t.ability));
    direct.push_back(static_cast<double>(t.direct));
    retention.push_back(static_cast<double>(t.retention));
    severity.push_back(static_cast<double>(t.severity));
  }
  expect_correlation(ability, severity, 0.5);
  expect_correlation(direct, severity, -0.2);
  expect_correlation(ability, direct, 0.3);
  expect_correlation(retention, severity, 0);
  EXPECT_NEAR(pairs(severity, severity).x().variance(), 0.16, 4 * 0.16 * std::sqrt(2.0 / many));
}

TEST(People, SelectionBySeverityReachesIntakeScores) {
  Study const study(plain_world({"therapists.severity_sd=0.5", "therapists.alliance_share=0.3",
                                 "therapists.ability_severity_correlation=0.6", "design.therapists=100",
                                 "design.caseload=5", "design.sessions=1"}));
  auto const covariance = over_replications(study, 60, [](Dataset const& d) {
    auto const ability = numbers(d.truth_therapists, "ability_true"), therapist = numbers(d.clients, "therapist"),
               pre = numbers(d.clients, "pre");
    Moments products;
    for (std::size_t i = 0; i < pre.size(); ++i) products.add(pre[i] * ability[static_cast<std::size_t>(therapist[i])]);
    return products.mean();
  });
  EXPECT_LT(covariance.z(0.6 * 0.5 * std::sqrt(0.3)), 4);
  EXPECT_GT(covariance.z(0), 4);
}

}  // namespace
}  // namespace bordin
