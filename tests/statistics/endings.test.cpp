#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST(Hazard, WithoutCovariatesSurvivalIsTheProductOfStaying) {
  Study const study(plain_world({"dropout.enabled=true", "dropout.baseline=-2", "dropout.log_session=-0.5",
                                 "design.therapists=50", "design.caseload=40", "design.sessions=12"}));
  for (int const s : {1, 3, 11}) {
    double stays = 1;
    for (int k = 1; k <= s; ++k) stays *= 1 - logistic(-2 - 0.5 * std::log(k));
    auto const survival = over_replications(study, 60, [s](Dataset const& d) {
      auto const sessions = numbers(d.clients, "sessions_attended");
      double beyond = 0;
      for (double const n : sessions) beyond += n > s ? 1 : 0;
      return beyond / static_cast<double>(sessions.size());
    });
    EXPECT_LT(survival.z(stays), four_se) << s;
    EXPECT_GT(survival.z(std::pow(1 - logistic(-2), s + 1)), four_se) << s;  // one session more at the first hazard
  }
}

//! Kaplan and Meier's estimate of staying beyond session s, planned endings censored. Within a session the planned ending
//! comes before dropout: who ends as planned is not at risk there any more.
double kaplan_meier(Dataset const& data, int s) {
  auto const attended = numbers(data.clients, "sessions_attended");
  auto const dropped_out = numbers(data.clients, "dropped_out");
  double stays = 1;
  for (int k = 1; k <= s; ++k) {
    double at_risk = 0, left = 0;
    for (std::size_t i = 0; i < attended.size(); ++i) {
      bool const last = attended[i] == k;
      at_risk += attended[i] > k || (last && dropped_out[i] == 1) ? 1 : 0;
      left += last && dropped_out[i] == 1 ? 1 : 0;
    }
    stays *= 1 - left / at_risk;
  }
  return stays;
}

TEST(Hazard, ConstantHazardIsWhatKaplanMeierFindsBehindPlannedEndings) {
  double const hazard = logistic(-2.5);
  Study const study(
      plain_world({"dropout.enabled=true", "dropout.baseline=-2.5", "ending.agreed=0.3", "symptoms.reference_sessions=12",
                   "design.therapists=50", "design.caseload=40", "design.sessions=12"}));
  for (int const s : {1, 5, 10}) {
    auto const survival = over_replications(study, 60, [s](Dataset const& d) { return kaplan_meier(d, s); });
    EXPECT_LT(survival.z(std::pow(1 - hazard, s)), four_se) << s;
    EXPECT_GT(survival.z(std::pow(1 - hazard, s + 1)), four_se) << s;
  }
  auto const share = over_replications(study, 60, [](Dataset const& d) {
    double left = 0;
    for (double const dropped_out : numbers(d.clients, "dropped_out")) left += dropped_out;
    return 1 - left / static_cast<double>(d.clients.rows());
  });
  EXPECT_GT(share.z(std::pow(1 - hazard, 11)), four_se);  // counting heads takes planned endings for survival
}

TEST(Hazard, EarlyAllianceShiftsTheLogitByItsStandardDeviation) {
  // With one session to leave after, P(leave | A) = logistic(b0 - g z), z the standardised alliance; its mean by
  // quadrature.
  Study const study(plain_world({"dropout.enabled=true", "dropout.baseline=-1", "dropout.early_alliance=0.8",
                                 "alliance.session_share=0.3", "alliance.loadings={goal=1.0, task=1.0, bond=1.0}",
                                 "design.therapists=50", "design.caseload=40", "design.sessions=2"}));
  auto const covariance = over_replications(study, 60, [](Dataset const& d) {
    return pairs(numbers(d.clients, "alliance_1"), numbers(d.clients, "dropped_out")).covariance();
  });
  boost::math::normal_distribution<double> const normal;
  double const expected = boost::math::quadrature::gauss<double, 60>::integrate(
      [&](double z) { return z * logistic(-1 - 0.8 * z) * boost::math::pdf(normal, z); }, -8.0, 8.0);
  EXPECT_LT(covariance.z(expected), four_se);
  EXPECT_GT(covariance.z(expected / 1.2), four_se);
}

