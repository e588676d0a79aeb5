#include "simulation/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"
#include "support/target.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

//! Two arms that therapists treat both, in clinics, with ruptures, commitment, items, follow-ups and ratings.
Study crossed() {
  std::string const text = R"(
title = "much of everything"
[[arms]]
name = "A"
[[arms]]
name = "B"
[[instruments]]
name = "CORE-OM"
when = ["pre", "every session", "post", "follow-up"]
[[instruments]]
name = "WAI-SR items"
[[instruments]]
name = "GAD-7"
when = ["pre", "post"]
)";
  std::vector<Node> overrides;
  for (char const* setting : {"design.therapists=7", "design.caseload={negative_binomial={mean=9, dispersion=2}}",
                              "design.therapists_in_arms=\"crossed\"", "design.clinics=2", "rupture.enabled=true",
                              "commitment.enabled=true", "design.followups=[13]", "training.share=0.5",
                              "experience.mean_years=5", "design.ratings=[\"empathy\", \"credibility\"]"})
    overrides.push_back(parse_assignment(setting));
  return Study(parse_scenario(text, "test", overrides));
}

Study nested() {
  return Study(plain_world({"design.therapists=3", "design.caseload=5", "design.sessions=4"}, R"(
[[arms]]
name = "A"
[[arms]]
name = "waiting list"
therapists = 0
clients = 20
[[arms]]
name = "B"
)"));
}

Records drawn(Study const& study, std::uint32_t first, std::uint32_t count) {
  return draw_records(study.world(), 1, first, count, Wanted::everything());
}

TEST(Records, ClientsOfAnArmStandTogetherFromAFullVectorOn) {
  for (auto const& study : {crossed(), nested()}) {
    auto const r = drawn(study, 0, 3);
    ASSERT_EQ(r.groups.size(), study.world().arms().size());
    std::vector<std::size_t> count(r.groups.size());
    std::vector<std::uint32_t> last(r.groups.size());
    std::set<std::uint32_t> places;
    for (std::size_t client = 0; client < r.arm.size(); ++client) {
      auto const arm = static_cast<std::size_t>(r.arm[client]);
      auto const place = r.place[client];
      ASSERT_GE(place, r.groups[arm].first);
      ASSERT_LT(place, r.groups[arm].first + r.groups[arm].count);
      ASSERT_TRUE(places.insert(place).second) << "two clients at place " << place;
      if (count[arm]++ > 0) {
        ASSERT_GT(place, last[arm]) << "clients of an arm keep their order";
      }
      last[arm] = place;
    }
    std::size_t end = 0;
    for (std::size_t a = 0; a < r.groups.size(); ++a) {
      EXPECT_EQ(r.groups[a].arm, a);
      EXPECT_EQ(r.groups[a].count, count[a]);
      EXPECT_EQ(r.groups[a].has_therapist, study.world().arms()[a].has_therapists());
      EXPECT_EQ(r.groups[a].first % most_lanes, 0U);
      EXPECT_GE(r.groups[a].first, end);
      end = r.groups[a].first + r.groups[a].count;
    }
    EXPECT_GE(r.of_sessions.stride, end);
  }
}

//! Kernels read whole vectors.
TEST(Records, WordsOfPeopleAreFilledUp) {
  for (auto const& study : {crossed(), nested()}) {
    auto const r = drawn(study, 0, 3);
    std::size_t therapists = 0;
    for (auto const& replication : r.replications) therapists += replication.therapists;
    EXPECT_EQ(r.therapists(), therapists);
    EXPECT_NE(therapists % most_lanes, 0U);
    std::size_t const up = (therapists + most_lanes - 1) / most_lanes * most_lanes;
    EXPECT_EQ(r.therapist_replication.size(), up);
    EXPECT_EQ(r.therapist_home.size(), up);
    auto const& last = r.groups.back();
    for (std::size_t const size :
         {r.replication_word.size(), r.home_word.size(), r.place_word.size(), r.therapist_place.size()}) {
      EXPECT_GE(size, last.first + last.count);
      EXPECT_EQ(size % most_lanes, 0U);
    }
  }
}

TEST(Records, ACohortIsOneGroup) {
  auto const r = drawn(Study(plain_world({"design.therapists=3", "design.caseload=5"})), 0, 2);
  ASSERT_EQ(r.groups.size(), 1U);
  EXPECT_EQ(r.groups[0].count, 30U);
  EXPECT_TRUE(r.groups[0].has_therapist);
  for (std::size_t client = 0; client < 30; ++client) EXPECT_EQ(r.place[client], client);
}

//! Rows of clients go by replication, caseholder and place in the caseload; at each client's place stands who that is.
TEST(Records, EveryPlaceKnowsWhoIsThere) {
  for (auto const& study : {crossed(), nested()}) {
    auto const r = drawn(study, 4, 3);
    std::size_t client = 0, therapist = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      auto const& own = r.replications[k];
      EXPECT_EQ(own.number, 4 + k);
      ASSERT_EQ(own.first_client, client);
      ASSERT_EQ(own.first_therapist, therapist);
      auto alone = static_cast<std::int32_t>(own.therapists);
      for (auto const& holder : own.holders) {
        if (holder.therapist >= 0) {
          EXPECT_EQ(r.therapist_home[therapist], holder.number.word());
          EXPECT_EQ(r.therapist_replication[therapist++], own.number);
        }
        for (std::uint32_t place = 1; place <= holder.clients; ++place, ++client) {
          auto const at = r.place[client];
          ASSERT_EQ(r.replication_word[at], own.number);
          ASSERT_EQ(r.home_word[at], holder.number.word());
          ASSERT_EQ(r.place_word[at] >> 12, place);
          ASSERT_EQ(r.therapist[client], holder.therapist >= 0 ? holder.therapist : alone++);
          if (holder.therapist >= 0) {
            ASSERT_EQ(r.therapist_place[at], static_cast<std::int32_t>(own.first_therapist) + holder.therapist);
          }
        }
      }
      EXPECT_EQ(own.clients, client - own.first_client);
      EXPECT_EQ(own.therapists, therapist - own.first_therapist);
    }
    EXPECT_EQ(client, r.arm.size());
  }
}

