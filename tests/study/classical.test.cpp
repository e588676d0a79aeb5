#include "study/classical.hpp"

#include <gtest/gtest.h>

#include "study/scenario.hpp"

namespace bordin {
namespace {

Scenario classical(std::vector<std::string> const& settings, std::string const& more = "") {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return parse_scenario(
      "title = \"classical\"\n[classical]\nicc_pre_client = 0.5\n[[instruments]]\nname = \"z-score\"\n" + more, "classical",
      overrides);
}

TEST(Classical, SetsTheParametersOfTheWorld) {
  auto const s = classical({"classical.icc_pre_therapist=0.1", "classical.icc_slope=0.2", "classical.variance_ratio=0.04",
                            "classical.client_correlation=-0.3", "design.sessions=5", "design.spacing=2"});
  EXPECT_DOUBLE_EQ(s.therapy.symptoms.fluctuation_share, 0.5);
  EXPECT_DOUBLE_EQ(s.therapy.therapists.severity_sd, std::sqrt(0.1));
  EXPECT_NEAR(s.therapy.therapists.direct_sd, 10 * std::sqrt(0.2 * 0.04 * 0.5), 1e-12);  // slopes are per week
  EXPECT_NEAR(s.therapy.clients.change_sd, 10 * std::sqrt(0.8 * 0.04 * 0.5), 1e-12);
  EXPECT_DOUBLE_EQ(s.therapy.clients.severity_change_correlation, 0.3);
  EXPECT_EQ(s.therapy.symptoms.reference_sessions, 5);
  EXPECT_FALSE(s.therapy.dropout.enabled);
}

TEST(Classical, IsReadBackAsItWasWritten) {
  auto const written = scenario_text(load_scenario("three-level-rct"));
  EXPECT_EQ(scenario_text(parse_scenario(written, "written")), written);
}

TEST(Classical, RefusesWhatCannotBe) {
  EXPECT_THROW(classical({"classical.icc_pre_therapist=0.6"}), ScenarioError);
  EXPECT_THROW(classical({"classical.d=0.5"}), ScenarioError);  // a cohort has no second arm
  EXPECT_THROW(classical({}, "reliability = 0.4\n"), ScenarioError);
  EXPECT_NO_THROW(classical({}));
}

std::string refused_key(std::vector<std::string> const& settings, std::string const& more = "") {
  try {
    classical(settings, more);
  } catch (ScenarioError const& error) {
    return error.key();
  }
  return "nothing";
}

std::string const two_arms = "[[arms]]\nname = \"control\"\n[[arms]]\nname = \"treatment\"\n";

TEST(Classical, RefusesWhatNoScenarioMayState) {
  std::vector<std::string> const long_course{"design.sessions=60", "classical.variance_ratio=0.1"};  // 13.4 SD
  EXPECT_EQ(refused_key(long_course), "classical.variance_ratio");
  auto of_therapists = long_course;
  of_therapists.emplace_back("classical.icc_slope=1");
  EXPECT_EQ(refused_key(of_therapists), "classical.variance_ratio");
  EXPECT_EQ(refused_key({"design.sessions=40", "classical.variance_ratio=0.1"}), "nothing");  // 8.9 SD

  std::string const unreliable = "reliability = 0.6\n";  // latent symptoms have 1.29 times the SD
  EXPECT_EQ(refused_key({"classical.change=-9"}, unreliable), "classical.change");
  EXPECT_EQ(refused_key({"classical.change=-7"}, unreliable), "nothing");
  EXPECT_EQ(refused_key({"classical.d=-9"}, unreliable + two_arms), "classical.d");
  EXPECT_EQ(refused_key({"classical.d=-7"}, unreliable + two_arms), "nothing");
}

TEST(Classical, StandardisesByAFirstArmWithoutTherapistsWithoutTheirVariance) {
  std::string const partly_nested =
      "[[arms]]\nname = \"control\"\ntherapists = 0\nclients = 80\n[[arms]]\nname = \"treatment\"\n";
  std::vector<std::string> const settings{"classical.icc_pre_therapist=0.3", "classical.icc_slope=0.5",
                                          "classical.variance_ratio=0.04", "classical.d=0.5", "design.sessions=10"};
  auto const difference = [&](std::string const& standardiser, std::string const& arms) {
    auto all = settings;
    all.emplace_back("classical.standardiser=" + standardiser);
    return classical(all, arms).arms[1].effects.change;
  };
  EXPECT_NEAR(difference("pre", partly_nested), 0.5 * std::sqrt(1 - 0.3), 1e-12);
  EXPECT_NEAR(difference("pre", two_arms), 0.5, 1e-12);
  double const slopes = 0.04 * 0.5;  // times 100 weeks squared, half of it therapists'
  EXPECT_NEAR(difference("post", partly_nested), 0.5 * std::sqrt(0.7 + 100 * slopes / 2), 1e-12);
  EXPECT_NEAR(difference("post", two_arms), 0.5 * std::sqrt(1 + 100 * slopes), 1e-12);
  EXPECT_NEAR(difference("slope", partly_nested), 0.5 * 10 * std::sqrt(slopes / 2), 1e-12);
}

TEST(Classical, OnlyACurveMakesPeopleLeaveAndItCanBeSwitchedOff) {
  std::string const curve = "dropout.curve={ weibull = { gone = 0.3, shape = 1.0 } }";
  EXPECT_TRUE(classical({curve}).therapy.dropout.enabled);
  EXPECT_FALSE(classical({curve, "dropout.enabled=false"}).therapy.dropout.enabled);
}

TEST(Classical, HasNoMissedSessions) {
  EXPECT_EQ(classical({"attendance.missed=0.2"}).therapy.attendance.missed, 0);
}

}  // namespace
}  // namespace bordin
