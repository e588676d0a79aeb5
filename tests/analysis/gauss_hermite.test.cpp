#include "analysis/gauss_hermite.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

// E u^(2m) = 1 * 3 * 5 ... (2m - 1), exactly up to degree 2K - 1.
TEST(GaussHermite, IntegratesPolynomialsExactly) {
  for (int const count : {1, 2, 3, 5, 10, 25, 50, 100}) {
    GaussHermite const rule(count);
    double moment = 1;
    for (int m = 0; 2 * m < 2 * count && m < 30; ++m) {
      double sum = 0;
      double odd = 0;
      for (Eigen::Index k = 0; k < count; ++k) {
        sum += std::exp(rule.log_weights[k]) * std::pow(rule.nodes[k], 2 * m);
        odd += std::exp(rule.log_weights[k]) * std::pow(rule.nodes[k], 2 * m + 1);
      }
      EXPECT_NEAR(sum / moment, 1, 1e-11) << count << " nodes, degree " << 2 * m;
      EXPECT_NEAR(odd / moment, 0, 1e-9) << count;
      moment *= 2 * m + 1;
    }
  }
}

TEST(GaussHermite, NodesAreThoseOfTheBooks) {
  GaussHermite const one(1);
  EXPECT_EQ(one.nodes[0], 0);
  EXPECT_EQ(one.log_weights[0], 0);
  GaussHermite const three(3);
  EXPECT_NEAR(three.nodes[2], std::sqrt(3), 1e-14);
  EXPECT_EQ(three.nodes[1], 0);
  EXPECT_NEAR(std::exp(three.log_weights[2]), 1 / 6.0, 1e-15);
}

// The far weights lie far below the precision of eigenvectors.
TEST(GaussHermite, FarWeightsKeepTheirDigits) {
  GaussHermite const rule(50);
  EXPECT_LT(rule.log_weights[49], -80);
  EXPECT_NEAR(rule.log_weights[49], rule.log_weights[0], 1e-10);
  double sum = 0;  // E exp(3 u) needs the tails
  for (Eigen::Index k = 0; k < 50; ++k) sum += std::exp(rule.log_weights[k] + 3 * rule.nodes[k]);
  EXPECT_NEAR(sum / std::exp(4.5), 1, 1e-12);
}

}  // namespace
}  // namespace bordin
