#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>

#include "study/implied.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/session_process.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

//! Routine care with alliance and symptoms driving each other, undisturbed by growth, lift and endings.
Scenario undisturbed() {
  std::vector<Node> overrides;
  for (char const* setting :
       {"alliance.kappa=0.088", "alliance.lag=0.13", "alliance.growth=0", "alliance.lift=0", "dropout.enabled=false",
        "ending.agreed=0", "ending.good_enough.probability=0", "rupture.enabled=false", "design.therapists=40",
        "design.caseload=25", "symptoms.reference_sessions=12"})
    overrides.push_back(parse_assignment(setting));
  return load_scenario("routine-care", overrides);
}

struct Latent {
  std::vector<double> fluctuation, transient;  // w*(s), e(s) of every client and session, session by session
};

//! w* and e, recovered from the truth: what is left when the lasting parts are taken off.
Latent latent(Dataset const& data, std::size_t occasions) {
  auto const alliance = numbers(data.truth_sessions, "alliance_true");
  auto const symptoms = numbers(data.truth_sessions, "symptoms_true");
  auto const gain = numbers(data.truth_sessions, "gain_true");
  auto const therapist = numbers(data.clients, "therapist");
  auto const ability = numbers(data.truth_therapists, "ability_true");
  auto const client = numbers(data.truth_clients, "alliance_client_true");
  auto const match = numbers(data.truth_clients, "match_true");
  auto const severity = numbers(data.truth_clients, "severity_true");
  Latent out;
  for (std::size_t row = 0; row < alliance.size(); ++row) {
    auto const i = row / occasions;
    out.fluctuation.push_back(alliance[row] - ability[static_cast<std::size_t>(therapist[i])] - client[i] - match[i]);
    out.transient.push_back(symptoms[row] + gain[row] - severity[i]);
  }
  return out;
}

class VarianceBudget : public ::testing::Test {
 protected:
  Study study{undisturbed()};
  std::size_t occasions = 13;
  static constexpr std::uint32_t replications = 60;
};

TEST_F(VarianceBudget, SharesOfTheAllianceAreThoseStatedAndAddToOne) {
  auto const variance = [](char const* column, bool of_therapist) {
    return [=](Dataset const& d) {
      auto const x = numbers(of_therapist ? d.truth_therapists : d.truth_clients, column);
      double squares = 0;
      for (double const v : x) squares += v * v;  // the mean is 0 by definition
      return squares / static_cast<double>(x.size());
    };
  };
  EXPECT_LT(over_replications(study, replications, variance("ability_true", true)).z(0.09), four_se);
  EXPECT_LT(over_replications(study, replications, variance("alliance_client_true", false)).z(0.695), four_se);
  EXPECT_LT(over_replications(study, replications, variance("match_true", false)).z(0.05), four_se);
  EXPECT_GT(over_replications(study, replications, variance("alliance_client_true", false)).z(0.72),
            four_se);  // it would notice
  auto const whole = over_replications(study, replications, [&](Dataset const& d) {
    auto const a = numbers(d.truth_sessions, "alliance_true");
    double squares = 0, n = 0;
    for (std::size_t row = 5; row < a.size(); row += occasions, ++n) squares += a[row] * a[row];
    return squares / n;
  });
  EXPECT_LT(whole.z(1.0), four_se);
  EXPECT_DOUBLE_EQ(total(alliance_budget(study.scenario())), 1.0);
}

TEST_F(VarianceBudget, ComponentsCorrelateAsTheirLoadingsSay) {
  auto const correlation = [](char const* a, char const* b) {
    return [=](Dataset const& d) { return pairs(numbers(d.truth_clients, a), numbers(d.truth_clients, b)).correlation(); };
  };
  EXPECT_LT(over_replications(study, replications, correlation("goal_client_true", "task_client_true")).z(0.965 * 0.965),
            four_se);
  EXPECT_LT(over_replications(study, replications, correlation("goal_client_true", "bond_client_true")).z(0.965 * 0.71),
            four_se);
  EXPECT_GT(over_replications(study, replications, correlation("goal_client_true", "bond_client_true")).z(0.965 * 0.73),
            four_se);
}

