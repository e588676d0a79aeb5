#include "cli/solve_command.hpp"

#include <gtest/gtest.h>

#include "cli/say.hpp"

namespace bordin {
namespace {

using testing::Said;
using testing::say;

Said solve(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"solve", "nested-trial", "--quiet"});
  return say(arguments);
}

TEST(SolveCommandTest, SaysTheAnswerAndItsCost) {
  auto const said = solve({"--vary", "design.therapists=2:60", "--cost", "900*therapists"});
  EXPECT_EQ(said.code, 0) << said.err;
  for (auto const* part : {"reaches a power of 0.8 of \"therapist means: armtreatment\"", "95 % interval", "It costs"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
}

TEST(SolveCommandTest, AnotherTestAndPowerCanBeMeant) {
  auto const said = solve(
      {"--vary", "design.therapists=2:60", "--power", "0.5", "--test", "random intercept, Satterthwaite: armtreatment"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_NE(said.out.find("power of 0.5 of \"random intercept, Satterthwaite: armtreatment\""), std::string::npos)
      << said.out;
}

TEST(SolveCommandTest, TwoUnknownsNeedACost) {
  auto const said = solve({"--vary", "design.therapists=2:60", "--vary", "design.caseload=5:10"});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("--cost"), std::string::npos);
  auto const cheapest = solve({"--vary", "design.therapists=2:60", "--vary", "design.caseload=9:11", "--cost", "clients"});
  EXPECT_EQ(cheapest.code, 0) << cheapest.err;
  EXPECT_NE(cheapest.out.find("cheapest"), std::string::npos);
}

TEST(SolveCommandTest, BadInputIsRefused) {
  EXPECT_EQ(solve({"--vary", "design.therapists=60:2"}).code, 2);
  EXPECT_EQ(solve({"--vary", "design.therapists=2:60", "--cost", "rooms"}).code, 2);
  EXPECT_EQ(solve({"--vary", "design.therapists=2:60", "--power", "80"}).code, 2);
  EXPECT_EQ(solve({}).code, 2);
}

}  // namespace
}  // namespace bordin
