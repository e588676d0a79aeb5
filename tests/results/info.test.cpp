#include <gtest/gtest.h>

#include <string>

#include "results/reader.hpp"
#include "results/small_run.hpp"

namespace bordin {
namespace {

class DescribeResults : public testing::Test {
 protected:
  std::string text() const { return describe_results(ResultsFile(file_path)); }
  void expect(std::string const& words) const {
    EXPECT_NE(text().find(words), std::string::npos) << words << "\n" << text();
  }

  TemporaryFolder folder;
  std::string file_path = folder.file("run.h5");
};

TEST_F(DescribeResults, NamesScenarioAnalysesPerformanceAndData) {
  run_to(file_path, {.seed = 7, .replications = 5});
  auto const& scenario = small_study().scenario();
  expect(scenario.title);
  expect(scenario_digest(scenario));
  expect("seed          7\n");
  expect("replications  5\n");
  expect(scenario.analyses[0].spec.formula);
  expect("alliance_within");
  expect("Data of replication 0 kept");
  expect("data/clients");
  expect(" threads; ");
}

TEST_F(DescribeResults, SaysThatARunWasStopped) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 10});
  writer.accept(small_replication(0));
  writer.finish(1, {}, {});
  expect("replications  1 of 10 (stopped before the end)");
}

TEST_F(DescribeResults, HasTheParagraphOnMethodsAndTheKeysOfFailedFits) {
  run_to(file_path, {.seed = 7, .replications = 5});
  expect("We simulated 5 data sets");
  EXPECT_EQ(text().find("Failed fits"), std::string::npos);
  ResultsWriter writer(file_path, true);
  writer.begin(small_study(), {.replications = 2});
  writer.accept(small_replication(0));
  auto failed = small_replication(1);
  failed.estimates[0].status = FitStatus::not_converged;
  failed.estimates[0].message = "as made up";
  writer.accept(failed);
  writer.finish(2, {}, {});
  expect("Failed fits: 1. The first is of");
  expect("as made up");
  expect("--replication 1 makes it again");
}

TEST_F(DescribeResults, ARunThatWasPreciseEnoughWasNotStopped) {
  RunOptions options{.replications = 2000, .keep = KeepData::none};
  options.until_half_width = 0.4;
  run_to(file_path, options);
  expect("replications  500\n");
}

TEST_F(DescribeResults, SaysThatNoDataWereKept) {
  run_to(file_path, {.replications = 1, .keep = KeepData::none});
  expect("Data: none kept");
}

}  // namespace
}  // namespace bordin
