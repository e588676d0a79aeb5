#include "simulation/scalar.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/monte_carlo.hpp"
#include "support/target.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr float untouched = 12345.5F;

Study three_arms() {
  std::string const text = R"(
title = "three arms"
[[arms]]
name = "A"
[[arms]]
name = "waiting list"
therapists = 0
clients = 13
[[arms]]
name = "B"
dropout = 2
[[instruments]]
name = "CORE-OM"
when = ["pre", "every session", "post"]
[[instruments]]
name = "WAI-SR"
)";
  std::vector<Node> overrides;
  for (char const* setting : {"design.therapists=4", "design.caseload=9", "rupture.enabled=true",
                              "therapists.severity_sd=0.2", "design.clinics=2", "clinics.alliance_share=0.02"})
    overrides.push_back(parse_assignment(setting));
  return Study(parse_scenario(text, "test", overrides));
}

Records drawn(Study const& study, std::uint32_t replications) {
  Target const scalar("scalar");
  return draw_records(study.world(), 1, 0, replications, Wanted::everything());
}

TEST(Scalar, TherapistsAreThoseWhomPeopleDraws) {
  auto const study = three_arms();
  auto const& people = study.world().people();
  auto records = drawn(study, 2);
  auto const& t = records.of_therapists;
  for (float* column : {t.goal, t.task, t.bond, t.ability, t.direct, t.retention, t.severity, t.repair})
    std::fill_n(column, records.therapists(), untouched);
  draw_therapists(study.world(), records);
  std::size_t row = 0;
  for (auto const& replication : records.replications) {
    Randomness const random(1, replication.number);
    for (auto const& holder : replication.holders) {
      if (holder.therapist < 0) continue;
      auto const traits = people.therapist(random, holder.number, people.clinic(random, holder.clinic_number));
      EXPECT_EQ(t.goal[row], traits.alliance[0]);
      EXPECT_EQ(t.ability[row], traits.ability);
      EXPECT_EQ(t.direct[row], traits.direct);
      EXPECT_EQ(t.retention[row], traits.retention);
      EXPECT_EQ(t.severity[row], traits.severity);
      EXPECT_EQ(t.repair[row], traits.repair);
      ++row;
    }
  }
  EXPECT_EQ(row, 16U);
}

//! Columns of clients and of sessions.
std::vector<float*> columns_of(Records const& r) {
  auto const& c = r.of_clients;
  std::vector<float*> all{c.goal,     c.task,        c.bond,     c.prospects,
                          c.severity, c.expectation, c.change,   c.standard_change,
                          c.match,    c.ending,      c.sessions, c.last};
  for (float* column : r.of_sessions.latent) {
    if (column != nullptr) all.push_back(column);
  }
  for (auto const& scores : r.of_sessions.scores) all.push_back(scores.total);
  return all;
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

TEST(Scalar, ClientsOfOtherGroupsAreLeftAlone) {
  auto const study = three_arms();
  auto const expected = drawn(study, 2);
  for (std::size_t g = 0; g < expected.groups.size(); ++g) {
    auto records = drawn(study, 2);
    auto const& group = records.groups[g];
    std::size_t const places = records.groups.back().first + records.groups.back().count;
    auto const columns = columns_of(records), others = columns_of(expected);
    for (float* column : columns) std::fill_n(column, places, untouched);  // of sessions: intake
    treat_clients(study.world(), records, group);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      for (std::size_t place = 0; place < places; ++place) {
        bool const own = place >= group.first && place < group.first + group.count;
        float const should = own ? others[k][place] : untouched;
        ASSERT_EQ(bits_of(columns[k][place]), bits_of(should)) << "column " << k << ", place " << place;
      }
    }
  }
}

TEST(Scalar, NothingIsSeenOfThoseWhoHaveLeft) {
  auto const study = three_arms();
  auto const r = drawn(study, 1);
  auto const& s = r.of_sessions;
  std::size_t left = 0;
  for (auto const place : r.place) {
    auto const last = static_cast<std::size_t>(r.of_clients.last[place]);
    for (std::size_t session = 0; session <= 12; ++session) {
      auto const row = session * s.stride + place;
      bool const there = session <= last;
      EXPECT_EQ(s.latent[SessionColumns::attended][row], there ? 1.0F : 0.0F);
      EXPECT_EQ(std::isnan(s.latent[SessionColumns::symptoms][row]), !there);
      EXPECT_EQ(std::isnan(s.scores[0].total[row]), !there);
      left += there ? 0U : 1U;
    }
  }
  EXPECT_GT(left, 50U);
}

TEST(Scalar, WithoutATherapistThereIsNoAlliance) {
  auto const study = three_arms();
  auto const r = drawn(study, 1);
  auto const& s = r.of_sessions;
  for (auto const& group : r.groups) {
    for (std::size_t place = group.first; place < group.first + group.count; ++place) {
      auto const row = s.stride + place;  // session 1, which all attend
      for (auto const what : {SessionColumns::goal, SessionColumns::task, SessionColumns::bond, SessionColumns::alliance,
                              SessionColumns::rupture, SessionColumns::rupture_reported})
        EXPECT_EQ(std::isnan(s.latent[what][row]), !group.has_therapist);
      EXPECT_EQ(std::isnan(s.scores[1].total[row]), !group.has_therapist);
      EXPECT_EQ(r.of_clients.match[place] == 0, !group.has_therapist);
    }
  }
}

}  // namespace
}  // namespace bordin
