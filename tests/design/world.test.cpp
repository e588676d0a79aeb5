#include "design/world.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Dataset made(std::vector<std::string> const& settings, std::string const& more = "", std::uint32_t replication = 3) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  std::string const text = "title = \"growing\"\nbased_on = \"routine-care\"\n" + more;
  return Study(parse_scenario(text, "test", overrides)).simulate(7, replication);
}

std::size_t same(std::size_t row) {
  return row;
}

std::string const two_arms = R"(
[[arms]]
name = "A"
change = 0.1
[[arms]]
name = "B"
)";

TEST(GrowingAStudy, OneTherapistMoreLeavesAllRowsOfTheOthers) {
  auto const small = made({"design.therapists=5", "design.caseload={negative_binomial={mean=8, dispersion=2}}"});
  auto const large = made({"design.therapists=6", "design.caseload={negative_binomial={mean=8, dispersion=2}}"});
  ASSERT_GT(large.clients.rows(), small.clients.rows());
  EXPECT_GT(expect_same_rows(small.therapists, large.therapists, same), 0U);
  EXPECT_GT(expect_same_rows(small.clients, large.clients, same), 0U);
  EXPECT_GT(expect_same_rows(small.sessions, large.sessions, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_therapists, large.truth_therapists, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_clients, large.truth_clients, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, same), 0U);
}

TEST(GrowingAStudy, OneArmOrOneTherapistPerArmMoreLeavesAllRowsOfTheOthers) {
  auto const arm_more = two_arms + "[[arms]]\nname = \"C\"\n";
  auto const small = made({"design.therapists=3", "design.caseload=4"}, two_arms);
  auto const large = made({"design.therapists=3", "design.caseload=4"}, arm_more);
  ASSERT_EQ(large.clients.rows(), 36U);
  expect_same_rows(small.clients, large.clients, same);
  expect_same_rows(small.sessions, large.sessions, same);
  expect_same_rows(small.truth_therapists, large.truth_therapists, same);
  expect_same_rows(small.truth_sessions, large.truth_sessions, same);

  // With a fourth therapist in each arm the second arm's rows move down by one therapist, that is 4 clients.
  auto const wide = made({"design.therapists=4", "design.caseload=4"}, two_arms);
  auto const client_row = [](std::size_t row) { return row < 12 ? row : row + 4; };
  expect_same_rows(small.clients, wide.clients, client_row, [](auto) { return true; }, {"therapist"});
  expect_same_rows(small.truth_clients, wide.truth_clients, client_row);
  expect_same_rows(small.truth_therapists, wide.truth_therapists, [](std::size_t row) { return row < 3 ? row : row + 1; });
}

TEST(GrowingAStudy, OneClientMoreChangesNothingButMeansOverTheCaseload) {
  std::vector<std::string> const means{"alliance_between", "alliance_within"};
  auto const small = made({"design.therapists=3", "design.caseload=[5, 4, 6]"});
  auto const large = made({"design.therapists=3", "design.caseload=[5, 5, 6]"});
  auto const client_row = [](std::size_t row) { return row < 9 ? row : row + 1; };
  auto const session_row = [&](std::size_t row) { return client_row(row / 13) * 13 + row % 13; };
  expect_same_rows(
      small.clients, large.clients, client_row, [](auto) { return true; }, means);
  expect_same_rows(small.truth_clients, large.truth_clients, client_row);
  expect_same_rows(small.sessions, large.sessions, session_row, [](auto) { return true; }, {"client"});
  expect_same_rows(small.truth_sessions, large.truth_sessions, session_row);
  expect_same_rows(small.truth_therapists, large.truth_therapists, same);
  // Clients of the other therapists keep even their means.
  expect_same_rows(small.clients, large.clients, client_row, [](std::size_t row) { return row < 5 || row >= 9; });
}

TEST(GrowingAStudy, OneSessionMoreLeavesAllBefore) {
  auto const small = made({"design.therapists=4", "design.caseload=10", "design.sessions=11"});
  auto const large = made({"design.therapists=4", "design.caseload=10", "design.sessions=12"});
  // A client who came to session 11 when it was the last may have left after it when it is not; everyone else is the same.
  auto const session_row = [](std::size_t row) { return row / 12 * 13 + row % 12; };
  auto const attended = small.clients.column("sessions_attended").numbers();
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, session_row), 0U);
  EXPECT_GT(expect_same_rows(small.sessions, large.sessions, session_row,
                             [&](std::size_t row) { return attended[row / 12] < 11; }),
            0U);
  // Up to session 11 the observed scores of those who stayed are the same too, but for the mean over all sessions.
  expect_same_rows(small.sessions, large.sessions, session_row, [](auto) { return true; }, {"alliance_session"});
  EXPECT_GT(expect_same_rows(small.clients, large.clients, same, [&](std::size_t row) { return attended[row] < 11; },
                             {"alliance_between", "alliance_within"}),
            0U);
  expect_same_rows(small.clients, large.clients, same, [](std::size_t) { return true; },
                   {"post", "last", "change", "reliable_change", "recovered", "dropped_out", "ending", "sessions_attended",
                    "ruptures_reported"});
}

TEST(World, AnotherInstrumentChangesNoOther) {
  std::string const extra =
      "[[instruments]]\nname = \"Distress\"\nrange = [0, 100]\nmean = 50\nsd = 15\nreliability = 0.9\n";
  auto const small = made({"design.therapists=3"});
  auto const large = made({"design.therapists=3"}, extra);
  EXPECT_NE(large.sessions.find("distress"), nullptr);
  expect_same_rows(small.clients, large.clients, same);
  expect_same_rows(small.sessions, large.sessions, same);
  expect_same_rows(small.truth_sessions, large.truth_sessions, same);
}

