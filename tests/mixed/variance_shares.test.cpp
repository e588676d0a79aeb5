#include "mixed/variance_shares.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "mixed/inference_models.hpp"
#include "mixed/one_way.hpp"

namespace bordin {
namespace {

using testing::Balanced;
using Of = VarianceShares::Of;

constexpr double z = 1.959963984540054;

// Sums of squares of a one-way layout of `groups` times `size`.
struct SumsOfSquares {
  SumsOfSquares(Eigen::VectorXd const& y, int groups, int size) {
    double const mean = y.mean();
    for (int g = 0; g < groups; ++g) {
      auto const own = y.segment(g * size, size);
      between += size * (own.mean() - mean) * (own.mean() - mean);
      within += (own.array() - own.mean()).square().sum();
    }
  }
  double between = 0, within = 0;
};

// There, the mean squares are independent, and the criterion's curvature in their logarithms is their degrees of freedom.
TEST(VarianceShares, AreThoseOfAOneWayLayout) {
  constexpr int groups = 12, size = 7;
  std::mt19937_64 random(3);
  Balanced data(1, groups, size);
  data.draw(random, {.residual = 2, .inner = 1.5});
  data.fit_it({{0, {0}}}, 1, 1);
  VarianceShares shares;
  shares.assign(data.sums, data.fit, 0.95);
  SumsOfSquares const ss(data.y, groups, size);
  double const within = ss.within / (groups * (size - 1)), ratio = ss.between / (groups - 1) / within;
  double const lambda = (ratio - 1) / size;
  ASSERT_GT(lambda, 0);
  double const of_between = 2.0 / (groups - 1), of_within = 2.0 / (groups * (size - 1));
  double const se = ratio / (ratio - 1) * std::sqrt(of_between + of_within);
  auto const share = shares.share(0, 0, Of::all_variance);
  auto const logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(share.estimate, lambda / (1 + lambda), 1e-7);
  EXPECT_NEAR(share.lower, logistic(std::log(lambda) - z * se), 1e-6);
  EXPECT_NEAR(share.upper, logistic(std::log(lambda) + z * se), 1e-6);
  auto const residual = shares.residual_sd();
  EXPECT_NEAR(residual.estimate, std::sqrt(within), 1e-7);
  EXPECT_NEAR(residual.upper / residual.estimate, std::exp(z * std::sqrt(of_within) / 2), 1e-6);
  auto const sd = shares.standard_deviation(0, 0);
  double const log_se =  // of half of log(MSB - MSW)
      std::sqrt(of_between * ratio * ratio + of_within) / (ratio - 1) / 2;
  EXPECT_NEAR(sd.estimate, std::sqrt(lambda * within), 1e-7);
  EXPECT_NEAR(sd.upper / sd.estimate, std::exp(z * log_se), 1e-6);
  EXPECT_FALSE(sd.boundary);
  EXPECT_TRUE(std::isnan(shares.share(0, 1, Of::all_variance).estimate)) << "the model has no such effect";
}

TEST(VarianceShares, ReachAsFarAsTheCriterionLetsThemFromAVarianceOfZero) {
  constexpr int groups = 12, size = 7;
  std::mt19937_64 random(1);
  Balanced data(1, groups, size);
  do {
    data.draw(random, {});
    data.fit_it({{0, {0}}}, 1, 1);
  } while (data.fit.covariance(0)(0, 0) > 0);
  VarianceShares shares;
  shares.assign(data.sums, data.fit, 0.95);
  SumsOfSquares const ss(data.y, groups, size);
  constexpr int n = groups * size - 1;
  auto const criterion = [&](double lambda) {
    return (groups - 1) * std::log(1 + size * lambda) + n * std::log(ss.between / (1 + size * lambda) + ss.within);
  };
  double low = 0, high = 10;
  while (high - low > 1e-12) {
    double const middle = (low + high) / 2;
    (criterion(middle) - criterion(0) < z * z ? low : high) = middle;
  }
  auto const share = shares.share(0, 0, Of::all_variance);
  EXPECT_TRUE(share.boundary);
  EXPECT_EQ(share.lower, 0);
  EXPECT_NEAR(share.upper, low / (1 + low), 1e-5);
  double const s = (ss.between / (1 + size * low) + ss.within) / n;
  EXPECT_NEAR(shares.standard_deviation(0, 0).upper, std::sqrt(low * s), 1e-5);
}

TEST(VarianceShares, ChangeWithTheUnitsAsTheyShould) {
  std::mt19937_64 random(5);
  Balanced data(5, 4, 5);
  data.draw(random, {.inner = 1, .inner_slope = 0.4, .outer = 1});
  std::vector<CovarianceBlock> const blocks{{0, {0, 1}}, {1, {0}}};
  VarianceShares shares;
  data.fit_it(blocks, 2, 2);
  shares.assign(data.sums, data.fit, 0.9);
  auto const share = shares.share(1, 0, Of::all_variance), slope = shares.standard_deviation(0, 1);
  auto const whole = shares.share(0, 1, Of::between_groups);
  EXPECT_EQ(whole.estimate, 1) << "clients alone have slopes";
  data.y *= 50;
  data.z.col(1) /= 10;
  data.fit_it(blocks, 2, 2);
  shares.assign(data.sums, data.fit, 0.9);
  EXPECT_NEAR(shares.share(1, 0, Of::all_variance).upper, share.upper, 1e-5);
  EXPECT_NEAR(shares.share(1, 0, Of::all_variance).lower, share.lower, 1e-5);
  EXPECT_NEAR(shares.standard_deviation(0, 1).upper / slope.upper, 500, 0.01);
  EXPECT_NEAR(shares.standard_deviation(0, 1).lower / slope.lower, 500, 0.01);
}

struct Coverage {
  double share = 0, sd = 0, boundary = 0;
};

template <class Draw>
Coverage coverage(Balanced const& data, int level, double true_share, double true_sd, int replications, Draw const& draw) {
  Coverage out;
  VarianceShares shares;
  for (int i = 0; i < replications; ++i) {
    draw();
    shares.assign(data.sums, data.fit, 0.95);
    auto const share = shares.share(level, 0, Of::all_variance);
    auto const sd = shares.standard_deviation(level, 0);
    out.share += share.lower <= true_share && true_share <= share.upper;
    out.sd += sd.lower <= true_sd && true_sd <= sd.upper;
    out.boundary += share.boundary;
  }
  for (auto* rate : {&out.share, &out.sd, &out.boundary}) *rate /= replications;
  return out;
}

// With few groups, Wald intervals are approximations.
TEST(VarianceShares, CoverClearlyPositiveShares) {
  std::mt19937_64 random(6);
  Balanced data(1, 30, 8);
  auto const found = coverage(data, 0, 0.2, 0.5, 1000, [&] {
    data.draw(random, {.inner = 0.5});
    data.fit_it({{0, {0}}}, 1, 1);
  });
  EXPECT_GT(found.share, 0.91);
  EXPECT_LT(found.share, 0.98);
  EXPECT_GT(found.sd, 0.91);
}

// Therapists with 5 % of the variance: often estimated as 0, and then the other end has to hold.
TEST(VarianceShares, CoverSmallSharesOfTherapists) {
  std::mt19937_64 random(7);
  Balanced data(12, 6, 4);
  double const outer = std::sqrt(0.1);
  auto const found = coverage(data, 1, 0.05, outer, 600, [&] {
    data.draw(random, {.inner = std::sqrt(0.9), .outer = outer});
    data.fit_it({{0, {0}}, {1, {0}}}, 1, 2);
  });
  EXPECT_GT(found.boundary, 0.1);
  EXPECT_GT(found.share, 0.91);
  EXPECT_GT(found.sd, 0.91);
}

// Whatever the data: an estimate lies within its interval, and there is one wherever a fit exists.
TEST(VarianceShares, EncloseTheEstimateInSmallAndAwkwardData) {
  VarianceShares shares;
  int intervals = 0;
  for (unsigned seed = 0; seed < 60; ++seed)
    for (auto const& kind : testing::HeldModel::kinds()) {
      auto small = kind;
      for (auto& size : small.sizes) size = 2 + static_cast<int>(seed) % size;
      testing::HeldModel const model(small, seed);
      auto const rows = static_cast<int>(model.data.y.size());
      if (rows <= small.coefficients + 1) continue;
      NestedFit fit;
      fit.fit(model.sums, small.blocks, rows, true, 0);
      shares.assign(model.sums, fit, 0.95);
      for (int level = 0; level < model.structure.levels(); ++level)
        for (int effect = 0; effect < small.effects; ++effect)
          for (auto const& found :
               {shares.share(level, effect, Of::all_variance), shares.share(level, effect, Of::between_groups),
                shares.standard_deviation(level, effect)}) {
            EXPECT_FALSE(found.lower > found.estimate) << kind.what << seed;
            EXPECT_FALSE(found.upper < found.estimate) << kind.what << seed;
            intervals += !std::isnan(found.upper);
          }
    }
  EXPECT_GT(intervals, 500);
}

}  // namespace
}  // namespace bordin
