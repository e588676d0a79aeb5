#include "study/missingness.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

std::vector<MissingnessReason> reasons(std::string const& formula, std::vector<std::string> const& settings) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  Study const study(load_scenario("routine-care", overrides));
  AnalysisSpec spec;
  spec.name = "a";
  spec.formula = formula;
  return missingness_of(study, spec);
}

Missingness worst(std::string const& formula, std::vector<std::string> const& settings) {
  auto const found = reasons(formula, settings);
  return found.empty() ? Missingness::none : found.front().kind;
}

std::string const no_dropout = "dropout.enabled=false";

TEST(Missingness, OfScoresAtTheEndIsThatOfDropout) {
  EXPECT_EQ(worst("post ~ pre", {}), Missingness::not_at_random);
  EXPECT_NE(reasons("post ~ pre", {}).front().why.find("alliance"), std::string::npos);
  EXPECT_EQ(worst("post ~ pre", {no_dropout}), Missingness::none);
  EXPECT_EQ(worst("post ~ pre", {"dropout.curve={ weibull = { gone = 0.3, shape = 1 } }"}),
            Missingness::completely_at_random);
}

TEST(Missingness, OfSessionsIsThatOfEveryEnding) {
  std::string const formula = "core_om ~ time + (1 | client)";
  EXPECT_EQ(worst(formula, {no_dropout}), Missingness::at_random);
  EXPECT_EQ(worst(formula, {no_dropout, "ending.good_enough.probability=0"}), Missingness::completely_at_random);
  EXPECT_EQ(worst(formula, {no_dropout, "ending.good_enough.probability=0", "ending.agreed=0"}), Missingness::none);
  // A good enough ending on scores that nobody wrote down is not ignorable.
  EXPECT_EQ(worst(formula, {no_dropout, "instruments.CORE-OM.when=[\"pre\", \"post\"]"}), Missingness::not_at_random);
}

TEST(Missingness, OfQuestionnairesIsWhatTheyDependOn) {
  std::vector<std::string> settings{no_dropout, "design.missing.questionnaires=0.1"};
  EXPECT_EQ(worst("post ~ pre", settings), Missingness::completely_at_random);
  settings.emplace_back("design.missing.last_score=0.5");
  EXPECT_EQ(worst("post ~ pre", settings), Missingness::at_random);
  settings.emplace_back("design.missing.current_score=0.5");
  EXPECT_EQ(worst("post ~ pre", settings), Missingness::not_at_random);
}

TEST(Missingness, LastScoresAreMissingOnlyForThoseWhoNeverCame) {
  EXPECT_EQ(worst("last ~ pre", {}), Missingness::none);
  EXPECT_EQ(worst("last ~ alliance_early", {}), Missingness::none);
  EXPECT_EQ(worst("last ~ alliance_3", {}), Missingness::not_at_random);
  EXPECT_EQ(worst("last ~ pre", {"attendance.not_engaging=0.1"}), Missingness::not_at_random);
}

TEST(Missingness, OfOneSessionIsThatOfEveryEndingBeforeIt) {
  EXPECT_EQ(worst("last ~ empathy", {no_dropout}), Missingness::at_random);
  EXPECT_EQ(worst("last ~ alliance_8", {no_dropout, "ending.good_enough.probability=0"}),
            Missingness::completely_at_random);
  EXPECT_EQ(worst("last ~ alliance_early", {no_dropout, "design.early_sessions=[3, 5]"}), Missingness::at_random);
}

TEST(Missingness, LastScoresGivenAtTheEndOnlyAreThoseOfTheEnd) {
  std::string const at_end = "instruments.CORE-OM.when=[\"pre\", \"post\"]";
  EXPECT_EQ(worst("last ~ pre", {at_end}), Missingness::not_at_random);
  EXPECT_EQ(worst("last ~ pre", {at_end, no_dropout}), Missingness::none);
  EXPECT_EQ(worst("last ~ pre", {"design.missing.questionnaires=0.9"}), Missingness::completely_at_random);
}

TEST(Missingness, GoodEnoughAgainstAnIntakeNobodyMeasuredIsNotAtRandom) {
  EXPECT_EQ(worst("core_om ~ session", {no_dropout, "instruments.CORE-OM.when=[\"every session\"]"}),
            Missingness::not_at_random);
}

TEST(Missingness, AtRandomGivenWhatAnAnalysisLeavesOutIsSaid) {
  auto const why = [](std::string const& formula) { return reasons(formula, {no_dropout}).front().why; };
  EXPECT_EQ(why("core_om ~ session").find("not ignorable"), std::string::npos);
  EXPECT_NE(why("wai_sr ~ session").find("not ignorable"), std::string::npos);
}

TEST(Missingness, RetentionSkillAloneSaysNothingAboutOutcome) {
  std::vector<std::string> settings{"dropout={early_alliance=0, current_alliance=0, severity=0, gain=0, rupture=0}"};
  EXPECT_EQ(worst("post ~ pre", settings), Missingness::completely_at_random);
  settings.emplace_back("therapists.ability_retention_correlation=0.3");
  EXPECT_EQ(worst("post ~ pre", settings), Missingness::not_at_random);
}

TEST(Missingness, WhetherAClientLeftIsUnknownOfThoseWhoNeverCame) {
  EXPECT_EQ(worst("dropped_out ~ pre", {}), Missingness::none);
  EXPECT_EQ(worst("dropped_out ~ pre", {"attendance.not_engaging=0.1"}), Missingness::not_at_random);
}

TEST(Missingness, ArmsThatDropOutDifferentlyMakeItDependOnTheArm) {
  std::string const text = R"(
title = "arms"
based_on = "three-level-rct"
[[arms]]
name = "treatment"
dropout_curve = { weibull = { gone = 0.5, shape = 1 } }
[[analyses]]
name = "without the arm"
formula = "post ~ pre"
)";
  Study const study(parse_scenario(text, "arms"));
  auto const with_arm = missingness_of(study, study.analyses().front().spec());
  auto const without = missingness_of(study, study.analyses().back().spec());
  EXPECT_EQ(with_arm.front().kind, Missingness::at_random);
  EXPECT_EQ(with_arm.front().why, "dropout depends on the arm");
  EXPECT_NE(without.front().why.find("not ignorable"), std::string::npos);
}

}  // namespace
}  // namespace bordin
