#include "planning/decisions.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

Decisions from(std::string const& word) {
  Decisions decisions;
  for (char const c : word) decisions.add(c == '1' ? Decision::rejected : c == '0' ? Decision::retained : Decision::failed);
  return decisions;
}

TEST(Proportion, HasWilsonsInterval) {
  auto const p = proportion(8, 10);  // as in R: prop.test(8, 10, correct = FALSE)
  EXPECT_DOUBLE_EQ(p.value, 0.8);
  EXPECT_DOUBLE_EQ(p.mcse, std::sqrt(0.016));
  EXPECT_NEAR(p.lower, 0.4901625, 1e-7);
  EXPECT_NEAR(p.upper, 0.9433178, 1e-7);
  EXPECT_EQ(proportion(0, 20).lower, 0);
  EXPECT_GT(proportion(0, 20).upper, 0.1);
  EXPECT_TRUE(std::isnan(proportion(0, 0).value));
}

TEST(Decisions, FailedFitsAreLeftOutOrCountAsNo) {
  auto const decisions = from("1x01x");
  EXPECT_DOUBLE_EQ(decisions.rejected().value, 2.0 / 3);
  EXPECT_EQ(decisions.rejected().of, 3);
  EXPECT_DOUBLE_EQ(decisions.rejected_failed_as_no().value, 0.4);
  EXPECT_DOUBLE_EQ(decisions.failed().value, 0.4);
  EXPECT_TRUE(std::isnan(from("xx").rejected().value));
}

TEST(Difference, IsOfPairs) {
  auto const d = difference(from("1110x1"), from("1000x0"));
  EXPECT_DOUBLE_EQ(d.value, 3.0 / 5);
  EXPECT_EQ(d.of, 5);
  EXPECT_DOUBLE_EQ(d.mcse, std::sqrt(0.3 / 5));  // differences 0 1 1 0 1: variance .3
  EXPECT_GT(d.independent_mcse, d.mcse);
}

TEST(Difference, OfATestFromItselfIsExactlyNothing) {
  auto const d = difference(from("10101"), from("10101"));
  EXPECT_EQ(d.value, 0);
  EXPECT_NEAR(d.mcse, 0, 1e-8);
}

}  // namespace
}  // namespace bordin
