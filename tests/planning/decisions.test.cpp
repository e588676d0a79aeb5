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
