#include "planning/solve_text.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

Solution made_up(Solution::Status status) {
  Solution s;
  s.status = status;
  s.test = "a: b";
  s.unknown = {.key = "design.therapists", .low = 5, .high = 120};
  s.at = 9;
  s.lower = 8;
  s.upper = 10;
  s.power = 0.81;
  s.cost = 43560;
  s.points = {{.at = 9, .power = proportion(810, 1000)}};
  return s;
}

void expect_parts(std::string const& text, std::vector<std::string> const& parts) {
  for (auto const& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(SolveText, SaysTheAnswerItsIntervalAndItsPoints) {
  expect_parts(solution_text(made_up(Solution::Status::found), {}),
               {"design.therapists = 9 reaches a power of 0.8", "95 % interval 8 to 10",
                "by the curve through all points, 0.810", "It costs 43560", "0.8100 (0.0124)"});
  expect_parts(solution_text(made_up(Solution::Status::above), {}), {"not reached between 5 and 120"});
  EXPECT_EQ(solution_text(made_up(Solution::Status::above), {}).find("therapists fixed"), std::string::npos);
  auto of_caseload = made_up(Solution::Status::above);
  of_caseload.unknown.key = "design.caseload";
  expect_parts(solution_text(of_caseload, {}), {"with therapists fixed"});
  expect_parts(solution_text(made_up(Solution::Status::below), {}), {"already", "outside"});
  expect_parts(solution_text(made_up(Solution::Status::stopped), {}), {"Stopped"});
}

TEST(SolveText, MarksTheCheapestPair) {
  Frontier frontier;
  frontier.second = {.key = "design.caseload", .low = 2, .high = 40};
  frontier.solutions = {{15, made_up(Solution::Status::found)}};
  frontier.cheapest = 0;
  expect_parts(frontier_text(frontier, {}),
               {"Cheapest with a power of 0.8: design.caseload = 15 and design.therapists = 9", "43560"});
  EXPECT_NE(frontier_text({}, {}).find("Stopped"), std::string::npos);
}

}  // namespace
}  // namespace bordin
