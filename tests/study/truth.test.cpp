#include "study/truth.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

Scenario with_truth(std::string const& truth, std::vector<Node> changes = {}) {
  changes.push_back(at_path("analyses.therapist means.truth", *parse_toml("t = " + truth, "t").find("t")));
  return load_scenario("nested-trial", changes);
}

TrueValue truth_of(Scenario const& scenario) {
  RunControl control;
  return true_values(Study(scenario), 2, control)[0][1];
}

std::string complaint(std::string const& truth) {
  try {
    static_cast<void>(with_truth(truth));
    return "";
  } catch (ScenarioError const& error) {
    return error.what();
  }
}

TEST(Truth, IsANumberAParameterOrWhatCompleteDataGive) {
  EXPECT_EQ(truth_of(with_truth("{ armtreatment = -0.5 }")).value, -0.5);
  EXPECT_EQ(truth_of(with_truth("{ armtreatment = 0 }")).value, 0);
  EXPECT_EQ(truth_of(with_truth("{ armtreatment = 'classical.d' }")).value, 0.5);
  EXPECT_EQ(truth_of(with_truth("{ armtreatment = '-classical.d' }")).value, -0.5);
  auto const complete = truth_of(with_truth("{ armtreatment = 'complete data' }"));
  EXPECT_GT(complete.se, 0);
  EXPECT_LT(std::abs(complete.value + 0.5) / complete.se, 4);
  EXPECT_TRUE(std::isnan(truth_of(with_truth("{}")).value));
}

TEST(Truth, OfCompleteDataKnowsNothingOfDropout) {
  // Those who do badly leave: completers' means are better than what all would have had.
  std::vector<Node> const leaving{parse_assignment("design.missing.current_score=2"),
                                  parse_assignment("design.missing.questionnaires=0.4")};
  auto const complete = truth_of(with_truth("{ armtreatment = 'complete data' }", leaving));
  EXPECT_LT(std::abs(complete.value + 0.5) / complete.se, 4);
}

TEST(Truth, IsReadAgainFromTheScenariosText) {
  auto const scenario = with_truth("{ armtreatment = '-classical.d' }");
  EXPECT_EQ(truth_of(parse_scenario(scenario_text(scenario), "again")).value, -0.5);
}

TEST(Truth, OfWhatIsNotThereIsRefused) {
  EXPECT_NE(complaint("{ armtreatmen = 1 }").find("armtreatment"), std::string::npos);
  EXPECT_NE(complaint("{ armtreatment = 'classical.e' }").find("classical.d"), std::string::npos);
  EXPECT_NE(complaint("{ armtreatment = true }").find("must be"), std::string::npos);
  EXPECT_NE(complaint("3").find("must be"), std::string::npos);
}

}  // namespace
}  // namespace bordin
