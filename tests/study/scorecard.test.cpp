#include "study/scorecard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace bordin {
namespace {

Target target(std::string name, Certainty certainty) {
  Target t;
  t.name = std::move(name);
  t.quantity = "a | b";
  t.value = "0.20";
  t.statistic = "dropout_rate";
  t.certainty = certainty;
  return t;
}

Evidence example() {
  Figure const figure{.statistic = "dropout_rate", .value = 0.20123, .mcse = 0.00012};
  auto listed = target("listed", Certainty::derived);
  listed.headline = true;
  listed.interval = {0.1, 0.3};
  auto apart = target("apart", Certainty::verified);
  apart.not_together = "it contradicts another";
  return {.options = {},
          .rows = {judged(listed, figure), judged(target("sure", Certainty::verified), figure),
                   judged(target("unsure", Certainty::unchecked), figure), judged(apart, figure),
                   judged(target("none", Certainty::verified), {.statistic = "dropout_rate", .problem = "no column x"})},
          .joint_r2 = {.statistic = "joint_r2", .value = 0.105, .mcse = 0.001},
          .sum_of_r2 = {.statistic = "sum_of_r2", .value = 0.325, .mcse = 0.002}};
}

void expect_has(std::string const& text, std::vector<std::string> const& wanted) {
  for (auto const& words : wanted) EXPECT_NE(text.find(words), std::string::npos) << words << "\nis not in\n" << text;
}

TEST(Scorecard, SaysWhatHoldsAndWhatDoesNotGate) {
  expect_has(scorecard_text(example()),
             {"20.12 % (0.01)", "10.50 % (0.10) of the outcome together", "add to 32.50 % (0.20)", "0.2012 (0.0001)",
              "0.1946 to 0.2054", "yes; not gated: M?", "yes; not together (1)", "(1) it contradicts another",
              "no value: no column x", "2 of 3 gating targets hold (5 targets in all).", "seed 1953, which was not used"});
}

TEST(Scorecard, OnlyItsOwnSeedWasNotUsedForCalibration) {
  auto other = example();
  other.options.seed = 1;
  EXPECT_EQ(scorecard_text(other).find("not used"), std::string::npos);
}

TEST(Scorecard, ThePageHasWholeTables) {
  auto const page = scorecard_page(example());
  expect_has(page,
             {"# Published targets", "a \\| b", "## routine-care", "| dropout_rate | share of clients who drop out |"});
  std::istringstream lines(page);
  std::string line;
  std::ptrdiff_t columns = 0;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] != '|') {
      columns = 0;
      continue;
    }
    for (auto at = line.find("\\|"); at != std::string::npos; at = line.find("\\|")) line.erase(at, 2);
    auto const here = std::count(line.begin(), line.end(), '|');
    EXPECT_TRUE(columns == 0 || here == columns) << line;
    columns = here;
  }
}

}  // namespace
}  // namespace bordin
