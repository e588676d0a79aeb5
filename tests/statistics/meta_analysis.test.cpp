#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

// With full loadings the three components are one, and the plain mean of the ratings is the composite itself.
constexpr char const* one_component = "alliance.loadings={goal=1.0, task=1.0, bond=1.0}";

constexpr int studies = 295;
constexpr int clients_per_study = 102;
constexpr double mean_r = 0.278;  // Flueckiger et al. 2018

//! One study after the other whose true correlations are spread over the quantiles of N(.278, tau).
std::vector<double> true_correlations(double tau) {
  boost::math::normal_distribution<double> const normal;
  std::vector<double> out;
  for (int k = 0; k < studies; ++k) out.push_back(mean_r + tau * boost::math::quantile(normal, (k + 0.5) / studies));
  return out;
}

struct Heterogeneity {
  Estimate negative;  // share of observed correlations below 0
  Estimate sd;        // their SD
};

//! The same meta-analysis many times over, with new clients in every study.
Heterogeneity meta_analyses(double tau, std::uint32_t times) {
  std::vector<Moments> spread(times);
  std::vector<double> negative(times);
  for (double const r : true_correlations(tau)) {
    Study const study(plain_world({"alliance.effect=" + std::to_string(r / std::sqrt(1 - r * r)), one_component,
                                   "design.early_sessions=[1, 1]", "design.sessions=1", "symptoms.reference_sessions=1",
                                   "design.therapists=" + std::to_string(clients_per_study), "design.caseload=1"}));
    auto const seed = static_cast<std::uint64_t>(1e6 * (r + 1));  // studies share no clients
    for (std::uint32_t m = 0; m < times; ++m) {
      auto const data = study.simulate(seed, m);
      double const observed = -pairs(numbers(data.clients, "alliance_early"), numbers(data.clients, "post")).correlation();
      spread[m].add(observed);
      negative[m] += observed < 0 ? 1.0 / studies : 0.0;
    }
  }
  std::vector<double> sd;
  for (auto const& moments : spread) sd.push_back(moments.sd());
  return {.negative = mean_of(negative), .sd = mean_of(sd)};
}

TEST(Heterogeneity, TwoPercentOfNegativeCorrelationsMeanATauOfTen) {
  // Of 295 correlations with mean .278 and about 102 clients each 2 % are negative: total SD .278/2.054 = .135, of which
  // sampling makes .092.
  boost::math::normal_distribution<double> const normal;
  double const total = mean_r / boost::math::quantile(boost::math::complement(normal, 0.02));
  double const sampling = (1 - mean_r * mean_r) / std::sqrt(clients_per_study - 1);
  EXPECT_NEAR(total, 0.135, 5.1e-4);
  EXPECT_NEAR(sampling, 0.092, 5.1e-4);
  EXPECT_NEAR(std::sqrt(total * total - sampling * sampling), 0.10, 5e-3);

  auto const sample = meta_analyses(0.10, 60);
  double expected = 0;  // Fisher's z of each study
  for (double const r : true_correlations(0.10))
    expected += boost::math::cdf(normal, -std::atanh(r) * std::sqrt(clients_per_study - 3)) / studies;
  EXPECT_NEAR(expected, 0.02, 5e-3);
  EXPECT_LT(sample.negative.z(expected), four_se);
  EXPECT_NEAR(sample.sd.mean, total, 4 * sample.sd.se + 1e-3);
  EXPECT_GT(meta_analyses(0, 20).negative.z(expected), four_se);  // without heterogeneity there are far fewer
}

TEST(PatientTherapistRatio, TheNumberOfTherapistsMattersByNoMoreThanTheirShare) {
  // Covariance within a study of J therapists x n clients: within + between (N - n)/(N - 1), that is, between (1 - 1/J)
  // nearly. The number of clients per therapist has no effect of its own.
  constexpr double v_t = 0.08, effect_t = 0.8, effect_c = 0.25;
  constexpr double between = effect_t * v_t, within = effect_c * (1 - v_t);
  auto const covariance = [&](int j, int n) {
    Study const study(
        plain_world({"therapists.alliance_share=0.08", "alliance.effect_therapist=0.8", "alliance.effect_client=0.25",
                     one_component, "design.early_sessions=[1, 1]", "design.sessions=1", "symptoms.reference_sessions=1",
                     "design.therapists=" + std::to_string(j), "design.caseload=" + std::to_string(n)}));
    return over_replications(study, 4000, [](Dataset const& d) {
      return -pairs(numbers(d.clients, "alliance_early"), numbers(d.clients, "post")).covariance();
    });
  };
  struct Size {
    int j, n;
  };
  for (auto const [j, n] : {Size{2, 50}, Size{10, 10}, Size{50, 2}, Size{10, 40}}) {
    double const all = j * n;
    double const expected = within + between * (all - n) / (all - 1);
    EXPECT_NEAR(expected, within + between * (1 - 1.0 / j), between / (all - 1)) << j << " x " << n;
    EXPECT_LT(covariance(j, n).z(expected), four_se) << j << " x " << n;
  }
  EXPECT_GT(covariance(2, 50).z(within + between), four_se);  // two therapists hide half of the between part
}

}  // namespace
}  // namespace bordin
