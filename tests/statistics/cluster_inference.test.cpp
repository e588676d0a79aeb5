#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>
#include <ostream>

#include "study/performance.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

//! Expectation of f(X), X chi-squared with `df`, by Gauss-Legendre over nearly all of its probability.
template <class Function>
double expectation(double df, Function const& f) {
  boost::math::chi_squared_distribution<double> const chi(df);
  double const low = boost::math::quantile(chi, 1e-12);
  double const high = boost::math::quantile(boost::math::complement(chi, 1e-12));
  return boost::math::quadrature::gauss<double, 100>::integrate([&](double x) { return boost::math::pdf(chi, x) * f(x); },
                                                                low, high);
}

//! True type I error of the pooled t test that ignores therapists: J per arm, n clients each, intraclass correlation rho.
double naive_type_one(int j, int n, double rho) {
  double const df = 2.0 * j * n - 2;
  double const t = boost::math::quantile(boost::math::students_t_distribution<double>(df), 0.975);
  double const c = t * t / df;
  double const lambda = (1 + (n - 1) * rho) / (1 - rho);
  boost::math::normal_distribution<double> const normal;
  return expectation(2.0 * (j - 1), [&](double a) {
    return expectation(2.0 * j * (n - 1), [&](double b) {
      return 2 * boost::math::cdf(boost::math::complement(normal, std::sqrt(c * a + c * b / lambda)));
    });
  });
}

//! Power of the t test of therapist means with 2(J - 1) df, total SD 1.
double cluster_level_power(int j, int n, double rho, double d) {
  double const df = 2.0 * (j - 1);
  double const t = boost::math::quantile(boost::math::students_t_distribution<double>(df), 0.975);
  double const ncp = d / std::sqrt(2 * (1 + (n - 1) * rho) / (j * n));
  if (ncp == 0) return 0.05;
  boost::math::non_central_t_distribution<double> const shifted(df, ncp);
  return boost::math::cdf(boost::math::complement(shifted, t)) + boost::math::cdf(shifted, -t);
}

//! Two arms with therapists of their own; the post score has SD 1 and intraclass correlation rho; the arms differ by d.
Scenario nested_trial(int j, int n, double rho, double d) {
  auto const setting = [](std::string const& key, double value) { return key + "=" + std::to_string(value); };
  return plain_world({setting("therapists.severity_sd", std::sqrt(rho)), "design.therapists=" + std::to_string(j),
                      "design.caseload=" + std::to_string(n), "design.sessions=1", "symptoms.reference_sessions=1"},
                     R"toml(
[[arms]]
name = "control"
[[arms]]
name = "treatment"
change = )toml" + std::to_string(d) +
                         R"toml(
[[analyses]]
name = "naive"
formula = "post ~ arm"
[[analyses]]
name = "cluster"
formula = "post ~ arm + (1 | therapist)"
method = "cluster-level"
)toml");
}

//! How often a test rejected.
struct Rejections {
  double share = 0;
  std::int64_t of = 0;
  //! Whether this is what chance does where the probability is p: no further in the binomial's tails than 4 SE are in the
  //! normal's. (With power near 1 there are too few failures for a normal approximation.)
  bool agrees_with(double p) const {
    constexpr double beyond_four_se = 6.3e-5;
    boost::math::binomial_distribution<double> const binomial(static_cast<double>(of), p);
    double const k = std::round(share * static_cast<double>(of));
    double const upper = k > 0 ? boost::math::cdf(boost::math::complement(binomial, k - 1)) : 1;
    return 2 * std::min(boost::math::cdf(binomial, k), upper) > beyond_four_se;
  }
};

struct BothTests {
  Rejections naive, cluster;
};

BothTests rejections(Scenario const& scenario, std::uint64_t seed, std::uint32_t replications) {
  Study const study(scenario);
  RunControl control;
  PerformanceTally tally(study, true_values(study, 1, control));
  for (std::uint32_t r = 0; r < replications; ++r) tally.add(study.replicate(seed, r, KeepData::none).estimates);
  BothTests out;
  for (auto const& row : tally.rows()) {
    if (row.measure != "rejection_rate" || row.term != "armtreatment") continue;
    (row.analysis == "naive" ? out.naive : out.cluster) = {.share = row.value, .of = row.converged};
  }
  return out;
}

