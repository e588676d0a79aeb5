#include "study/study.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Study small_study() {
  return Study(
      load_scenario("early-alliance", {parse_assignment("design.therapists=8"), parse_assignment("design.caseload=6")}));
}

TEST(Study, ReplicationIsTheAnalysisOfItsDataSet) {
  auto const study = small_study();
  auto const replication = study.replicate(1, 5, KeepData::full);
  ASSERT_TRUE(replication.data.has_value());
  EXPECT_GT(expect_same_rows(replication.data->clients, study.simulate(1, 5).clients, [](std::size_t row) { return row; }),
            0U);
  for (std::size_t a = 0; a < study.analyses().size(); ++a) {
    auto const fit = study.fit(a, *replication.data);
    ASSERT_EQ(fit.coefficients.size(), replication.estimates[a].terms.size());
    for (std::size_t t = 0; t < fit.coefficients.size(); ++t)
      EXPECT_EQ(fit.coefficients[t].estimate, replication.estimates[a].terms[t].estimate);
  }
}

TEST(Study, KeepsTheDataAskedFor) {
  auto const study = small_study();
  EXPECT_FALSE(study.replicate(1, 0, KeepData::none).data);
  EXPECT_TRUE(study.replicate(1, 0, KeepData::first).data);
  EXPECT_FALSE(study.replicate(1, 1, KeepData::first).data);
  EXPECT_TRUE(study.replicate(1, 1, KeepData::observed).data);
}

TEST(Study, LayoutHasTheColumnsOfEveryDataSet) {
  auto const study = small_study();
  auto const data = study.simulate(9, 9);
  EXPECT_EQ(study.layout().clients.names(), data.clients.names());
  EXPECT_EQ(study.layout().sessions.names(), data.sessions.names());
  EXPECT_EQ(study.layout().truth_clients.names(), data.truth_clients.names());
}

TEST(Study, LaggedModelsFollowClientsFromSessionToSessionButNotToTheFollowUps) {
  auto const* const formula = "core_om ~ lag(core_om) + (1 | therapist/client)";
  std::string const text = std::string("title = \"t\"\nbased_on = \"routine-care\"\n") +
                           "[design]\nfollowups = [13]\n[[analyses]]\nname = \"sessions\"\nformula = \"" + formula + "\"\n";
  Study const study(parse_scenario(
      text, "test", {parse_assignment("instruments.CORE-OM.when=[\"pre\", \"every session\", \"follow-up\"]")}));
  auto const data = study.simulate(3, 1);
  auto const found = study.fit(study.analyses().size() - 1, data);
  EXPECT_EQ(found.status, FitStatus::ok) << found.message;
  ASSERT_EQ(found.coefficients.size(), 1U);
  EXPECT_EQ(found.coefficients[0].term, "lag(core_om)");
  EXPECT_EQ(found.groups.back().name, "therapist");

  // The same from the rows of sessions alone, written out.
  AnalysisSpec spec;
  spec.formula = formula;
  auto const of_rows = [&](int last) {
    auto table = data.sessions;
    for (auto& column : table.columns())
      if (column.name == "session")
        for (auto& number : column.as<std::int16_t>())
          if (number > last) number = missing_code<std::int16_t>;
    return Analysis(spec, table).fit(table, {});
  };
  EXPECT_EQ(found.observations, of_rows(12).observations);
  EXPECT_EQ(found.coefficients[0].estimate, of_rows(12).coefficients[0].estimate);
  EXPECT_GT(of_rows(13).observations, found.observations);  // follow-ups would have been taken for sessions
}

TEST(Study, AnArmWhoseClientsAllLeftIsNotEstimable) {
  std::string const arms =
      "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\ndropout = 50.0\n[[analyses]]\nname = \"x\"\nformula = \"post ~ "
      "arm\"\n";
  Study const study(
      plain_world({"design.therapists=3", "design.caseload=4", "dropout.enabled=true", "dropout.baseline=-30"}, arms));
  auto const replication = study.replicate(1, 0, KeepData::none);
  EXPECT_EQ(replication.estimates[0].status, FitStatus::not_estimable);
  EXPECT_FALSE(replication.estimates[0].message.empty());
  EXPECT_TRUE(std::isnan(replication.estimates[0].terms[1].p_value));
}

TEST(Study, CompletersAreThoseWhoDidNotDropOut) {
  auto const only = *parse_toml("v = 'completers'", "t").find("v");
  Study const all(
      load_scenario("routine-care", {parse_assignment("analyses.multilevel.formula='last ~ pre + (1 | therapist)'"),
                                     parse_assignment("analyses.multilevel.test=[]")}));
  Study const some(load_scenario(
      "routine-care", {parse_assignment("analyses.multilevel.formula='last ~ pre + (1 | therapist)'"),
                       parse_assignment("analyses.multilevel.test=[]"), at_path("analyses.multilevel.clients", only)}));
  auto const data = all.simulate(1, 0);
  auto const& dropped_out = data.clients.column("dropped_out").as<std::int8_t>();
  auto const stayed = static_cast<std::size_t>(std::count(dropped_out.begin(), dropped_out.end(), 0));
  ASSERT_LT(stayed, dropped_out.size());
  EXPECT_GT(all.fit(0, data).observations, stayed);
  EXPECT_EQ(some.fit(0, data).observations, stayed);
}

}  // namespace
}  // namespace bordin
