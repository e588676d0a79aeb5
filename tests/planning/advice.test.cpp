#include "planning/advice.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

PowerRow row(Proportion type_one, Proportion failed = proportion(0, 100'000)) {
  return {.cell = 0,
          .analysis = "a",
          .term = "arm",
          .replications = 100'000,
          .power = proportion(80'000, 100'000),
          .power_failed_as_no = proportion(80'000, 100'000),
          .failed = failed,
          .type_one = type_one,
          .no_type_one = "",
          .closed_form = std::nullopt};
}

std::string advice(PowerRow const& of, Scenario const& scenario = load_scenario("nested-trial")) {
  PowerResult result;
  result.values.emplace_back();
  result.rows = {of};
  std::string text;
  for (auto const& sentence : advice_on(result, scenario)) text += sentence + "\n";
  return text;
}

TEST(Advice, IsSilentWhereNothingIsWrong) {
  EXPECT_EQ(advice(row(proportion(5'020, 100'000))), "");
}

TEST(Advice, SaysInWordsWhenATestFindsWhatIsNotThere) {
  EXPECT_NE(advice(row(proportion(13'000, 100'000))).find("must not be trusted"), std::string::npos);
  EXPECT_NE(advice(row(proportion(5'600, 100'000))).find("should not quite be trusted"), std::string::npos);
  EXPECT_NE(advice(row(proportion(2'700, 100'000))).find("conservative"), std::string::npos);
}

TEST(Advice, DoesNotBlameTheWorstOfManyCellsForChance) {
  auto const suspicious = row(proportion(5'180, 100'000));  // 2.6 standard errors above .05
  EXPECT_NE(advice(suspicious), "");
  PowerResult grid;
  grid.rows.assign(20, row(proportion(5'000, 100'000)));
  grid.rows.push_back(suspicious);
  grid.values.resize(1);
  EXPECT_TRUE(advice_on(grid, load_scenario("nested-trial")).empty());
}

TEST(Advice, CountsFailedFits) {
  auto const text = advice(row(proportion(5'000, 100'000), proportion(6'000, 100'000)));
  EXPECT_NE(text.find("6.0 % of the fits of \"a\" failed"), std::string::npos) << text;
  EXPECT_EQ(advice(row(proportion(5'000, 100'000), proportion(4'000, 100'000))), "");
}

TEST(Advice, TellsWhenReplicationsAreTooFew) {
  auto few = row(proportion(50, 1000));
  few.power = proportion(800, 1000);
  few.replications = 1000;
  EXPECT_NE(advice(few).find("too few to tell .78 from .80"), std::string::npos);
}

TEST(Advice, MissesTheRandomSlopeOfTherapists) {
  auto const formula = *parse_toml("f = 'z_score ~ time * arm + (1 + time | client) + (1 | therapist)'", "t").find("f");
  auto const without = load_scenario("three-level-rct", {at_path("analyses.ignoring therapists.formula", formula)});
  EXPECT_NE(advice(row(proportion(5'000, 100'000)), without).find("(time | therapist)"), std::string::npos);
  EXPECT_EQ(advice(row(proportion(5'000, 100'000)), load_scenario("three-level-rct")), "");
}

}  // namespace
}  // namespace bordin