TEST(Records, RowsOfSessionsAreNoMultipleOf4096BytesApart) {
  for (int const clients : {1, 16, 1008, 1009, 1023, 1024, 1025, 2033, 2048, 4096, 8192}) {
    Study const study(plain_world({"design.therapists=1", "design.caseload=" + std::to_string(clients), "design.sessions=1",
                                   "design.early_sessions=[1, 1]"}));
    auto const stride = drawn(study, 0, 1).of_sessions.stride;
    EXPECT_GE(stride, static_cast<std::size_t>(clients));
    EXPECT_EQ(stride % most_lanes, 0U);
    EXPECT_NE(stride * sizeof(float) % 4096, 0U) << clients;
  }
}

//! All columns with their lengths.
std::vector<std::pair<float const*, std::size_t>> columns_of(Records const& r, std::size_t occasions) {
  std::vector<std::pair<float const*, std::size_t>> all;
  auto const& last = r.groups.back();
  std::size_t const therapists = r.therapists(), clients = last.first + last.count;
  for (auto const& t : {r.of_therapists, r.of_clinics}) {
    for (float const* column :
         {t.goal, t.task, t.bond, t.ability, t.direct, t.retention, t.severity, t.repair, t.raise, t.years, t.trained})
      all.emplace_back(column, therapists);
  }
  auto const& c = r.of_clients;
  for (float const* column : {c.goal, c.task, c.bond, c.prospects, c.severity, c.expectation, c.change, c.standard_change,
                              c.match, c.ending, c.sessions, c.last})
    all.emplace_back(column, clients);
  for (float const* column : c.ratings) all.emplace_back(column, clients);
  std::size_t const rows = r.of_sessions.stride * occasions;
  for (float const* column : r.of_sessions.latent) all.emplace_back(column, rows);
  for (auto const& scores : r.of_sessions.scores) {
    all.emplace_back(scores.total, rows);
    for (float const* column : scores.part) all.emplace_back(column, rows);
    for (auto const& items : scores.item) {
      for (float const* column : items) all.emplace_back(column, rows);
    }
  }
  all.erase(std::remove_if(all.begin(), all.end(), [](auto const& column) { return column.first == nullptr; }), all.end());
  return all;
}

