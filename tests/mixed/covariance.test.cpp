#include "mixed/covariance.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace bordin {
namespace {

CovarianceStructure structure() {
  CovarianceStructure out;
  out.assign({{0, {0, 1}}, {1, {0}}, {1, {2, 1}}}, 2, 3);
  return out;
}

TEST(CovarianceStructure, FactorsWhatItMultipliesTogether) {
  auto made = structure();
  EXPECT_EQ(made.parameters(), 7);
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (int repeat = 0; repeat < 50; ++repeat) {
    Parameters const theta = Parameters::NullaryExpr(7, [&] { return normal(random); });
    std::vector<double> packed(12), again(12);
    made.covariance(theta, packed.data());
    made.covariance(made.factorised(packed.data(), true), again.data());
    for (std::size_t i = 0; i < packed.size(); ++i) EXPECT_NEAR(packed[i], again[i], 1e-12);
    EXPECT_FALSE(made.wants_other_order(packed.data()));
  }
}

TEST(CovarianceStructure, LeadsWithTheLargestVariance) {
  auto made = structure();
  std::vector<double> packed(12, 0.0);
  packed[0] = 1;  // level 0: effect 0, and effect 1 three times as large
  packed[3] = 3;
  EXPECT_TRUE(made.wants_other_order(packed.data()));
  static_cast<void>(made.factorised(packed.data(), false));
  EXPECT_EQ(made.order(0), (std::vector<int>{1, 0}));
  EXPECT_FALSE(made.wants_other_order(packed.data()));
}

TEST(CovarianceStructure, HasTheGradientOfAnyFunctionOfG) {
  auto const made = structure();
  Parameters const theta = (Parameters(7) << 1, .3, .5, -.7, .4, .2, .9).finished();
  std::vector<double> weight(12);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = 1 + static_cast<double>(i);
  // f = sum over the full matrices of weight * G: entries off the diagonal count twice.
  auto const f = [&](Parameters const& at) {
    std::vector<double> g(12);
    made.covariance(at, g.data());
    double sum = 0;
    for (int level = 0, k = 0; level < 2; ++level)
      for (int i = 0; i < 3; ++i)
        for (int j = i; j < 3; ++j, ++k)
          sum += (i == j ? 1 : 2) * weight[static_cast<std::size_t>(k)] * g[static_cast<std::size_t>(k)];
    return sum;
  };
  Parameters gradient;
  made.gradient(theta, weight.data(), gradient);
  for (int i = 0; i < 7; ++i) {
    Parameters up = theta, down = theta;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    EXPECT_NEAR(gradient[i], (f(up) - f(down)) / 2e-5, 1e-7) << i;
  }
}

}  // namespace
}  // namespace bordin
