#include "simulation/enrolment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::vector<Caseholder> holders_of(std::vector<std::string> const& settings, std::string const& arms = "",
                                   std::uint32_t replication = 0) {
  auto const scenario = plain_world(settings, arms);
  Study const study(scenario);
  return caseholders(study.world().design(), study.world().arms(), Randomness(1, replication));
}

std::string const three_arms = R"(
[[arms]]
name = "A"
therapists = 2
caseload = 3
[[arms]]
name = "waiting list"
therapists = 0
clients = 11
[[arms]]
name = "B"
)";

TEST(Enrolment, ACohortHasTherapistsOfOneArm) {
  auto const all = holders_of({"design.therapists=3", "design.caseload=[4, 5, 6]"});
  ASSERT_EQ(all.size(), 3U);
  for (std::uint32_t k = 0; k < 3; ++k) {
    EXPECT_EQ(all[k].number.word(), (TherapistNumber{.arm = 1, .place = k + 1}).word());
    EXPECT_EQ(all[k].therapist, static_cast<std::int32_t>(k));
    EXPECT_EQ(all[k].arm, -1);
    EXPECT_EQ(all[k].clinic, -1);
    EXPECT_EQ(all[k].clients, 4 + k);
  }
}

TEST(Enrolment, NestedTherapistsAreNumberedWithinTheirArm) {
  auto const all = holders_of({"design.therapists=4", "design.caseload=5"}, three_arms);
  ASSERT_EQ(all.size(), 7U);  // 2, the waiting list, 4
  std::vector<std::uint32_t> places, clients;
  std::vector<std::int32_t> arms, rows;
  for (auto const& holder : all) {
    EXPECT_EQ(holder.number.arm, static_cast<std::uint32_t>(holder.arm) + 1);
    places.push_back(holder.number.place);
    clients.push_back(holder.clients);
    arms.push_back(holder.arm);
    rows.push_back(holder.therapist);
  }
  EXPECT_EQ(places, (std::vector<std::uint32_t>{1, 2, 0, 1, 2, 3, 4}));
  EXPECT_EQ(clients, (std::vector<std::uint32_t>{3, 3, 11, 5, 5, 5, 5}));
  EXPECT_EQ(arms, (std::vector<std::int32_t>{0, 0, 1, 2, 2, 2, 2}));
  EXPECT_EQ(rows, (std::vector<std::int32_t>{0, 1, -1, 2, 3, 4, 5}));  // the waiting list is no row of therapists
}

TEST(Enrolment, CrossedTherapistsBelongToNoArm) {
  auto const all = holders_of({"design.therapists=5", "design.caseload=6", "design.therapists_in_arms=\"crossed\""},
                              "[[arms]]\nname = \"A\"\n[[arms]]\nname = \"B\"\n");
  ASSERT_EQ(all.size(), 5U);
  for (auto const& holder : all) {
    EXPECT_EQ(holder.number.arm, 0U);
    EXPECT_EQ(holder.arm, -1);
    EXPECT_EQ(holder.clients, 6U);
  }
}

TEST(Enrolment, TherapistsAreSpreadOverClinicsInTurn) {
  auto const crossed = holders_of({"design.therapists=4", "design.clinics=3"}, three_arms);
  std::vector<std::int32_t> clinics;
  for (auto const& holder : crossed) {
    clinics.push_back(holder.clinic);
    EXPECT_EQ(holder.clinic_number.arm, 0U);
  }
  EXPECT_EQ(clinics, (std::vector<std::int32_t>{0, 1, -1, 0, 1, 2, 0}));  // the same clinics for all arms
}

TEST(Enrolment, ClinicsNestedInArmsAreOfOneArmEach) {
  auto const nested = holders_of({"design.therapists=4", "design.clinics=2", "design.clinics_in_arms=\"nested\""},
                                 "[[arms]]\nname = \"A\"\n[[arms]]\nname = \"B\"\n");
  std::vector<std::int32_t> clinics;
  std::set<std::pair<std::int32_t, std::uint32_t>> numbers;
  for (auto const& holder : nested) {
    clinics.push_back(holder.clinic);
    EXPECT_EQ(holder.clinic_number.arm, holder.number.arm);
    numbers.emplace(holder.clinic, holder.clinic_number.word());
  }
  EXPECT_EQ(clinics, (std::vector<std::int32_t>{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(numbers.size(), 4U);  // one number for each clinic
}

TEST(Enrolment, CaseloadsAreDrawnForEachReplicationAndDoNotDependOnHowManyTherapistsThereAre) {
  std::string const caseload = "design.caseload={poisson={mean=20}}";
  auto const few = holders_of({"design.therapists=10", caseload}), many = holders_of({"design.therapists=30", caseload}),
             other = holders_of({"design.therapists=10", caseload}, "", 1);
  int same = 0;
  for (std::size_t k = 0; k < few.size(); ++k) {
    EXPECT_EQ(few[k].clients, many[k].clients);
    same += few[k].clients == other[k].clients ? 1 : 0;
  }
  EXPECT_LT(same, 6);
}

//! The arms of a therapist's first `clients` clients.
std::vector<std::int32_t> allocated(std::uint32_t replication, TherapistNumber home, std::uint32_t clients,
                                    std::size_t arms) {
  std::vector<std::int32_t> all;
  for (std::uint32_t place = 1; place <= clients; ++place)
    all.push_back(allocated_arm(Randomness(1, replication), {.home = home, .place = place}, arms));
  return all;
}

TEST(Enrolment, EveryFullBlockHasEachArmOnce) {
  for (std::size_t const arms : {2U, 3U, 5U}) {
    for (std::uint32_t replication = 0; replication < 20; ++replication) {
      auto const all = allocated(replication, {.arm = 0, .place = 3}, static_cast<std::uint32_t>(arms) * 4, arms);
      for (std::size_t block = 0; block < 4; ++block) {
        std::set<std::int32_t> in_block(all.begin() + static_cast<std::ptrdiff_t>(block * arms),
                                        all.begin() + static_cast<std::ptrdiff_t>((block + 1) * arms));
        ASSERT_EQ(in_block.size(), arms);
        ASSERT_EQ(*in_block.begin(), 0);
        ASSERT_EQ(*in_block.rbegin(), static_cast<std::int32_t>(arms) - 1);
      }
    }
  }
}

TEST(Enrolment, EveryOrderOfABlockIsEquallyFrequent) {
  constexpr std::uint32_t blocks = 6000;
  std::map<std::vector<std::int32_t>, double> count;
  for (std::uint32_t replication = 0; replication < blocks; ++replication)
    ++count[allocated(replication, {.arm = 0, .place = 1}, 3, 3)];
  ASSERT_EQ(count.size(), 6U);
  double const expected = blocks / 6.0;
  for (auto const& [order, times] : count)
    EXPECT_LT(std::abs(times - expected) / std::sqrt(expected * 5 / 6), 4) << order[0] << order[1] << order[2];
}

TEST(Enrolment, ABlockThatIsNotFullIsAsFair) {
  constexpr std::uint32_t therapists = 4000;
  double first = 0;
  for (std::uint32_t place = 1; place <= therapists; ++place)
    first += allocated(0, {.arm = 0, .place = place}, 3, 2)[2] == 0 ? 1 : 0;
  EXPECT_LT(std::abs(first - therapists / 2.0) / std::sqrt(therapists / 4.0), 4);
}

}  // namespace
}  // namespace bordin
