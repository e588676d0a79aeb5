#include <gtest/gtest.h>

#include <cmath>

#include "analysis/analysis.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;
constexpr double v_t = 0.08;       // therapists' share of the alliance; the clients have the rest
constexpr double effect_t = 0.8;   // effect of the therapists' contribution on change
constexpr double effect_c = 0.25;  // and of the clients'

// With full loadings the three components are one, and the plain mean of the ratings is the composite itself.
constexpr char const* one_component = "alliance.loadings={goal=1.0, task=1.0, bond=1.0}";

Scenario contributions(std::string const& therapists, std::string const& caseload, std::vector<std::string> more = {},
                       std::string const& arms = "") {
  std::vector<std::string> settings{"therapists.alliance_share=0.08",
                                    "alliance.effect_therapist=0.8",
                                    "alliance.effect_client=0.25",
                                    "therapists.direct_sd=0.15",
                                    "design.sessions=12",
                                    "symptoms.change=1",
                                    "design.early_sessions=[1, 1]",
                                    one_component,
                                    "design.therapists=" + therapists,
                                    "design.caseload=" + caseload};
  settings.insert(settings.end(), more.begin(), more.end());
  return plain_world(settings, arms);
}

//! What the parameters imply for alliance (share v_t between therapists) and benefit.
struct Implied {
  double benefit_t = effect_t * effect_t * v_t + 0.15 * 0.15;
  double benefit_c = 1.0 + effect_c * effect_c * (1 - v_t);  // severity of variance 1, and the client's contribution
  double rho_y = benefit_t / (benefit_t + benefit_c);
  double r_b = effect_t * std::sqrt(v_t) / std::sqrt(benefit_t);
  double r_w = effect_c * std::sqrt(1 - v_t) / std::sqrt(benefit_c);
  double between = r_b * std::sqrt(v_t * rho_y);
  double within = r_w * std::sqrt((1 - v_t) * (1 - rho_y));
};

TEST(BetweenWithin, TotalCorrelationIsTheSumOfItsParts) {
  // r = rB sqrt(rhoA rhoY) + rW sqrt((1 - rhoA)(1 - rhoY)), alliance against benefit, everything from the parameters.
  Implied const implied;
  Study const study(contributions("2000", "5"));
  auto const sample = over_replications(study, 40, [](Dataset const& d) {
    return -pairs(numbers(d.clients, "alliance_early"), numbers(d.clients, "post")).correlation();
  });
  EXPECT_LT(sample.z(implied.between + implied.within), four_se);
  EXPECT_GT(sample.z(implied.r_w), four_se);  // the within part alone would be noticed
}

//! Caseload by caseload, all of one size.
PairMoments therapist_means(Dataset const& data, int caseload) {
  auto const a = numbers(data.clients, "alliance_between");
  auto const y = numbers(data.clients, "post");
  auto const n = static_cast<std::size_t>(caseload);
  PairMoments means;
  for (std::size_t i = 0; i < y.size(); i += n) {
    double mean = 0;
    for (std::size_t k = 0; k < n; ++k) mean += y[i + k] / caseload;
    means.add(a[i], mean);
  }
  return means;
}

TEST(BetweenWithin, TherapistMeansCorrelateByBothPartsAndTheirCaseload) {
  // [between + within / n] / sqrt((rhoA + (1 - rhoA)/n) (rhoY + (1 - rhoY)/n)).
  Implied const implied;
  for (int const n : {4, 20}) {
    auto const variance = [n](double rho) { return rho + (1 - rho) / n; };
    double const expected = (implied.between + implied.within / n) / std::sqrt(variance(v_t) * variance(implied.rho_y));
    Study const study(contributions("2000", std::to_string(n)));
    auto const r = over_replications(study, 40, [n](Dataset const& d) { return -therapist_means(d, n).correlation(); });
    EXPECT_LT(r.z(expected), four_se) << n;
    EXPECT_GT(r.z(implied.r_b), four_se) << n;  // not yet the correlation of the therapists themselves
  }
}

TEST(BetweenWithin, ObservedMeansBiasTheBetweenSlope) {
  // Luedtke et al. 2008: E[slope of observed means] = lambda bB + (1 - lambda) bW, lambda = n rho / (1 + (n - 1) rho).
  for (int const n : {4, 20}) {
    double const lambda = n * v_t / (1 + (n - 1) * v_t);
    double const expected = -(lambda * effect_t + (1 - lambda) * effect_c);
    Study const study(contributions("2000", std::to_string(n)));
    auto const slope = over_replications(study, 40, [n](Dataset const& d) { return therapist_means(d, n).slope(); });
    EXPECT_LT(slope.z(expected), four_se) << n;
    EXPECT_GT(slope.z(-effect_t), four_se) << n;  // the true between slope is not what observed means give
  }
}

//! One coefficient of an analysis of clients.
Estimate coefficient(Study const& study, std::string const& predictors, std::string const& term) {
  AnalysisSpec spec;
  spec.formula = "post ~ " + predictors + " + (1 | therapist)";
  Analysis const analysis(spec, study.layout().clients);
  return over_replications(study, 40,
                           [&](Dataset const& d) { return analysis.fit(d.clients, {}).coefficient(term).estimate; });
}