TEST(Records, ColumnsAreAlignedAndDoNotOverlap) {
  for (auto const& study : {crossed(), nested()}) {
    auto all = columns_of(drawn(study, 0, 2), study.world().calendar().occasions());
    EXPECT_GT(all.size(), 40U);
    std::sort(all.begin(), all.end());
    for (std::size_t k = 0; k < all.size(); ++k) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all[k].first) % (most_lanes * sizeof(float)), 0U);
      if (k > 0) {
        EXPECT_GE(all[k].first, all[k - 1].first + all[k - 1].second);
      }
    }
  }
}

std::vector<std::pair<Table Dataset::*, bool>> const tables{
    {&Dataset::therapists, false},       {&Dataset::clients, false},       {&Dataset::sessions, true},
    {&Dataset::truth_therapists, false}, {&Dataset::truth_clients, false}, {&Dataset::truth_sessions, true}};

std::vector<std::string> names_in(Dataset const& data) {
  std::set<std::string> names;
  for (auto const& [table, of_sessions] : tables) {
    for (auto const& name : (data.*table).names()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

//! Returns how many elements were compared.
std::size_t expect_only(std::set<std::string> const& names, bool sessions, Study const& study, Dataset const& everything) {
  auto const data = study.world().simulate(7, 3, 1, Wanted::only(names, sessions)).front();
  std::size_t compared = 0;
  for (auto const& [table, of_sessions] : tables) {
    std::vector<std::string> expected;
    for (auto const& name : (everything.*table).names()) {
      if (names.contains(name) && (sessions || !of_sessions)) expected.push_back(name);
    }
    EXPECT_EQ((data.*table).names(), expected);
    compared += expect_same_rows(data.*table, everything.*table, [](std::size_t row) { return row; });
  }
  return compared;
}

TEST(Records, EveryVariableAloneIsWhatItIsAmongAll) {
  auto const study = crossed();
  for (auto const& name : targets_of_this_machine()) {
    Target const target(name);
    auto const everything = study.simulate(7, 3);
    for (auto const& variable : names_in(everything)) {
      SCOPED_TRACE(name + ": " + variable);
      EXPECT_GT(expect_only({variable}, true, study, everything), 0U);
      expect_only({variable}, false, study, everything);
    }
  }
}

TEST(Records, SomeVariablesAreWhatTheyAreAmongAll) {
  auto const study = crossed();
  auto const everything = study.simulate(7, 3);
  auto const all = names_in(everything);
  std::mt19937 bits(1);
  for (int k = 0; k < 50; ++k) {
    std::set<std::string> names;
    std::string trace;
    for (int n = 0; n < 6; ++n) names.insert(all[bits() % all.size()]);
    for (auto const& name : names) trace += name + " ";
    SCOPED_TRACE(trace);
    EXPECT_GT(expect_only(names, true, study, everything), 0U);
  }
}

TEST(Records, NobodyPaysForWhatIsNotWanted) {
  Study const study = crossed();
  auto const r = draw_records(study.world(), 1, 0, 1, Wanted::only({"post", "symptoms_true"}, true));
  for (std::size_t k = 0; k < SessionColumns::latent_columns; ++k)
    EXPECT_EQ(r.of_sessions.latent[k] != nullptr, k == SessionColumns::symptoms) << k;
  for (auto const& part : r.of_sessions.scores[1].part) EXPECT_EQ(part, nullptr);
  for (auto const& items : r.of_sessions.scores[1].item) {
    for (float const* item : items) EXPECT_EQ(item, nullptr);
  }
}

}  // namespace
}  // namespace bordin
