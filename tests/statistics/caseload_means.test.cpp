#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <utility>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

//! Therapists differ in nothing but their direct effect on change, with intraclass correlation rho of the outcome; clients
//! differ in severity only.
Study effective_therapists(double rho, int therapists, int caseload) {
  return Study(plain_world({"therapists.direct_sd=" + std::to_string(std::sqrt(rho / (1 - rho))), "design.sessions=1",
                            "symptoms.reference_sessions=1", "design.therapists=" + std::to_string(therapists),
                            "design.caseload=" + std::to_string(caseload)}));
}

//! Benefit (-post) per therapist; all caseloads are of one size.
std::vector<double> mean_benefit(Dataset const& data) {
  auto const post = numbers(data.clients, "post");
  std::vector<double> means(data.truth_therapists.rows());
  auto const n = post.size() / means.size();
  for (std::size_t i = 0; i < post.size(); ++i) means[i / n] -= post[i] / static_cast<double>(n);
  return means;
}

//! Squared correlation of the best linear unbiased prediction with the therapist's true effect. In a balanced layout the
//! prediction is the caseload mean times a constant.
double blup_reliability(double n, double rho) {
  return n / (n + (1 - rho) / rho);
}

TEST(CaseloadMeans, VaryByTherapistsAndByTheirClients) {
  // Var = rho + (1 - rho)/n of the outcome's variance.
  constexpr double rho = 0.05;
  for (int const n : {4, 20}) {
    auto const study = effective_therapists(rho, 1000, n);
    auto const variance = over_replications(study, 60, [](Dataset const& d) {
      Moments moments;
      for (double const mean : mean_benefit(d)) moments.add(mean);
      return moments.variance() * (1 - rho);  // the outcome's variance is 1/(1 - rho)
    });
    EXPECT_LT(variance.z(rho + (1 - rho) / n), four_se) << n;
    EXPECT_GT(variance.z((1 - rho) / n), four_se) << n;
  }
}

TEST(CaseloadMeans, TellTherapistsApartWithTheReliabilityOfTheirBlup) {
  struct Published {
    int n;
    double reliability;
  };
  constexpr double rho = 0.05;
  for (auto const [n, published] :
       {Published{10, 0.345}, Published{20, 0.513}, Published{30, 0.612}, Published{50, 0.725}, Published{100, 0.840}}) {
    double const exact = blup_reliability(n, rho);
    EXPECT_NEAR(exact, published, 5.1e-4);
    auto const study = effective_therapists(rho, 1000, n);
    auto const squared = over_replications(study, 60, [](Dataset const& d) {
      double const r = pairs(mean_benefit(d), numbers(d.truth_therapists, "direct_true")).correlation();
      return r * r;
    });
    EXPECT_LT(squared.z(exact), four_se) << n;
    EXPECT_GT(squared.z(blup_reliability(0.85 * n, rho)), four_se) << n;
  }
}

TEST(CaseloadMeans, NeedThisManyClientsToBeReliable) {
  // rel/(1 - rel) (1 - rho)/rho, published as the nearest whole number: where that rounds down, one client more.
  struct Published {
    double rho;
    int for_70, for_80;
  };
  for (auto const [rho, for_70, for_80] :
       {Published{0.03, 75, 129}, Published{0.05, 44, 76}, Published{0.08, 27, 46}, Published{0.10, 21, 36}}) {
    double const odds = (1 - rho) / rho;
    EXPECT_EQ(std::lround(0.70 / 0.30 * odds), for_70) << rho;
    EXPECT_EQ(std::lround(0.80 / 0.20 * odds), for_80) << rho;
    EXPECT_GE(blup_reliability(for_70 + 1, rho), 0.70) << rho;
    EXPECT_LT(blup_reliability(for_70 - 1, rho), 0.70) << rho;
  }
}

TEST(CaseloadMeans, FifthsOfTherapistsRankedByThemDifferLessThanTrueFifths) {
  // 2 * 1.400 SD of true effects where the truth ranks; times the root of the reliability where the caseload means do.
  constexpr double rho = 0.05;
  constexpr int n = 20;
  boost::math::normal_distribution<double> const normal;
  double const fifth = boost::math::pdf(normal, boost::math::quantile(normal, 0.8)) / 0.2;
  double const true_gap = 2 * fifth * std::sqrt(rho);
  EXPECT_NEAR(true_gap, 0.63, 5e-3);
  auto const study = effective_therapists(rho, 2000, n);
  auto const gap = over_replications(study, 60, [](Dataset const& d) {
    auto const truth = numbers(d.truth_therapists, "direct_true");
    auto const mean = mean_benefit(d);
    std::vector<std::pair<double, double>> ranked;
    for (std::size_t j = 0; j < mean.size(); ++j) ranked.emplace_back(mean[j], truth[j]);
    std::sort(ranked.begin(), ranked.end());
    auto const in_fifth = ranked.size() / 5;
    double difference = 0;
    for (std::size_t k = 0; k < in_fifth; ++k) difference += ranked[ranked.size() - 1 - k].second - ranked[k].second;
    return difference / static_cast<double>(in_fifth) * std::sqrt(1 - rho);  // in SD of the outcome
  });
  // A finite sample's fifths lie a little nearer together, as in TherapistFifths.
  double const expected = true_gap * std::sqrt(blup_reliability(n, rho));
  EXPECT_NEAR(gap.mean, expected, 4 * gap.se + 5e-4);
  EXPECT_GT(gap.z(true_gap), four_se);
  EXPECT_GT(gap.z(true_gap * blup_reliability(n, rho)), four_se);
}

}  // namespace
}  // namespace bordin