TEST(AgreedEnding, GrowsInProportionToTheSession) {
  Study const study(plain_world({"ending.agreed=0.3", "symptoms.reference_sessions=6", "design.therapists=50",
                                 "design.caseload=40", "design.sessions=4"}));
  auto const all_four = over_replications(study, 40, [](Dataset const& d) {
    double n = 0;
    for (double const s : numbers(d.clients, "sessions_attended")) n += s == 4 ? 1 : 0;
    return n / static_cast<double>(d.clients.rows());
  });
  EXPECT_LT(all_four.z((1 - 0.05) * (1 - 0.10) * (1 - 0.15)), four_se);
}

TEST(GoodEnoughLevel, DependsOnTheObservedScoreWhereThereIsOne) {
  // Observed: nobody whose score is above the level ends by it. Latent (the score is given at intake only): some are.
  std::vector<std::string> const settings{"ending.good_enough.probability=1",   "ending.good_enough.level=-0.5",
                                          "ending.good_enough.level_sd=0",      "ending.good_enough.least_improvement=0",
                                          "symptoms.fluctuation_share=0.5",     "design.sessions=6",
                                          "instruments.z-score.reliability=0.8"};
  Study const study(plain_world(settings));
  auto const data = study.simulate(1, 0);
  auto const post = numbers(data.clients, "post");
  auto const ending = numbers(data.clients, "ending");
  int ended = 0;
  for (std::size_t i = 0; i < post.size(); ++i) {
    if (ending[i] != 1) continue;  // good enough
    ++ended;
    EXPECT_LE(post[i], -0.5);
  }
  EXPECT_GT(ended, 50);
}

TEST(ReliableChange, SharesAreThoseOfTheBivariateNormal) {
  // pre and post are bivariate normal: severity lasts (variance .6), the rest and the errors are new each time.
  constexpr double rel = 0.8, lasting = 0.6, change = 0.7, cutoff = 0.2;
  Study const study(
      plain_world({"symptoms.fluctuation_share=0.4", "symptoms.autocorrelation=0", "symptoms.change=0.7",
                   "symptoms.reference_sessions=1", "design.sessions=1", "design.therapists=50", "design.caseload=40",
                   "instruments.z-score.reliability=0.8", "instruments.z-score.cutoff=0.2"}));
  double const rci = 1.96 * std::sqrt(2 * (1 - rel));
  double const r = rel * lasting;
  boost::math::normal_distribution<double> const normal;
  double const shift = std::sqrt(rel) * change;
  // P(pre >= c, post < c, pre - post >= RCI) by quadrature over pre; post given pre is normal.
  auto const recovered = boost::math::quadrature::gauss<double, 100>::integrate(
      [&](double pre) {
        double const below = std::min(cutoff, pre - rci);
        return boost::math::pdf(normal, pre) * boost::math::cdf(normal, (below - (r * pre - shift)) / std::sqrt(1 - r * r));
      },
      cutoff, 8.0);
  double const reliable = boost::math::cdf(normal, (shift - rci) / std::sqrt(2 - 2 * r));
  auto const share = [&](char const* name) {
    return over_replications(study, 60, [name](Dataset const& d) {
      double n = 0;
      for (double const yes : numbers(d.clients, name)) n += yes;
      return n / static_cast<double>(d.clients.rows());
    });
  };
  EXPECT_LT(share("reliable_change").z(reliable), four_se);
  EXPECT_LT(share("recovered").z(recovered), four_se);
  EXPECT_GT(share("recovered").z(reliable), four_se);
}

}  // namespace
}  // namespace bordin
