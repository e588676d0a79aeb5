#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "study/performance.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

//! Keeps every estimate, and can ask for a stop.
class Keeper final : public Sink {
 public:
  void begin(Study const&, RunOptions const&) override { begun = true; }
  void accept(Replication const& replication) override {
    order.push_back(replication.number);
    estimates.push_back(replication.estimates);
    if (control != nullptr && order.size() == stop_after) control->stop.store(true);
  }
  void finish(std::uint32_t replications, std::vector<PerformanceRow> const&, RunFacts const&) override {
    finished = replications;
  }

  bool begun = false;
  std::vector<std::uint32_t> order;
  std::vector<std::vector<Estimates>> estimates;
  std::uint32_t finished = 0;
  RunControl* control = nullptr;
  std::size_t stop_after = 0;
};

Study small_study() {
  return Study(
      load_scenario("early-alliance", {parse_assignment("design.therapists=8"), parse_assignment("design.caseload=6")}));
}

std::vector<double> all_numbers(Keeper const& keeper) {
  std::vector<double> out;
  for (auto const& replication : keeper.estimates) {
    for (auto const& analysis : replication) {
      out.push_back(static_cast<double>(analysis.status));
      for (auto const& term : analysis.terms) {
        for (double const v : {term.estimate, term.std_error, term.df, term.p_value, term.lower, term.upper})
          out.push_back(std::isnan(v) ? -1e300 : v);
      }
    }
  }
  return out;
}

TEST(Run, ResultsDoNotDependOnThreads) {
  auto const study = small_study();
  std::vector<std::vector<double>> results;
  std::vector<std::vector<PerformanceRow>> performance;
  for (int const threads : {1, 2, 7}) {
    RunControl control;
    Keeper keeper;
    auto const result = run_study(study, {.seed = 3, .replications = 60, .threads = threads}, control, keeper);
    EXPECT_EQ(result.replications, 60U);
    for (std::uint32_t r = 0; r < 60; ++r) EXPECT_EQ(keeper.order[r], r);
    results.push_back(all_numbers(keeper));
    performance.push_back(result.performance);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
  for (std::size_t k = 0; k < performance[0].size(); ++k) EXPECT_EQ(performance[0][k].value, performance[2][k].value);
}

TEST(Run, ReplayIsTheReplicationOfTheWholeRun) {
  auto const study = small_study();
  RunControl control;
  Keeper keeper;
  run_study(study, {.seed = 1, .replications = 30, .threads = 2}, control, keeper);
  auto const alone = study.replicate(1, 17, KeepData::none);
  for (std::size_t a = 0; a < alone.estimates.size(); ++a) {
    for (std::size_t t = 0; t < alone.estimates[a].terms.size(); ++t) {
      EXPECT_EQ(alone.estimates[a].terms[t].estimate, keeper.estimates[17][a].terms[t].estimate);
      EXPECT_EQ(alone.estimates[a].terms[t].p_value, keeper.estimates[17][a].terms[t].p_value);
    }
  }
}

TEST(Run, StopsSoonAndKeepsWhatIsFinished) {
  auto const study = small_study();
  RunControl control;
  Keeper keeper;
  keeper.control = &control;
  keeper.stop_after = 10;
  auto const result = run_study(study, {.replications = 100'000, .threads = 2}, control, keeper);
  EXPECT_GE(result.replications, 10U);
  EXPECT_LE(result.replications, 7 * study.world().batch());  // that of the stop, and three for each thread
  EXPECT_EQ(keeper.finished, result.replications);
  EXPECT_EQ(result.performance.front().run, result.replications);
}

TEST(Run, RefusesWhatDoesNotFitBeforeItStarts) {
  Study const study(load_scenario(
      "early-alliance", {parse_assignment("design.therapists=10000000"), parse_assignment("design.caseload=10000")}));
  RunControl control;
  Keeper keeper;
  try {
    run_study(study, {}, control, keeper);
    FAIL();
  } catch (ResourceError const& error) {
    EXPECT_NE(std::string(error.what()).find("TB"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(keeper.begun);
}

TEST(Run, RefusesMoreDiskThanThereIs) {
  auto const study = small_study();
  RunControl control;
  Keeper keeper;
  EXPECT_THROW(run_study(study, {.replications = 4'000'000'000U, .keep = KeepData::full}, control, keeper, "./out.h5"),
               ResourceError);
  EXPECT_FALSE(keeper.begun);
}

TEST(Run, EndsAtTheFirstLookThatIsPreciseEnough) {
  Study const study(load_scenario("nested-trial"));
  RunOptions options{.replications = 100'000, .keep = KeepData::none};
  options.until_half_width = 0.02;
  auto const ended = [&](int threads) {
    options.threads = threads;
    Keeper sink;
    RunControl control;
    return run_study(study, options, control, sink);
  };
  auto const result = ended(2);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.replications, ended(1).replications);
  EXPECT_EQ(result.replications, 500U << (result.looks - 1));
  EXPECT_GT(result.looks, 1);
}

TEST(Run, LooksAreAtFixedCounts) {
  EXPECT_EQ(next_look(0, 100'000), 500U);
  EXPECT_EQ(next_look(500, 100'000), 1000U);
  EXPECT_EQ(next_look(64'000, 100'000), 100'000U);
  EXPECT_EQ(next_look(0, 200), 200U);
}

}  // namespace
}  // namespace bordin
