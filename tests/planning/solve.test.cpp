#include "planning/solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "planning/closed_form.hpp"

namespace bordin {
namespace {

ScenarioVariants trial(std::vector<std::string> const& settings = {}) {
  std::vector<Node> changes;
  for (auto const& setting : settings) changes.push_back(parse_assignment(setting));
  return load_variants("nested-trial", changes);
}

//! By the closed form.
int fewest_therapists(double d, double rho, int n) {
  for (int j = 2;; ++j)
    if (t_test_power(d / std::sqrt(2 * (1 + (n - 1) * rho) / (j * n)), 2.0 * (j - 1), 0.05) >= 0.8) return j;
}

SolveOptions with_seed(int seed) {
  SolveOptions options;
  options.seed = static_cast<std::uint64_t>(seed);
  return options;
}

SolveOptions on_threads(int threads) {
  SolveOptions options;
  options.threads = threads;
  return options;
}

Solution solved(ScenarioVariants const& scenario, std::string const& vary, SolveOptions const& options = {}) {
  RunControl control;
  return solve(scenario, parse_unknown(vary, scenario({})), options, control);
}

//! BORDIN_SOAK=1: 100 seeds.
int seeds_of_this_run() {
  return std::getenv("BORDIN_SOAK") == nullptr ? 12 : 100;
}

TEST(Solve, IntervalsHoldTheTrueNumberOfTherapists) {
  int const seeds = seeds_of_this_run();
  for (auto const& [d, rho, n] : {std::tuple{0.5, 0.05, 15}, std::tuple{0.8, 0.05, 10}}) {
    int const truth = fewest_therapists(d, rho, n);
    auto const scenario = trial({"classical.d=" + std::to_string(d), "classical.icc_pre_therapist=" + std::to_string(rho),
                                 "design.caseload=" + std::to_string(n)});
    int held = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      auto const solution = solved(scenario, "design.therapists=2:120", with_seed(seed));
      ASSERT_EQ(solution.status, Solution::Status::found);
      if (solution.lower <= truth && truth <= solution.upper) ++held;
      EXPECT_LE(solution.upper - solution.lower, 2);
      EXPECT_GE(solution.power, 0.8);
    }
    EXPECT_GE(held, seeds * 0.95 - 4 * std::sqrt(seeds * 0.95 * 0.05));
  }
}

TEST(Solve, FindsTheSmallestDetectableEffect) {
  // At 9 therapists of 15 clients an arm, d = .5 has a power of .845; .8 is reached where the closed form says.
  double low = 0.3, high = 0.6;
  for (int step = 0; step < 60; ++step) {
    double const middle = (low + high) / 2;
    (t_test_power(middle / std::sqrt(2 * (1 + 14 * 0.05) / (9 * 15)), 16, 0.05) >= 0.8 ? high : low) = middle;
  }
  auto const solution = solved(trial({"design.therapists=9"}), "classical.d=0:2");
  ASSERT_EQ(solution.status, Solution::Status::found);
  EXPECT_FALSE(solution.unknown.whole);
  double const se = (solution.upper - solution.lower) / 3.92;
  EXPECT_LT(std::abs(solution.at - high), 4 * se);
  EXPECT_LT(se, 0.02);
}

TEST(Solve, TakesTheLargestWherePowerFalls) {
  auto const solution = solved(trial({"design.therapists=12"}), "classical.icc_pre_therapist=0.0:0.4");
  ASSERT_EQ(solution.status, Solution::Status::found);
  double const at = solution.at, se = std::sqrt(2 * (1 + 14 * at) / (12 * 15));
  EXPECT_NEAR(t_test_power(0.5 / se, 22, 0.05), 0.8, 0.03);
}

TEST(Solve, SaysWhenItIsReachedAlreadyOrNowhere) {
  EXPECT_EQ(solved(trial(), "design.therapists=30:60").status, Solution::Status::below);
  auto const nowhere = solved(trial(), "design.caseload=2:200");  // 4 therapists an arm: there is a ceiling
  EXPECT_EQ(nowhere.status, Solution::Status::above);
  EXPECT_LT(nowhere.power, 0.8);
}

TEST(Solve, IsNotFoundAtAnEndThatDoesNotReachIt) {
  // 4 therapists an arm: power comes near .75 however many clients they have, so near .8 that a first look does not tell.
  auto const ceiling = solved(trial(), "design.caseload=2:1000");
  EXPECT_EQ(ceiling.status, Solution::Status::above);
  EXPECT_LT(ceiling.power, 0.8);
  SolveOptions few;
  few.replications = 500;
  EXPECT_EQ(solved(trial(), "design.caseload=2:1000", few).status, Solution::Status::above);
}

TEST(Solve, DoesNotDependOnThreads) {
  auto const one = solved(trial(), "design.therapists=2:60", on_threads(1));
  auto const two = solved(trial(), "design.therapists=2:60", on_threads(2));
  EXPECT_EQ(one.at, two.at);
  EXPECT_EQ(one.lower, two.lower);
  EXPECT_EQ(one.points.size(), two.points.size());
}

TEST(Solve, FindsTheCheapestOfTwoSizes) {
  auto const scenario = trial();
  RunControl control;
  Cost const cost("900*therapists + 120*clients");
  auto const frontier = solve_cheapest(scenario, parse_unknown("design.therapists=2:60", scenario({})),
                                       parse_unknown("design.caseload=2:40", scenario({})), cost, {}, control);
  double cheapest = 1e9;
  for (int n = 2; n <= 40; ++n) {
    int const j = fewest_therapists(0.5, 0.05, n);
    cheapest = std::min(cheapest, 900.0 * 2 * j + 120.0 * 2 * j * n);
  }
  ASSERT_TRUE(frontier.cheapest);
  EXPECT_NEAR(frontier.solutions[*frontier.cheapest].second.cost, cheapest, 0.1 * cheapest);
}

TEST(Solve, RefusesWhatMakesNoSense) {
  auto const scenario = trial();
  for (auto const* text : {"design.therapists", "design.therapists=5", "design.therapists=9:5", "x=a:b"})
    EXPECT_THROW(parse_unknown(text, scenario({})), Error) << text;
  EXPECT_THROW(solved(scenario, "design.therapist=2:9"), Error);
  EXPECT_THROW(solved(scenario, "design.therapists=2:9", {.power = 1.2, .test = ""}), Error);
  EXPECT_THROW(solved(scenario, "design.therapists=2:9", {.power = 0.8, .test = "nothing: x"}), Error);
}

TEST(Solve, StopsWhenAsked) {
  RunControl control;
  control.stop = true;
  auto const scenario = trial();
  EXPECT_EQ(solve(scenario, parse_unknown("design.therapists=2:60", scenario({})), {}, control).status,
            Solution::Status::stopped);
}

}  // namespace
}  // namespace bordin
