#include "simulation/latent_means.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
std::vector<std::int32_t> const one_stratum(16, 0);

TEST(LatentMeans, EqualGroupsByHand) {
  // Means 2, 4, 9 of three members each: MS between 39, within 1, tau2 = 38/3, lambda = (38/3) / (38/3 + 1/3) = 38/39.
  auto const means = latent_means({1, 2, 3, 3, 4, 5, 8, 9, 10}, {0, 0, 0, 1, 1, 1, 2, 2, 2}, one_stratum);
  ASSERT_EQ(means.size(), 3U);
  EXPECT_NEAR(means[0], 5 - 3 * 38.0 / 39, 1e-14);
  EXPECT_NEAR(means[1], 5 - 1 * 38.0 / 39, 1e-14);
  EXPECT_NEAR(means[2], 5 + 4 * 38.0 / 39, 1e-14);
}

TEST(LatentMeans, UnequalGroupsByHand) {
  // Sizes 1, 2, 3, the missing not counted; means 0, 3, 7, of all 4.5. SS between 20.25 + 4.5 + 18.75 = 43.5 with 2 df,
  // within 2 + 2 with 3 df; n0 = (6 - 14/6) / 2 = 11/6.
  auto const means = latent_means({0, 2, missing, 4, 6, 7, 8}, {0, 1, 1, 1, 2, 2, 2}, one_stratum);
  double const within = 4.0 / 3, between = (43.5 / 2 - within) / (11.0 / 6);
  auto const expected = [&](double mean, double n) { return 4.5 + between / (between + within / n) * (mean - 4.5); };
  EXPECT_NEAR(means[0], expected(0, 1), 1e-14);
  EXPECT_NEAR(means[1], expected(3, 2), 1e-14);
  EXPECT_NEAR(means[2], expected(7, 3), 1e-14);
}

TEST(LatentMeans, AreDrawnToTheMeanOfTheirStratum) {
  std::vector<float> const here{1, 3, 6, 8}, there{101, 103, 106, 108};
  auto both = here;
  both.insert(both.end(), there.begin(), there.end());
  auto const means = latent_means(both, {0, 0, 1, 1, 2, 2, 3, 3}, {0, 0, 0, 0, 1, 1, 1, 1});
  auto const alone = latent_means(here, {0, 0, 1, 1}, one_stratum);
  for (std::size_t g = 0; g < 2; ++g) {
    EXPECT_NEAR(means[g], alone[g], 1e-12);
    EXPECT_NEAR(means[g + 2], alone[g] + 100, 1e-12);
  }
  // Otherwise what sets strata apart would count as reliable variance of groups.
  EXPECT_LT(latent_means(both, {0, 0, 1, 1, 2, 2, 3, 3}, one_stratum)[2], means[2] - .2);
}

TEST(LatentMeans, WithoutVarianceBetweenGroupsAllHaveTheMeanOfAll) {
  for (double const m : latent_means({1, 3, 3, 1}, {0, 0, 1, 1}, one_stratum)) EXPECT_EQ(m, 2);
  for (double const m : latent_means({2, 2, 2, 2}, {0, 0, 1, 1}, one_stratum)) EXPECT_EQ(m, 2);
}

TEST(LatentMeans, WithoutErrorTheyAreTheObservedMeans) {
  EXPECT_EQ(latent_means({1, 1, 4, 4}, {0, 0, 1, 1}, one_stratum), (std::vector<double>{1, 4}));
}

TEST(LatentMeans, AreMissingWhereNothingTellsTheVariancesApart) {
  auto const all_missing = [](std::vector<double> const& means) {
    for (double const m : means)
      if (!std::isnan(m)) return false;
    return true;
  };
  EXPECT_TRUE(all_missing(latent_means({1, 2, 3}, {0, 1, 2}, one_stratum)));
  EXPECT_TRUE(all_missing(latent_means({1, 2, 3}, {0, 0, 0}, one_stratum)));
  EXPECT_TRUE(all_missing(latent_means({missing, missing}, {0, 1}, one_stratum)));
  auto const one_unrated = latent_means({1, 2, missing, 5, 6}, {0, 0, 1, 2, 2}, one_stratum);
  EXPECT_TRUE(std::isnan(one_unrated[1]));
  EXPECT_FALSE(std::isnan(one_unrated[0]));
}

}  // namespace
}  // namespace bordin
