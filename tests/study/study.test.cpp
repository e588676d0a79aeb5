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

}  // namespace
}  // namespace bordin
