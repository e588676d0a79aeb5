#include "study/analysis_table.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "study/study.hpp"

namespace bordin {
namespace {

Dataset data() {
  return Study(load_scenario("routine-care",
                             {parse_assignment("design.therapists=4"), parse_assignment("design.caseload=3")}))
      .simulate(1, 0);
}

TEST(AnalysisTable, HasARowPerClientWhereClientsWillDo) {
  auto const d = data();
  auto const table = analysis_table(d, {"post", "pre", "therapist", "caseload", "ability_true", "last_true"});
  EXPECT_EQ(table.rows(), 12U);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(table.column("caseload").at(i), 3);
    EXPECT_EQ(table.column("ability_true").at(i), d.truth_therapists.column("ability_true").at(i / 3));
  }
}

TEST(AnalysisTable, RepeatsClientsWhereAVariableIsOfSessions) {
  auto const d = data();
  auto const table = analysis_table(d, {"core_om", "time", "pre", "therapist", "ability_true"});
  EXPECT_EQ(table.rows(), 12U * 13U);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    EXPECT_EQ(table.column("pre").at(row), d.clients.column("pre").at(row / 13));
    EXPECT_EQ(table.column("ability_true").at(row), d.truth_therapists.column("ability_true").at(row / 39));
  }
}

TEST(AnalysisTable, NamesTheNearestVariable) {
  try {
    static_cast<void>(analysis_table(data(), {"aliance_early"}));
    FAIL();
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("alliance_early"), std::string::npos);
  }
}

TEST(VariablesOf, AreTheColumnsOfAFormula) {
  AnalysisSpec spec;
  spec.formula = "post ~ pre*arm + log(age) + (1 + time | clinic/therapist)";
  EXPECT_EQ(variables_of(spec), (std::vector<std::string>{"age", "arm", "clinic", "post", "pre", "therapist", "time"}));
}

TEST(VariablesOf, TheClusterLevelTestNeedsItsClusters) {
  AnalysisSpec spec;
  spec.method = Method::cluster_level;
  spec.formula = "post ~ arm";
  EXPECT_EQ(variables_of(spec), (std::vector<std::string>{"arm", "post", "therapist"}));
  spec.formula = "post ~ arm + (1 | client)";
  EXPECT_EQ(variables_of(spec), (std::vector<std::string>{"arm", "client", "post"}));
}

}  // namespace
}  // namespace bordin
