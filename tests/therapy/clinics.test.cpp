#include "therapy/clinics.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::vector<std::string> const differing{"therapists.alliance_share=0.4",
                                         "therapists.direct_sd=0.5",
                                         "clinics.alliance_share=0.15",
                                         "clinics.direct_sd=0.3",
                                         "design.clinics=50",
                                         "design.therapists=200",
                                         "design.caseload=1",
                                         "design.sessions=1"};

std::vector<std::string> with(std::vector<std::string> settings, std::vector<std::string> const& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

TEST(Clinics, TakeTheirPartFromTherapistsWhoseTotalStays) {
  Study const study(plain_world(differing));
  auto const mean_square = [&](char const* trait, char const* less = nullptr) {
    return over_replications(study, 60, [=](Dataset const& d) {
      auto const x = numbers(d.truth_therapists, trait);
      auto const y = less != nullptr ? numbers(d.truth_therapists, less) : std::vector<double>(x.size(), 0.0);
      Moments squares;
      for (std::size_t j = 0; j < x.size(); ++j) squares.add((x[j] - y[j]) * (x[j] - y[j]));
      return squares.mean();
    });
  };
  EXPECT_LT(mean_square("ability_clinic_true").z(0.15), 4);
  EXPECT_LT(mean_square("ability_true").z(0.4), 4);
  EXPECT_LT(mean_square("ability_true", "ability_clinic_true").z(0.25), 4);
  EXPECT_LT(mean_square("direct_clinic_true").z(0.09), 4);
  EXPECT_LT(mean_square("direct_true").z(0.25), 4);
  EXPECT_LT(mean_square("direct_true", "direct_clinic_true").z(0.16), 4);
  EXPECT_GT(mean_square("ability_true").z(0.4 + 0.15), 4);
}

TEST(Clinics, TherapistsOfAClinicAreAsAlikeAsItsShareSays) {
  Study const study(plain_world(differing));
  auto const together = [&](std::size_t distance) {  // therapists are spread in turn: j and j + 50 share a clinic
    return over_replications(study, 60, [=](Dataset const& d) {
      auto const goal = numbers(d.truth_therapists, "goal_therapist_true");
      Moments products;
      for (std::size_t j = 0; j + distance < goal.size(); ++j) products.add(goal[j] * goal[j + distance]);
      return products.mean();
    });
  };
  EXPECT_LT(together(50).z(0.15), 4);
  EXPECT_LT(together(49).z(0), 4);
}

TEST(Clinics, GiveAllTheirTherapistsTheSamePart) {
  auto const d = Study(plain_world(differing)).simulate(1, 0);
  auto const clinic = numbers(d.therapists, "clinic");
  auto const ability = numbers(d.truth_therapists, "ability_clinic_true");
  auto const direct = numbers(d.truth_therapists, "direct_clinic_true");
  std::map<double, std::pair<double, double>> part;
  for (std::size_t j = 0; j < clinic.size(); ++j)
    EXPECT_EQ(part.try_emplace(clinic[j], ability[j], direct[j]).first->second, std::pair(ability[j], direct[j]));
  EXPECT_EQ(part.size(), 50U);
  std::set<double> const different(ability.begin(), ability.end());
  EXPECT_EQ(different.size(), 50U);
}

TEST(Clinics, HaveTherapistsOfAllArmsOrOfOneAlone) {
  std::string const arms = "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\n";
  auto const made = [&](char const* clinics_in_arms) {
    auto const settings = with(differing, {"design.therapists=6", "design.clinics=3",
                                           std::string("design.clinics_in_arms=\"") + clinics_in_arms + "\""});
    return Study(plain_world(settings, arms)).simulate(1, 0);
  };
  auto const crossed = made("crossed");
  auto const nested = made("nested");
  auto const crossed_clinic = numbers(crossed.therapists, "clinic"), nested_clinic = numbers(nested.therapists, "clinic"),
             crossed_part = numbers(crossed.truth_therapists, "ability_clinic_true"),
             nested_part = numbers(nested.truth_therapists, "ability_clinic_true"),
             ability = numbers(crossed.truth_therapists, "ability_true");
  for (std::size_t j = 0; j < 6; ++j) {
    EXPECT_EQ(crossed_clinic[j], static_cast<double>(j % 3));
    EXPECT_EQ(crossed_clinic[j + 6], crossed_clinic[j]);
    EXPECT_EQ(crossed_part[j + 6], crossed_part[j]);
    EXPECT_NE(ability[j + 6], ability[j]);
    EXPECT_EQ(nested_clinic[j], static_cast<double>(j % 3));
    EXPECT_EQ(nested_clinic[j + 6], static_cast<double>(3 + j % 3));
    EXPECT_NE(nested_part[j + 6], nested_part[j]);
  }
}

TEST(Clinics, ActThroughTheirTherapists) {
  auto const d = Study(plain_world(with(differing, {"alliance.effect=0", "symptoms.reference_sessions=1"}))).simulate(1, 0);
  auto const direct = numbers(d.truth_therapists, "direct_true"), ability = numbers(d.truth_therapists, "ability_true"),
             change = numbers(d.clients, "change"), alliance = numbers(d.truth_sessions, "alliance_true"),
             match = numbers(d.truth_clients, "alliance_client_true");
  for (std::size_t i = 0; i < change.size(); ++i) {
    EXPECT_NEAR(change[i], direct[i], 1e-5);
    EXPECT_NEAR(alliance[i * 2 + 1], ability[i] + match[i], 1e-5);
  }
}

TEST(Clinics, CannotDifferByMoreThanTherapistsNorWithoutBeingThere) {
  auto const refusal = [](std::vector<std::string> const& more) -> std::string {
    try {
      Study const study(plain_world(with(differing, more)));
    } catch (ScenarioError const& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({"clinics.alliance_share=0.4", "clinics.direct_sd=0.5"}), "");
  EXPECT_NE(refusal({"clinics.alliance_share=0.41"}).find("part of therapists.alliance_share"), std::string::npos);
  EXPECT_NE(refusal({"clinics.direct_sd=0.51"}).find("part of therapists.direct_sd"), std::string::npos);
  EXPECT_NE(refusal({"design.clinics=0"}).find("say how many clinics there are"), std::string::npos);
  EXPECT_NE(refusal({"design.clinics=0", "clinics.direct_sd=0"}), "");
  EXPECT_EQ(refusal({"design.clinics=0", "clinics.direct_sd=0", "clinics.alliance_share=0"}), "");
}

}  // namespace
}  // namespace bordin
