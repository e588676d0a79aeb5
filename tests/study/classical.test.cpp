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

}  // namespace
}  // namespace bordin
