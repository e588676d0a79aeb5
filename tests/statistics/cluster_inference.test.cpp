#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

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

struct Rejections {
  Estimate naive, cluster;
};

Rejections rejections(Scenario const& scenario, std::uint32_t replications) {
  Study const study(scenario);
  PerformanceTally tally(study);
  for (std::uint32_t r = 0; r < replications; ++r) tally.add(study.replicate(1, r, KeepData::none).estimates);
  Rejections out;
  for (auto const& row : tally.rows()) {
    if (row.measure != "rejection_rate" || row.term != "armtreatment") continue;
    (row.analysis == "naive" ? out.naive : out.cluster) = {.mean = row.value, .se = row.mcse};
  }
  return out;
}

TEST(IgnoringTherapists, TrueTypeOneErrorIsTheExactOne) {
  EXPECT_NEAR(naive_type_one(4, 15, 0.0), 0.05, 1e-8);
  struct Cell {
    int j, n;
    double rho, published;
  };
  for (auto const& cell : {Cell{4, 15, 0.10, 0.209}, Cell{2, 30, 0.05, 0.214}, Cell{10, 10, 0.05, 0.104}}) {
    double const exact = naive_type_one(cell.j, cell.n, cell.rho);
    EXPECT_NEAR(exact, cell.published, 5.1e-4);
    auto const sample = rejections(nested_trial(cell.j, cell.n, cell.rho, 0), 6000);
    EXPECT_LT(sample.naive.z(exact), four_se) << cell.j << " " << cell.n;
    EXPECT_GT(sample.naive.z(0.05), four_se) << cell.j << " " << cell.n;
    EXPECT_LT(sample.cluster.z(0.05), four_se) << cell.j << " " << cell.n;
  }
}

TEST(ClusterLevelTest, PowerIsThatOfTheNoncentralT) {
  struct Cell {
    int j, n;
    double d, rho, published;
  };
  for (auto const& cell : {Cell{4, 15, 0.5, 0.05, 0.423}, Cell{10, 10, 0.5, 0.10, 0.680}, Cell{5, 10, 0.8, 0.05, 0.828}}) {
    double const exact = cluster_level_power(cell.j, cell.n, cell.rho, cell.d);
    EXPECT_NEAR(exact, cell.published, 5.1e-4);
    auto const sample = rejections(nested_trial(cell.j, cell.n, cell.rho, cell.d), 6000).cluster;
    EXPECT_LT(sample.z(exact), four_se) << cell.j << " " << cell.n;
    EXPECT_GT(sample.z(cluster_level_power(cell.j, cell.n, 0, cell.d)), four_se) << cell.j << " " << cell.n;
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

}  // namespace
}  // namespace bordin
