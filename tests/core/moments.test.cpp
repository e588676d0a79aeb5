#include "core/moments.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(Moments, AreThoseOfTheTextbook) {
  Moments moments;
  EXPECT_TRUE(std::isnan(moments.mean()));
  moments.add(1e9 + 2);
  EXPECT_TRUE(std::isnan(moments.variance()));
  for (double const x : {4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(1e9 + x);
  EXPECT_DOUBLE_EQ(moments.mean(), 1e9 + 5);
  EXPECT_NEAR(moments.variance(), 32.0 / 7, 1e-6);  // the large mean costs no digits
  EXPECT_NEAR(moments.se(), std::sqrt(32.0 / 7 / 8), 1e-6);
}

TEST(PairMoments, LeaveOutPairsWithAMissingValue) {
  PairMoments pairs;
  pairs.add(1, 2);
  pairs.add(std::nan(""), 100);
  pairs.add(2, 3);
  pairs.add(100, std::nan(""));
  pairs.add(4, 4);
  EXPECT_EQ(pairs.x().count(), 3);
  EXPECT_NEAR(pairs.covariance(), 1.5, 1e-15);
  EXPECT_NEAR(pairs.slope(), 1.5 / (7.0 / 3), 1e-15);
  EXPECT_NEAR(pairs.correlation(), 1.5 / std::sqrt(7.0 / 3), 1e-15);
}

}  // namespace
}  // namespace bordin
