#include "mixed/nested_fit.hpp"

#include <gtest/gtest.h>

#include "mixed/small_data.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::small_data;

std::vector<CovarianceBlock> growth() {
  return {{0, {0, 1}}, {1, {0, 1}}};
}

TEST(NestedFit, IsCertifiedOnSmallAwkwardData) {
  int singular = 0, fitted = 0;
  NestedSums sums;
  NestedFit fit;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    auto data = small_data(random, {3 + static_cast<int>(seed % 5), 3, 6}, 2, 2);
    if (data.q.rows() < 4 * data.factors.front().groups) continue;
    data.y -= data.q * (data.q.transpose() * data.y);
    data.sum_up(sums);
    fit.fit(sums, growth(), static_cast<int>(data.q.rows()), seed % 2 == 0, 0);
    ASSERT_TRUE(fit.exists()) << seed;
    EXPECT_TRUE(fit.converged()) << seed << ": " << fit.decrement();
    ++fitted;
    singular += fit.singular() ? 1 : 0;
  }
  EXPECT_GT(fitted, 200);
  EXPECT_GT(singular, fitted / 3);
}

// No random point nearby or far has a lower criterion, by whole matrices.
TEST(NestedFit, NothingIsLower) {
  std::mt19937_64 random(5);
  NestedSums sums;
  NestedFit fit;
  for (int repeat = 0; repeat < 10; ++repeat) {
    auto data = small_data(random, {5, 4, 7}, 2, 2);
    data.y -= data.q * (data.q.transpose() * data.y);
    data.sum_up(sums);
    fit.fit(sums, growth(), static_cast<int>(data.q.rows()), true, 0);
    ASSERT_TRUE(fit.converged());
    std::normal_distribution<double> normal;
    for (int trial = 0; trial < 100; ++trial) {
      double const width = std::pow(10.0, -trial % 5);
      std::vector<Eigen::MatrixXd> g;
      for (std::size_t level = 0; level < 2; ++level) {
        Eigen::MatrixXd const l = Eigen::MatrixXd::NullaryExpr(2, 2, [&] { return width * normal(random); });
        g.emplace_back(fit.covariance(level) + l * l.transpose());
      }
      EXPECT_GT(data.criterion(g, true), fit.criterion() - 1e-8) << repeat << ' ' << trial;
    }
  }
}

TEST(NestedFit, EvaluatesWithoutAllocating) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  std::mt19937_64 random(11);
  auto data = small_data(random, {6, 5, 9}, 3, 2);
  data.y -= data.q * (data.q.transpose() * data.y);
  NestedSums sums;
  data.sum_up(sums);
  CovarianceStructure structure;
  structure.assign(growth(), 2, 2);
  NestedProfile profile;
  profile.assign(sums, structure, 50, true, 0);
  Parameters const start = Parameters::Constant(6, 0.5);
  CriterionAt at;
  ASSERT_TRUE(profile.evaluate(start, at));
  auto const before = testing::allocations();
  auto const minimum = minimise(profile, start);
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_TRUE(minimum.converged);
}

}  // namespace
}  // namespace bordin
