#include "design/ordinal_items.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>

#include "design/instrument_presets.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/alliance.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double items_per_component = OrdinalItems::per_component;
boost::math::normal_distribution<double> const normal;

//! Correlations of the components in a scenario that says nothing else.
double correlation(std::size_t a, std::size_t b) {
  auto const load = AllianceLoadings().array();
  return a == b ? 1 : load[a] * load[b];
}

//! E[answer | component = x] - E[answer]
double expected_answer(OrdinalItems const& items, double x) {
  double const loading = OrdinalItems::loading;
  double mean = 0;
  for (float const t : items.constants().thresholds) {
    double const threshold = static_cast<double>(t);
    mean += cdf(normal, (loading * x - threshold) / std::sqrt(1 - loading * loading)) - cdf(normal, -threshold);
  }
  return mean;
}

//! Covariance of the answers to two items whose components correlate r, by a grid over both components.
double covariance(OrdinalItems const& items, double r) {
  constexpr double step = 0.1;
  double sum = 0;
  for (double u = -6; u <= 6; u += step) {
    for (double v = -6; v <= 6; v += step) {
      double const w = r * u + std::sqrt(1 - r * r) * v;
      sum += step * step * pdf(normal, u) * pdf(normal, v) * expected_answer(items, u) * expected_answer(items, w);
    }
  }
  return sum;
}

//! What the constants of OrdinalItems give where nothing disturbs the alliance.
struct Implied {
  double mean = 0, item_variance = 0, item_skew = 0;
  double subscale_variance = 0, total_variance = 0;
  double alpha = 0, total_alpha = 0;
  double correlation_with_latent = 0;  //!< of the total with the mean of the components
};

Implied implied() {
  OrdinalItems const items;
  Implied out;
  for (std::size_t k = 0; k < 5; ++k) out.mean += static_cast<double>(k + 1) * OrdinalItems::answered[k];
  for (std::size_t k = 0; k < 5; ++k) {
    double const away = static_cast<double>(k + 1) - out.mean;
    out.item_variance += away * away * OrdinalItems::answered[k];
    out.item_skew += away * away * away * OrdinalItems::answered[k];
  }
  out.item_skew /= std::pow(out.item_variance, 1.5);
  double const within = covariance(items, 1);
  out.subscale_variance = (out.item_variance + (items_per_component - 1) * within) / items_per_component;
  out.alpha = items_per_component / (items_per_component - 1) *
              (1 - out.item_variance / (items_per_component * out.subscale_variance));
  double latent = 0;
  for (std::size_t a = 0; a < components; ++a) {
    for (std::size_t b = 0; b < components; ++b) {
      out.total_variance += (a == b ? out.subscale_variance : covariance(items, correlation(a, b))) / 9;
      latent += correlation(a, b) / 9;
    }
  }
  out.total_alpha = 12.0 / 11 * (1 - out.item_variance / (12 * out.total_variance));
  double slope = 0;  // covariance of an answer with its component
  for (float const t : items.constants().thresholds) slope += OrdinalItems::loading * pdf(normal, static_cast<double>(t));
  out.correlation_with_latent = slope * std::sqrt(latent / out.total_variance);
  return out;
}

TEST(OrdinalItems, ConstantsGiveThePublishedScale) {
  auto const scale = implied();
  EXPECT_GT(scale.alpha, 0.81);
  EXPECT_LT(scale.alpha, 0.91);
  EXPECT_GT(scale.total_alpha, 0.90);
  EXPECT_NEAR(scale.mean, 3.9, 0.05);
  EXPECT_NEAR((5 - scale.mean) / std::sqrt(scale.total_variance), 1.48, 0.01);
  EXPECT_LT(scale.item_skew, -0.3);
}

TEST(OrdinalItems, ThePresetStatesWhatTheItemsGive) {
  auto const scale = implied();
  auto const& preset = *preset_called("WAI-SR items");
  EXPECT_NEAR(preset.mean, scale.mean, 0.005);
  EXPECT_NEAR(preset.sd, std::sqrt(scale.subscale_variance), 0.005);
  EXPECT_NEAR(preset.reliability, scale.alpha, 0.005);
}

TEST(OrdinalItems, ThresholdsRiseAndAnswersWithThem) {
  OrdinalItems const items;
  for (std::size_t k = 1; k < 4; ++k) EXPECT_LT(items.constants().thresholds[k - 1], items.constants().thresholds[k]);
  EXPECT_EQ(items.answers(-20, {}), (OrdinalItems::Answers{1, 1, 1, 1}));
  EXPECT_EQ(items.answers(0, {-9, -3, 0, 9}), (OrdinalItems::Answers{1, 2, 4, 5}));
  EXPECT_EQ(mean_answer({1, 2, 4, 5}), 3);
}

TEST(OrdinalItems, SimulatedAnswersHaveTheImpliedMomentsAndAttenuation) {
  OrdinalItems const items;
  auto const load = AllianceLoadings().array();
  auto const scale = implied();
  constexpr std::uint32_t people = 100'000;
  std::vector<double> totals, latents;
  Moments one_item;
  for (std::uint32_t i = 0; i < people; ++i) {
    auto const z = normals(philox({i, 0, 0, 0}, 9));
    double total = 0;
    double latent = 0;
    for (std::uint32_t c = 0; c < components; ++c) {
      auto const x = static_cast<float>(load[c]) * z[0] + static_cast<float>(std::sqrt(1 - load[c] * load[c])) * z[c + 1];
      auto const answers = items.answers(x, normals(philox({i, c + 1, 0, 0}, 9)));
      if (c == 0) one_item.add(answers[2]);
      total += static_cast<double>(mean_answer(answers)) / 3;
      latent += static_cast<double>(x) / 3;
    }
    totals.push_back(total);
    latents.push_back(latent);
  }
  EXPECT_LT(std::abs(one_item.mean() - scale.mean) / one_item.se(), 4);
  EXPECT_LT(mean_of(totals).z(scale.mean), 4);
  std::vector<double> squares, cubes;
  for (double const t : totals) {
    squares.push_back((t - scale.mean) * (t - scale.mean));
    cubes.push_back((t - scale.mean) * (t - scale.mean) * (t - scale.mean));
  }
  EXPECT_LT(mean_of(squares).z(scale.total_variance), 4);
  EXPECT_GT(mean_of(squares).z(scale.total_variance * 1.05), 4);
  EXPECT_LT(mean_of(cubes).mean, -10 * mean_of(cubes).se);
  double const r = pairs(latents, totals).correlation();
  double const se = (1 - r * r) / std::sqrt(double{people});
  EXPECT_LT(std::abs(r - scale.correlation_with_latent) / se, 4);
  EXPECT_LT(r, std::sqrt(scale.total_alpha) - 0.005);  // coarse answers and the ceiling cost more than error alone
}

}  // namespace
}  // namespace bordin