constexpr char const* latent = "alliance_between_latent + alliance_within_latent";

TEST(BetweenWithin, PredictedLatentMeansGiveTheBetweenSlope) {
  for (auto const* caseload : {"4", "{negative_binomial={mean=6, dispersion=2}}"}) {
    SCOPED_TRACE(caseload);
    Study const study(contributions("2000", caseload));
    EXPECT_LT(coefficient(study, latent, "alliance_between_latent").z(-effect_t), four_se);
    EXPECT_LT(coefficient(study, latent, "alliance_within_latent").z(-effect_c), four_se);
    EXPECT_GT(coefficient(study, "alliance_between + alliance_within", "alliance_between").z(-effect_t), 10 * four_se);
    // Deviations from observed means do not go with predicted means: they leave the error of these in the slope.
    EXPECT_GT(coefficient(study, "alliance_between_latent + alliance_within", "alliance_between_latent").z(-effect_t),
              four_se);
  }
}

TEST(BetweenWithin, PredictedLatentMeansDoSoWithinArms) {
  // What an arm does to the alliance of all its therapists is no reliable difference between these.
  Study const study(contributions("1000", "4", {}, R"(
[[arms]]
name = "as usual"
[[arms]]
name = "trained"
alliance = 1.0
)"));
  EXPECT_LT(coefficient(study, std::string("arm + ") + latent, "alliance_between_latent").z(-effect_t), four_se);
  EXPECT_LT(coefficient(study, std::string("arm + ") + latent, "alliance_within_latent").z(-effect_c), four_se);
}

TEST(BetweenWithin, WithinSlopeIsUnbiased) {
  Study const study(contributions("500", "20"));
  auto const slope = over_replications(study, 40, [](Dataset const& d) {
    return pairs(numbers(d.clients, "alliance_within"), numbers(d.clients, "post")).slope();
  });
  EXPECT_LT(slope.z(-effect_c), four_se);
  EXPECT_GT(slope.z(-effect_c * 1.1), four_se);
}

TEST(Attenuation, UnreliableInstrumentsLowerTheCorrelation) {
  // r observed = r true sqrt(rel_x rel_y). The alliance total is a mean of three subscales with independent errors.
  auto const correlation = [](std::vector<std::string> more) {
    Study const study(contributions("2000", "5", std::move(more)));
    return over_replications(study, 30, [](Dataset const& d) {
      return -pairs(numbers(d.clients, "alliance_early"), numbers(d.clients, "post")).correlation();
    });
  };
  auto const pure = correlation({});
  auto const noisy = correlation({"instruments.z-score.reliability=0.7", "instruments.alliance-z-score.reliability=0.5"});
  double const rel_a = 0.5 / (0.5 + 0.5 / 3);
  // post has variance above 1, so its reliability is above that in the reference population
  double const v_y = 1.0 + effect_t * effect_t * v_t + 0.15 * 0.15 + effect_c * effect_c * (1 - v_t);
  double const rel_y = v_y / (v_y + 0.3 / 0.7);
  Estimate const difference{.mean = noisy.mean - pure.mean * std::sqrt(rel_a * rel_y), .se = std::hypot(noisy.se, pure.se)};
  EXPECT_LT(difference.z(0), four_se);
  EXPECT_GT(Estimate({.mean = noisy.mean - pure.mean, .se = difference.se}).z(0), four_se);
}

TEST(SpearmanBrown, MeansOverSessionsAreAsReliableAsItSays) {
  // k G / (1 + (k - 1) G) with G = .77 for one session (Crits-Christoph et al. 2011): .87 for two, .93 for four. Only
  // where sessions are independent: what stays until the next session is not averaged out.
  constexpr double g = 0.77;
  auto const reliability = [](int sessions, char const* autocorrelation) {
    Study const study(plain_world({"alliance.session_share=0.23", autocorrelation, one_component, "design.sessions=4",
                                   "design.early_sessions=[1, " + std::to_string(sessions) + "]", "design.therapists=2000",
                                   "design.caseload=1"}));
    return over_replications(study, 60, [](Dataset const& d) {
      double const r =
          pairs(numbers(d.clients, "alliance_early"), numbers(d.truth_clients, "alliance_client_true")).correlation();
      return r * r;
    });
  };
  struct Published {
    int sessions;
    double reliability;
  };
  for (auto const [k, published] : {Published{1, 0.77}, Published{2, 0.87}, Published{4, 0.93}}) {
    double const expected = k * g / (1 + (k - 1) * g);
    EXPECT_NEAR(expected, published, 5.1e-3);
    EXPECT_LT(reliability(k, "alliance.autocorrelation=0").z(expected), four_se) << k;
    if (k > 1) {
      EXPECT_GT(reliability(k, "alliance.autocorrelation=0.35").z(expected), four_se) << k;
    }
  }
}

}  // namespace
}  // namespace bordin
