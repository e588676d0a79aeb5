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

}  // namespace
}  // namespace bordin