//! Therapists per arm, clients each.
struct Size {
  int j, n;
};

constexpr std::array<Size, 9> type_one_sizes{
    {{2, 10}, {2, 30}, {4, 5}, {4, 15}, {5, 10}, {10, 5}, {10, 10}, {10, 20}, {20, 10}}};

struct TypeOneRow {
  double rho;
  std::array<double, type_one_sizes.size()> published;
  friend std::ostream& operator<<(std::ostream& out, TypeOneRow const& row) { return out << "ICC " << row.rho; }
};

class TypeOneError : public ::testing::TestWithParam<TypeOneRow> {};

TEST_P(TypeOneError, OfTheNaiveTestIsTheExactOneAndOfTheClusterLevelTestFivePercent) {
  auto const& [rho, published] = GetParam();
  for (std::size_t cell = 0; cell < published.size(); ++cell) {
    auto const [j, n] = type_one_sizes[cell];
    double const exact = naive_type_one(j, n, rho);
    EXPECT_NEAR(exact, published[cell], 5.1e-4);
    auto const sample = rejections(nested_trial(j, n, rho, 0), cell + 1, 3000);
    EXPECT_TRUE(sample.naive.agrees_with(exact)) << j << " x " << n << ": " << sample.naive.share << " for " << exact;
    EXPECT_TRUE(sample.cluster.agrees_with(0.05)) << j << " x " << n << ": " << sample.cluster.share;
    if (exact > 0.10) {
      EXPECT_FALSE(sample.naive.agrees_with(0.05)) << j << " x " << n;
    }
    if (exact > 0.15) {
      EXPECT_FALSE(sample.naive.agrees_with(naive_type_one(j, n, rho / 2))) << j << " x " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, TypeOneError,
    ::testing::Values(TypeOneRow{0.010, {0.061, 0.085, 0.055, 0.066, 0.061, 0.055, 0.060, 0.072, 0.060}},
                      TypeOneRow{0.025, {0.077, 0.137, 0.062, 0.092, 0.077, 0.062, 0.077, 0.107, 0.077}},
                      TypeOneRow{0.050, {0.105, 0.214, 0.074, 0.134, 0.104, 0.074, 0.104, 0.161, 0.104}},
                      TypeOneRow{0.100, {0.160, 0.330, 0.099, 0.209, 0.157, 0.098, 0.156, 0.251, 0.156}},
                      TypeOneRow{0.200, {0.258, 0.473, 0.149, 0.324, 0.248, 0.146, 0.245, 0.375, 0.243}},
                      TypeOneRow{0.300, {0.339, 0.560, 0.197, 0.406, 0.320, 0.190, 0.314, 0.455, 0.311}}),
    [](auto const& row) { return "Icc" + std::to_string(std::lround(1000 * row.param.rho)) + "PerMille"; });

TEST(IgnoringTherapists, WithoutTherapistVarianceTheNaiveTestIsRight) {
  EXPECT_NEAR(naive_type_one(4, 15, 0.0), 0.05, 1e-8);
}

//! What is left of the naive test's critical value when the variance of a mean is inflated by the design effect.
double type_one_of_many_therapists(int n, double rho) {
  boost::math::normal_distribution<double> const normal;
  return 2 * boost::math::cdf(boost::math::complement(normal, 1.96 / std::sqrt(1 + (n - 1) * rho)));
}

TEST(IgnoringTherapists, DesignEffectAloneIsNearlyRightForSmallIccsAndFewTherapistsSpoilIt) {
  for (auto const [j, n] : type_one_sizes) {
    if (j < 4) continue;
    for (double const rho : {0.01, 0.025, 0.05})
      EXPECT_NEAR(type_one_of_many_therapists(n, rho), naive_type_one(j, n, rho), 0.002) << j << " x " << n << " " << rho;
  }
  for (int const n : {10, 30}) EXPECT_NEAR(naive_type_one(2, n, 0.30) - type_one_of_many_therapists(n, 0.30), 0.03, 2e-3);
}

constexpr std::array<Size, 6> power_sizes{{{4, 15}, {5, 10}, {10, 10}, {10, 20}, {20, 10}, {40, 5}}};

struct PowerRow {
  double d, rho;
  std::array<double, power_sizes.size()> published;
  friend std::ostream& operator<<(std::ostream& out, PowerRow const& row) {
    return out << "d = " << row.d << ", ICC " << row.rho;
  }
};

class Power : public ::testing::TestWithParam<PowerRow> {};

TEST_P(Power, OfTheClusterLevelTestIsThatOfTheNoncentralT) {
  auto const& [d, rho, published] = GetParam();
  for (std::size_t cell = 0; cell < published.size(); ++cell) {
    auto const [j, n] = power_sizes[cell];
    double const exact = cluster_level_power(j, n, rho, d);
    EXPECT_NEAR(exact, published[cell], 5.1e-4);
    auto const sample = rejections(nested_trial(j, n, rho, d), cell + 1, 3000).cluster;
    EXPECT_TRUE(sample.agrees_with(exact)) << j << " x " << n << ": " << sample.share << " for " << exact;
    double const without = cluster_level_power(j, n, 0, d);
    if (without - exact > 0.10) {
      EXPECT_FALSE(sample.agrees_with(without)) << j << " x " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Power,
                         ::testing::Values(PowerRow{0.2, 0.00, {0.153, 0.143, 0.268, 0.473, 0.496, 0.506}},
                                           PowerRow{0.2, 0.05, {0.110, 0.114, 0.199, 0.274, 0.367, 0.438}},
                                           PowerRow{0.2, 0.10, {0.092, 0.098, 0.163, 0.199, 0.293, 0.386}},
                                           PowerRow{0.5, 0.00, {0.630, 0.593, 0.916, 0.997, 0.998, 0.999}},
                                           PowerRow{0.5, 0.05, {0.423, 0.447, 0.793, 0.923, 0.981, 0.995}},
                                           PowerRow{0.5, 0.10, {0.320, 0.359, 0.680, 0.793, 0.942, 0.987}},
                                           PowerRow{0.8, 0.05, {0.799, 0.828, 0.993, 1.000, 1.000, 1.000}}),
                         [](auto const& row) {
                           return "Effect" + std::to_string(std::lround(10 * row.param.d)) + "TenthsIcc" +
                                  std::to_string(std::lround(100 * row.param.rho)) + "Percent";
                         });

TEST(ClusterLevelTest, MoreClientsOfTheSameTherapistsHaveACeiling) {
  // n without bound leaves the noncentrality d / sqrt(2 rho / J).
  boost::math::non_central_t_distribution<double> const shifted(18, 0.5 / std::sqrt(2 * 0.05 / 10));
  double const t = boost::math::quantile(boost::math::students_t_distribution<double>(18), 0.975);
  double const ceiling = boost::math::cdf(boost::math::complement(shifted, t)) + boost::math::cdf(shifted, -t);
  EXPECT_NEAR(cluster_level_power(10, 100'000'000, 0.05, 0.5), ceiling, 1e-6);
  EXPECT_LT(cluster_level_power(10, 1000, 0.05, 0.5), ceiling);
}

TEST(SpuriousDifference, BetweenArmsWithoutEffectIsThatOfTheirTherapistMeans) {
  // E|d| = sqrt(2/pi) sqrt(2 DEFF / (J n)), in SD of the outcome.
  constexpr int j = 4, n = 15;
  auto const expected = [](double rho) {
    return std::sqrt(2 / std::numbers::pi) * std::sqrt(2 * (1 + (n - 1) * rho) / (j * n));
  };
  struct Published {
    double rho, difference;
  };
  for (auto const [rho, published] : {Published{0.0, 0.146}, Published{0.05, 0.190}, Published{0.10, 0.226}}) {
    EXPECT_NEAR(expected(rho), published, 5.1e-4);
    Study const study(nested_trial(j, n, rho, 0));
    auto const difference = over_replications(study, 4000, [](Dataset const& d) {
      auto const post = numbers(d.clients, "post");
      double sum = 0;
      for (std::size_t i = 0; i < post.size(); ++i) sum += 2 * i < post.size() ? -post[i] : post[i];  // arm after arm
      return std::abs(sum) / (j * n);
    });
    EXPECT_LT(difference.z(expected(rho)), four_se) << rho;
    if (rho > 0) {
      EXPECT_GT(difference.z(expected(0)), four_se) << rho;
    }
  }
}

//! F of therapists in a balanced one-way layout.
double anova_f(std::vector<double> const& y, std::size_t j, std::size_t n) {
  double grand = 0;
  for (double const v : y) grand += v / static_cast<double>(j * n);
  double between = 0, within = 0;
  for (std::size_t k = 0; k < j; ++k) {
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) mean += y[k * n + i] / static_cast<double>(n);
    between += static_cast<double>(n) * (mean - grand) * (mean - grand);
    for (std::size_t i = 0; i < n; ++i) within += (y[k * n + i] - mean) * (y[k * n + i] - mean);
  }
  return between / static_cast<double>(j - 1) / (within / static_cast<double>(j * (n - 1)));
}

TEST(BalancedOneWayLayout, FIsFDistributedAndNegativeIccsAreAsFrequent) {
  constexpr std::size_t j = 10, n = 8;
  constexpr double rho = 0.05;
  constexpr std::uint32_t replications = 4000;
  double const scale = (1 - rho) / (1 + (n - 1) * rho);
  boost::math::fisher_f_distribution<double> const f(j - 1, j * (n - 1));
  Study const study(plain_world(
      {"therapists.severity_sd=0.22360679774997896", "design.therapists=10", "design.caseload=8", "design.sessions=1"}));
  std::array<double, 10> bins{};
  double negative = 0;
  for (std::uint32_t r = 0; r < replications; ++r) {
    double const value = anova_f(numbers(study.simulate(5, r).clients, "pre"), j, n);
    negative += value < 1 ? 1 : 0;
    double const u = boost::math::cdf(f, value * scale);
    ++bins[std::min<std::size_t>(9, static_cast<std::size_t>(u * 10))];
  }
  double chi = 0;
  for (double const count : bins) chi += std::pow(count - replications / 10.0, 2) / (replications / 10.0);
  EXPECT_LT(chi, boost::math::quantile(boost::math::complement(boost::math::chi_squared_distribution<double>(9), 6e-5)));
  double const p = boost::math::cdf(f, scale);  // P(ICC estimate < 0) = P(F < 1)
  Estimate const share{.mean = negative / replications, .se = std::sqrt(p * (1 - p) / replications)};
  EXPECT_LT(share.z(p), four_se);
  EXPECT_GT(share.z(boost::math::cdf(f, 1.0)), four_se);  // as if there were no therapist variance
}

TEST(BalancedOneWayLayout, FourClientsPerTherapistOftenShowNoTherapistVarianceAtAll) {
  // 80 therapists of 4 clients, 3 % of variance (the size of Baldwin, Wampold & Imel 2007): no variance estimated in 28 %.
  constexpr std::size_t j = 80, n = 4;
  constexpr double rho = 0.03;
  double const p =
      boost::math::cdf(boost::math::fisher_f_distribution<double>(j - 1, j * (n - 1)), (1 - rho) / (1 + (n - 1) * rho));
  EXPECT_NEAR(p, 0.28, 0.015);
  Study const study(plain_world({"therapists.severity_sd=" + std::to_string(std::sqrt(rho)), "design.therapists=80",
                                 "design.caseload=4", "design.sessions=1"}));
  auto const share = over_replications(
      study, 4000, [](Dataset const& d) { return anova_f(numbers(d.clients, "pre"), j, n) < 1 ? 1.0 : 0.0; });
  EXPECT_LT(share.z(p), four_se);
  EXPECT_GT(share.z(0.5), four_se);  // about what no variance at all would give
}

}  // namespace
}  // namespace bordin
