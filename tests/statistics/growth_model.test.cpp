#include <gtest/gtest.h>

#include <cmath>

#include "study/classical.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr int weeks = 10;
constexpr std::size_t therapists = 40, caseload = 5;  // per arm
constexpr std::uint32_t replications = 300;

Scenario trial(std::vector<std::string> settings, std::string const& instrument) {
  settings.insert(settings.end(), {"design.sessions=10", "design.therapists=40", "design.caseload=5", "study.seed=1"});
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return parse_scenario(
      "title = \"growth\"\n" + instrument + "[[arms]]\nname = \"control\"\n[[arms]]\nname = \"treatment\"\n", "growth",
      overrides);
}

std::string const z_score = "[[instruments]]\nname = \"z-score\"\n";
//! Points with a mean of 50 and an SD of 10, neither rounded nor clipped.
std::string const unreliable =
    "[[instruments]]\nname = \"own\"\nrange = [-1000, 1000]\nmean = 50\nsd = 10\nreliability = 0.8\nstep = 0\n";

//! Scores in SDs at intake.
class Scores {
 public:
  Scores(Dataset const& data, Instrument const& instrument)
      : score_(data.sessions.columns().back().numbers()), mean_(*instrument.mean), sd_(*instrument.sd) {}
  double at(std::size_t client, int week) const {
    return (score_[client * (weeks + 1) + static_cast<std::size_t>(week)] - mean_) / sd_;
  }

 private:
  std::vector<double> score_;
  double mean_, sd_;
};

//! By how much the mean of an arm differs from `expected`; over all its clients.
double mean_of_arm(Scores const& y, std::size_t arm, int week) {
  double sum = 0;
  for (std::size_t i = 0; i < therapists * caseload; ++i) sum += y.at(arm * therapists * caseload + i, week);
  return sum / static_cast<double>(therapists * caseload);
}

//! Mean product of deviations from known means of the first arm: of a client with himself, or of two clients of a
//! therapist.
double product(Scores const& y, int s, int t, double mean_s, double mean_t, bool same_client) {
  double sum = 0, n = 0;
  for (std::size_t j = 0; j < therapists; ++j) {
    for (std::size_t a = 0; a < caseload; ++a) {
      for (std::size_t b = 0; b < caseload; ++b) {
        if ((a == b) != same_client) continue;
        sum += (y.at(j * caseload + a, s) - mean_s) * (y.at(j * caseload + b, t) - mean_t);
        ++n;
      }
    }
  }
  return sum / n;
}

void expect_growth_model(Scenario const& scenario) {
  auto const& c = scenario.classical;
  auto const model = growth_model(c);
  auto const& instrument = scenario.instruments.front();
  Study const study(scenario);
  auto const over = [&](auto const& statistic) {
    return over_replications(study, replications, [&](Dataset const& d) { return statistic(Scores(d, instrument)); });
  };
  auto const mean = [&](int week) { return -c.change * week / weeks; };
  for (int const s : {0, 4, weeks}) {
    EXPECT_LT(over([&](Scores const& y) { return mean_of_arm(y, 0, s); }).z(mean(s)), 4) << s;
    for (int const t : {0, 4, weeks}) {
      if (t < s) continue;
      auto const client = over([&](Scores const& y) { return product(y, s, t, mean(s), mean(t), true); });
      auto const therapist = over([&](Scores const& y) { return product(y, s, t, mean(s), mean(t), false); });
      EXPECT_LT(client.z(model.of_client(s, t)), 4) << s << " " << t;
      EXPECT_LT(therapist.z(model.of_therapist(s, t)), 4) << s << " " << t;
    }
  }
  double const sd = c.standardiser == Standardiser::pre    ? 1
                    : c.standardiser == Standardiser::post ? std::sqrt(model.of_client(weeks, weeks))
                                                           : weeks * std::sqrt(model.client_slope + model.therapist_slope);
  auto const effect = over([&](Scores const& y) { return mean_of_arm(y, 0, weeks) - mean_of_arm(y, 1, weeks); });
  EXPECT_LT(effect.z(c.d * sd), 4);
  EXPECT_GT(effect.z(0), 4);
}

TEST(GrowthModel, MomentsAreThoseOfTheClosedForm) {
  expect_growth_model(trial({"classical.icc_pre_client=0.5", "classical.icc_pre_therapist=0.1", "classical.icc_slope=0.2",
                             "classical.variance_ratio=0.03", "classical.client_correlation=-0.4",
                             "classical.therapist_correlation=0.3", "classical.change=0.6", "classical.d=0.5"},
                            z_score));
}

TEST(GrowthModel, MeasurementErrorIsPartOfTheResidual) {
  expect_growth_model(trial({"classical.icc_pre_client=0.6", "classical.icc_pre_therapist=0.05", "classical.icc_slope=0.05",
                             "classical.variance_ratio=0.02", "classical.client_correlation=0.3", "classical.d=0.8",
                             "classical.standardiser=post"},
                            unreliable));
}

TEST(GrowthModel, EffectsCanBeStandardisedBySlopes) {
  expect_growth_model(trial({"classical.icc_pre_client=0.4", "classical.icc_slope=0.1", "classical.variance_ratio=0.05",
                             "classical.d=0.7", "classical.standardiser=slope"},
                            z_score));
}

TEST(GrowthModel, IntraclassCorrelationsAndVarianceRatioAreAsStated) {
  ClassicalParameters c;
  c.icc_pre_client = 0.5;
  c.icc_pre_therapist = 0.1;
  c.icc_slope = 0.2;
  c.variance_ratio = 0.03;
  auto const model = growth_model(c);
  double const pre = model.of_client(0, 0);
  EXPECT_DOUBLE_EQ(pre, 1);
  EXPECT_DOUBLE_EQ((model.client_intercept + model.therapist_intercept) / pre, 0.5);
  EXPECT_DOUBLE_EQ(model.therapist_intercept / pre, 0.1);
  EXPECT_DOUBLE_EQ(model.therapist_slope / (model.client_slope + model.therapist_slope), 0.2);
  EXPECT_DOUBLE_EQ((model.client_slope + model.therapist_slope) / model.residual, 0.03);
}

TEST(GrowthModel, TheTrialOfTheLibraryIsOne) {
  auto scenario =
      load_scenario("three-level-rct",
                    {parse_assignment("dropout.enabled=false"), parse_assignment("dropout.curve=[0,0,0,0,0,0,0,0,0,0]"),
                     parse_assignment("design.therapists=40"), parse_assignment("design.caseload=5")});
  expect_growth_model(scenario);
}

}  // namespace
}  // namespace bordin