TEST_F(VarianceBudget, FluctuationsAreStationaryWithTheStatedVariances) {
  for (std::size_t const session : {std::size_t{1}, std::size_t{12}}) {
    auto const at = [&](std::vector<double> const& x) {
      double squares = 0, n = 0;
      for (std::size_t row = session; row < x.size(); row += occasions, ++n) squares += x[row] * x[row];
      return squares / n;
    };
    auto const w =
        over_replications(study, replications, [&](Dataset const& d) { return at(latent(d, occasions).fluctuation); });
    auto const e =
        over_replications(study, replications, [&](Dataset const& d) { return at(latent(d, occasions).transient); });
    EXPECT_LT(w.z(0.165), four_se) << session;
    EXPECT_LT(e.z(0.20), four_se) << session;
    EXPECT_GT(w.z(0.165 * 1.05), four_se) << session;
  }
}

TEST_F(VarianceBudget, AutocovarianceFollowsTheSessionProcess) {
  auto const process = session_process(study.scenario().therapy.alliance, study.scenario().therapy.symptoms);
  auto const composite =
      composite_of(study.scenario().therapy.alliance.weights, study.scenario().therapy.alliance.loadings);
  for (int const lag : {1, 2, 4}) {
    auto const sample = over_replications(study, replications, [&](Dataset const& d) {
      auto const w = latent(d, occasions).fluctuation;
      double sum = 0, n = 0;
      for (std::size_t row = 0; row + static_cast<std::size_t>(lag) < w.size(); ++row) {
        auto const s = row % occasions;
        if (s == 0 || s + static_cast<std::size_t>(lag) >= occasions) continue;
        sum += w[row] * w[row + static_cast<std::size_t>(lag)];
        ++n;
      }
      return sum / n;
    });
    EXPECT_LT(sample.z(process.composite_autocovariance(composite, lag)), four_se) << lag;
    if (lag == 1) {
      EXPECT_GT(sample.z(0.165 * 0.30), four_se);
    }
  }
}

TEST_F(VarianceBudget, OutcomeBudgetIsTheVarianceOfTheOutcome) {
  auto const budget = outcome_budget(study.scenario());
  double const latent_variance = total(budget) - budget.back().variance;  // without measurement error
  auto const at_end = over_replications(study, replications, [&](Dataset const& d) {
    auto const y = numbers(d.truth_clients, "end_true");
    double squares = 0;
    for (double const v : y) squares += (v + 1.0) * (v + 1.0);  // the mean is -change
    return squares / static_cast<double>(y.size());
  });
  EXPECT_LT(at_end.z(latent_variance), four_se);
  EXPECT_GT(at_end.z(latent_variance * 1.05), four_se);

  // The therapists' part: variance of caseload means, less what clients contribute to a mean of 25.
  double const of_therapists = budget[0].variance;
  double const of_clients = latent_variance - of_therapists;
  auto const means = over_replications(study, replications, [&](Dataset const& d) {
    auto const y = numbers(d.truth_clients, "end_true");
    double squares = 0;
    for (std::size_t j = 0; j < 40; ++j) {
      double mean = 0;
      for (std::size_t i = 0; i < 25; ++i) mean += y[j * 25 + i] / 25;
      squares += (mean + 1.0) * (mean + 1.0);
    }
    return squares / 40;
  });
  EXPECT_LT(means.z(of_therapists + of_clients / 25), four_se);
  EXPECT_GT(means.z(of_clients / 25), four_se);
}

TEST(TherapistFifths, TopAndBottomDifferByTheirShareOfVariance) {
  // The mean of the top fifth of a normal distribution is 1.400 SD (density at the cutting point over .2).
  boost::math::normal_distribution<double> const normal;
  double const fifth = boost::math::pdf(normal, boost::math::quantile(normal, 0.8)) / 0.2;
  EXPECT_NEAR(fifth, 1.400, 5e-4);
  double const icc = 0.05;
  Study const study(plain_world(
      {"therapists.severity_sd=0.22360679774997896", "design.therapists=2000", "design.caseload=1", "design.sessions=1"}));
  auto const gap = over_replications(study, 60, [](Dataset const& d) {
    auto x = numbers(d.truth_therapists, "severity_therapist_true");
    std::sort(x.begin(), x.end());
    double top = 0, bottom = 0;
    auto const in_fifth = x.size() / 5;
    for (std::size_t k = 0; k < in_fifth; ++k) {
      bottom += x[k];
      top += x[x.size() - 1 - k];
    }
    return (top - bottom) / static_cast<double>(in_fifth);
  });
  // A finite sample's fifths lie a little nearer together: less than .001 with 2000 therapists, beyond the error here.
  EXPECT_NEAR(gap.mean, 2 * fifth * std::sqrt(icc), 4 * gap.se + 5e-4);
  EXPECT_GT(gap.z(2 * fifth * std::sqrt(0.06)), four_se);
}

}  // namespace
}  // namespace bordin
