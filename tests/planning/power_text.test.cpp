#include "planning/power_text.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

PowerResult made_up() {
  PowerResult result;
  result.keys = {"design.therapists", "design.caseload"};
  result.values = {{parse_assignment("v=4").members[0].second, parse_assignment("v=[2, 3]").members[0].second}};
  result.rows.push_back({.cell = 0,
                         .analysis = "a, \"b\"",
                         .term = "arm",
                         .replications = 100,
                         .power = proportion(80, 100),
                         .power_failed_as_no = proportion(80, 110),
                         .failed = proportion(10, 110),
                         .type_one = proportion(5, 100),
                         .no_type_one = "",
                         .closed_form = 0.81});
  result.cells = 1;
  result.warnings = {"something to know"};
  return result;
}

TEST(PowerText, HasEveryFigureWithItsError) {
  auto const text = power_text(made_up());
  for (auto const* part :
       {"0.8000 (0.0400)", "0.0500 (0.0218)", "0.8100", "9.1 %", "0.711 to 0.867", "Note: something to know"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(PowerText, TheMethodsNameTheValuesThatVaried) {
  auto const text = power_methods(made_up(), load_scenario("nested-trial"));
  EXPECT_NE(text.find("for each combination of design.therapists (4) and design.caseload ([2, 3])"), std::string::npos)
      << text;
}

TEST(PowerText, CsvQuotesWhatHasCommas) {
  auto const result = made_up();
  EXPECT_EQ(power_csv_heading(result).find("cell,design.therapists,design.caseload,analysis,term,"), 0U);
  auto const line = power_csv_cell(result);
  EXPECT_EQ(line.find("0,4,\"[2, 3]\",\"a, \"\"b\"\"\",arm,100,1,0.8,0.04,"), 0U) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(PowerText, WithoutACellSaysSo) {
  EXPECT_EQ(power_text({}), "No cell was finished.\n");
}

}  // namespace
}  // namespace bordin
