#include "planning/power.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "planning/power_text.hpp"

namespace bordin {
namespace {

PowerResult power_of(std::vector<std::string> const& settings, std::vector<std::string> const& vary, PowerOptions options) {
  std::vector<Node> changes;
  for (auto const& setting : settings) changes.push_back(parse_assignment(setting));
  std::vector<Axis> axes;
  for (auto const& text : vary) axes.push_back(parse_axis(text));
  RunControl control;
  return run_power(load_scenario("nested-trial", changes), Grid(std::move(axes)), options, control);
}

PowerRow const& row_of(PowerResult const& result, std::size_t cell, std::string const& analysis) {
  for (auto const& row : result.rows)
    if (row.cell == cell && row.analysis == analysis) return row;
  throw Error("no row of " + analysis);
}

double z(Proportion const& p, double expected) {
  return std::abs(p.value - expected) / std::sqrt(expected * (1 - expected) / static_cast<double>(p.of));
}

TEST(Power, AgreesWithTheClosedFormAndTheNullIsKept) {
  auto const result = power_of({}, {"design.therapists=4,10"}, {.replications = 4000});
  ASSERT_EQ(result.cells, 2U);
  for (std::size_t cell : {0U, 1U}) {
    auto const& row = row_of(result, cell, "therapist means");
    ASSERT_TRUE(row.closed_form && row.type_one);
    EXPECT_LT(z(row.power, *row.closed_form), 4);
    EXPECT_LT(z(*row.type_one, 0.05), 4);
    EXPECT_GT(z(*row_of(result, cell, "ignoring therapists").type_one, 0.05), 8);
  }
}

TEST(Power, OfACellDoesNotDependOnTheGridOrTheThreads) {
  auto const alone = power_of({"design.therapists=10"}, {}, {.replications = 300, .threads = 1});
  auto const within = power_of({}, {"design.caseload=5,15", "design.therapists=4,10"}, {.replications = 300, .threads = 2});
  for (std::size_t i = 0; i < alone.rows.size(); ++i) {
    EXPECT_EQ(alone.rows[i].power.value, within.rows[3 * alone.rows.size() + i].power.value);
    EXPECT_EQ(alone.rows[i].type_one->value, within.rows[3 * alone.rows.size() + i].type_one->value);
  }
}

TEST(Power, NeighbouringCellsAndAnalysesShareTheirLuck) {
  auto const result = power_of({"classical.d=0.3"}, {"design.therapists=20,25"}, {.replications = 3000});
  ASSERT_FALSE(result.between_cells.empty());
  for (auto const& contrast : result.between_cells) {
    EXPECT_EQ(contrast.other_cell + 1, contrast.cell);
    EXPECT_LT(contrast.difference.mcse, 0.7 * contrast.difference.independent_mcse) << contrast.test;
  }
  for (auto const& contrast : result.between_tests) {
    EXPECT_EQ(contrast.other_test, "therapist means: armtreatment");
    EXPECT_LT(contrast.difference.mcse, 0.7 * contrast.difference.independent_mcse) << contrast.test;
  }
}

TEST(Power, AWorldThatIsItsOwnNullIsSimulatedOnce) {
  auto const result = power_of({"classical.d=0"}, {}, {.replications = 500});
  auto const& row = row_of(result, 0, "therapist means");
  ASSERT_TRUE(row.type_one);
  EXPECT_EQ(row.type_one->value, row.power.value);
}

TEST(Power, NoTypeOneErrorOfAWorldThatIsNoNull) {
  auto const null = *parse_toml("null = { \"classical.d\" = 0.4 }", "t").find("null");
  RunControl control;
  auto const scenario = load_scenario("nested-trial", {at_path("analyses.therapist means.null", null)});
  auto const result = run_power(scenario, Grid({}), {.replications = 200}, control);
  auto const& row = row_of(result, 0, "therapist means");
  EXPECT_FALSE(row.type_one);
  EXPECT_NE(row.no_type_one.find("not a null world"), std::string::npos);
  EXPECT_TRUE(row_of(result, 0, "ignoring therapists").type_one);
}

TEST(Power, LooksUntilTheIntervalIsNarrow) {
  auto const result = power_of({}, {}, {.replications = 100'000, .until_half_width = 0.02});
  auto const& row = row_of(result, 0, "therapist means");
  EXPECT_GT(row.looks, 1);
  EXPECT_LE((row.power.upper - row.power.lower) / 2, 0.02);
  EXPECT_EQ(row.replications % 500, 0U);
  auto const again = power_of({}, {}, {.replications = 100'000, .threads = 1, .until_half_width = 0.02});
  EXPECT_EQ(again.rows.front().replications, row.replications);
  auto const capped = power_of({}, {}, {.replications = 700, .until_half_width = 0.001});
  EXPECT_EQ(capped.rows.front().replications, 700U);
}

TEST(Power, StoppedKeepsTheCellsThatWereFinished) {
  RunControl control;
  std::size_t told = 0;
  auto const result = run_power(load_scenario("nested-trial"), Grid({parse_axis("design.therapists=4:9")}),
                                {.replications = 100}, control, [&](PowerResult const& so_far) {
                                  told = so_far.cells;
                                  if (told == 2) control.stop = true;
                                });
  EXPECT_EQ(told, 2U);
  EXPECT_EQ(result.cells, 2U);
  EXPECT_EQ(result.rows.size(), 10U);
  EXPECT_NE(power_text(result).find("therapist means"), std::string::npos);
}

TEST(Power, RefusesAnImpossibleCellBeforeAnythingIsRun) {
  Grid const grid({parse_axis("design.therapists=4,0")});
  EXPECT_THROW(power_replications(load_scenario("nested-trial"), grid, {}), ScenarioError);
  EXPECT_THROW(power_replications(load_scenario("nested-trial"), Grid({parse_axis("design.therapist=4,5")}), {}),
               ScenarioError);
  EXPECT_THROW(power_of({}, {}, {.replications = 0}), Error);
  EXPECT_THROW(power_of({}, {}, {.until_half_width = 0.7}), Error);
  EXPECT_EQ(
      power_replications(load_scenario("nested-trial"), Grid({parse_axis("design.therapists=4,5")}), {.replications = 10}),
      40U);
}

}  // namespace
}  // namespace bordin
