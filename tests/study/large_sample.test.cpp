#include "study/large_sample.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/study.hpp"

namespace bordin {
namespace {

TEST(LargeSample, FindsTheTruthOfOneAnalysis) {
  RunControl control;
  auto const terms = large_sample(load_scenario("nested-trial"), "therapist means", 2, control);
  ASSERT_EQ(terms.size(), 2U);
  EXPECT_EQ(terms[1].count(), 25);
  EXPECT_LT(std::abs(terms[1].mean() + 0.5) / terms[1].se(), 4);
  EXPECT_LT(terms[1].se(), 0.02);
}

TEST(LargeSample, IsEmptyWhenStopped) {
  RunControl control;
  control.stop = true;
  EXPECT_TRUE(large_sample(load_scenario("nested-trial"), "therapist means", 1, control).empty());
}

}  // namespace
}  // namespace bordin
