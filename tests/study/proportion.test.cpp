#include "study/proportion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

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

}  // namespace
}  // namespace bordin