TEST(World, CausalFractionActsOnNothingFactual) {
  auto const half = made({"alliance.causal_fraction=0.5"});
  for (char const* other : {"alliance.causal_fraction=1", "alliance.causal_fraction=0"}) {
    auto const data = made({other});
    expect_same_rows(half.clients, data.clients, same);
    expect_same_rows(half.sessions, data.sessions, same);
    expect_same_rows(half.truth_sessions, data.truth_sessions, same);
  }
  auto const changed = made({"alliance.effect=0.35"});
  EXPECT_NE(half.truth_sessions.column("symptoms_true").numbers(),
            changed.truth_sessions.column("symptoms_true").numbers());
}

TEST(World, TherapyGoingOnAfterItsEndChangesNothingObserved) {
  auto const ends = made({"design.therapists=10"});
  auto const goes_on = made({"design.therapists=10", "design.continue_after_ending=true"});
  expect_same_rows(ends.clients, goes_on.clients, same);
  expect_same_rows(ends.sessions, goes_on.sessions, same);
  auto const alone = ends.truth_sessions.column("symptoms_true").numbers();
  auto const whole = goes_on.truth_sessions.column("symptoms_true").numbers();
  std::size_t continued = 0;
  for (std::size_t row = 0; row < alone.size(); ++row) {
    EXPECT_FALSE(std::isnan(whole[row]));
    if (std::isnan(alone[row])) {
      ++continued;
    } else {
      EXPECT_EQ(alone[row], whole[row]);
    }
  }
  EXPECT_GT(continued, 100U);
}

TEST(World, CrossedTherapistsTreatClientsOfAllArmsInBalancedBlocks) {
  auto const data = made({"design.therapists=6", "design.caseload=7", "design.therapists_in_arms=\"crossed\""}, two_arms);
  EXPECT_EQ(data.therapists.find("arm"), nullptr);
  auto const therapist = data.clients.column("therapist").numbers();
  auto const arm = data.clients.column("arm").numbers();
  std::map<double, int> in_second_arm;
  for (std::size_t i = 0; i < arm.size(); ++i) in_second_arm[therapist[i]] += static_cast<int>(arm[i]);
  int odd = 0;
  for (auto const& [who, count] : in_second_arm) {
    EXPECT_TRUE(count == 3 || count == 4) << who;  // three blocks of two and the first of a fourth
    odd += count == 4 ? 1 : 0;
  }
  EXPECT_EQ(in_second_arm.size(), 6U);
  auto const grown = made({"design.therapists=6", "design.caseload=8", "design.therapists_in_arms=\"crossed\""}, two_arms);
  expect_same_rows(
      data.clients, grown.clients, [](std::size_t row) { return row / 7 * 8 + row % 7; }, [](auto) { return true; },
      {"alliance_between", "alliance_within"});
}

TEST(World, CrossedAllocationIsFair) {
  Study const study(plain_world(
      {"design.therapists=20", "design.caseload=5", "design.sessions=1", "design.therapists_in_arms=\"crossed\""},
      two_arms));
  auto const share = over_replications(study, 400, [](Dataset const& d) {
    double second = 0;
    for (double const a : numbers(d.clients, "arm")) second += a;
    return second / static_cast<double>(d.clients.rows());
  });
  EXPECT_LT(share.z(0.5), 4);
}

TEST(World, AnArmWithoutTherapistsHasNoAlliance) {
  std::string const waiting = R"(
[[arms]]
name = "therapy"
[[arms]]
name = "waiting list"
therapists = 0
clients = 9
change = -1.0
)";
  auto const data = made({"design.therapists=3", "design.caseload=4"}, waiting);
  ASSERT_EQ(data.clients.rows(), 21U);
  ASSERT_EQ(data.therapists.rows(), 3U);
  auto const therapist = data.clients.column("therapist").numbers();
  auto const early = data.clients.column("alliance_early").numbers();
  for (std::size_t i = 12; i < 21; ++i) {
    EXPECT_EQ(therapist[i], static_cast<double>(3 + i - 12));  // each is a cluster of one
    EXPECT_TRUE(std::isnan(early[i]));
    EXPECT_TRUE(std::isnan(data.truth_sessions.column("alliance_true").at(i * 13 + 1)));
    EXPECT_FALSE(std::isnan(data.truth_sessions.column("symptoms_true").at(i * 13 + 1)));
  }
}

TEST(World, MemoryBoundHoldsForRealDataSets) {
  std::string const more = "[[instruments]]\nname = \"WAI-SR items\"\n[[instruments]]\nname = \"PHQ-9\"\n";
  Study const study(parse_scenario("title = \"much\"\nbased_on = \"early-alliance\"\n" + more, "test",
                                   {parse_assignment("design.ratings=[\"empathy\", \"credibility\"]")}));
  double most = 0;
  for (std::uint32_t r = 0; r < 20; ++r) {
    auto const data = study.simulate(1, r);
    double bytes = 0;
    for (auto const* table : {&data.therapists, &data.clients, &data.sessions, &data.truth_therapists, &data.truth_clients,
                              &data.truth_sessions}) {
      for (auto const& column : table->columns())
        bytes += std::visit([](auto const& v) { return static_cast<double>(v.size() * sizeof(v[0])); }, column.values);
    }
    most = std::max(most, bytes / static_cast<double>(data.clients.rows()));
  }
  EXPECT_LT(most, study.world().bytes_per_dataset() / study.world().expected_clients());
  EXPECT_GT(most * 3, study.world().bytes_per_dataset() / study.world().expected_clients());
}

}  // namespace
}  // namespace bordin
