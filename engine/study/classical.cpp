#include "study/classical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study/scenario.hpp"

namespace bordin {
namespace {

[[noreturn]] void refuse(std::string const& key, std::string const& problem) {
  throw ScenarioError({}, "classical." + key, problem);
}

double reliability_of_outcome(Scenario const& scenario) {
  auto const outcome = std::find_if(scenario.instruments.begin(), scenario.instruments.end(),
                                    [](Instrument const& i) { return i.measures == Measures::symptoms; });
  return outcome == scenario.instruments.end() ? 1.0 : *outcome->reliability;
}

//! The rest of the model means nothing without the one that asks for it.
void check_stated(ClassicalParameters const& c) {
  if (c.stated()) return;
  std::pair<char const*, double> const others[] = {{"icc_pre_therapist", c.icc_pre_therapist},
                                                   {"icc_slope", c.icc_slope},
                                                   {"variance_ratio", c.variance_ratio},
                                                   {"client_correlation", c.client_correlation},
                                                   {"therapist_correlation", c.therapist_correlation},
                                                   {"change", c.change},
                                                   {"d", c.d}};
  for (auto const& [key, value] : others) {
    if (value != 0)
      refuse(key,
             fmt::format("is {}, but the classical model is asked for by classical.icc_pre_client, which is not stated; "
                         "add it",
                         value));
  }
}

void check(ClassicalParameters const& c, Scenario const& scenario, double reliability) {
  if (c.icc_pre_therapist > *c.icc_pre_client)
    refuse("icc_pre_therapist", fmt::format("is {}, but is a part of icc_pre_client = {} and cannot be larger",
                                            c.icc_pre_therapist, *c.icc_pre_client));
  if (*c.icc_pre_client > reliability)
    refuse("icc_pre_client",
           fmt::format("is {}, but the outcome's reliability is {}: so much of its variance cannot be lasting. "
                       "Make it smaller, or measure with the z-score",
                       *c.icc_pre_client, reliability));
  if (c.d != 0 && scenario.arms.size() != 2)
    refuse("d", fmt::format("is {}, which asks for two arms, but there are {}; the second differs from the first by d", c.d,
                            scenario.arms.size()));
}

//! What the classical model does not have.
void switch_off_the_rest(TherapyParameters& p) {
  p.alliance.effect = p.alliance.lift = p.alliance.lag = p.alliance.kappa = 0;
  p.alliance.effect_therapist = p.alliance.effect_client = p.alliance.effect_match = p.alliance.effect_session =
      std::nullopt;
  p.alliance.rule = AllianceRule::sum;
  p.alliance.necessary.enabled = p.rupture.enabled = p.commitment.enabled = false;
  p.clients.alliance_severity_correlation = 0;
  p.clients.severity_expectation_correlation = p.clients.expectation_change_correlation = 0;
  p.therapists.ability_severity_correlation = p.therapists.ability_direct_correlation = 0;
  p.therapists.direct_retention_correlation = 0;
  p.symptoms.severity_slope = p.symptoms.autocorrelation = 0;
  p.ending.good_enough.probability = p.ending.agreed = 0;
  p.experience.change = p.training.share = p.clinics.direct_sd = 0;
  p.attendance.missed = 0;
}

//! In the arm that is standardised by: without therapists it has none of their variance.
GrowthModel of_first_arm(GrowthModel model, std::vector<Arm> const& arms) {
  if (!arms.empty() && !arms[0].has_therapists())
    model.therapist_intercept = model.therapist_slope = model.therapist_covariance = 0;
  return model;
}

//! What is set must be what a scenario may state, or it could not be read again.
void check_size(double value, char const* key, char const* what) {
  constexpr double most = 10;
  if (std::abs(value) > most)
    refuse(key,
           fmt::format("makes {} {:.3g} SD of symptoms over the whole course; at most {} are possible. Make it smaller, "
                       "or the course shorter",
                       what, value, most));
}

double standard(ClassicalParameters const& c, GrowthModel const& model, double weeks) {
  switch (c.standardiser) {
    case Standardiser::pre:
      return std::sqrt(model.of_client(0, 0));
    case Standardiser::post:
      return std::sqrt(model.of_client(weeks, weeks));
    case Standardiser::slope:
      return weeks * std::sqrt(model.client_slope + model.therapist_slope);
  }
  return 1;
}

}  // namespace

void ClassicalParameters::describe(FieldVisitor& field) {
  field.field(
      "icc_pre_client", icc_pre_client,
      {.unit = "share of intake variance",
       .min = 0,
       .max = 1,
       .doc = "share of lasting differences between clients, those between therapists included; stating it asks for "
              "the classical growth model, which then decides all other parameters of symptoms and of arms' change, and "
              "switches the "
              "alliance's effects off",
       .source = "units of power tools: Magnusson et al. 2018, J Consult Clin Psychol 86:711"});
  field.field(
      "icc_pre_therapist", icc_pre_therapist,
      {.unit = "share of intake variance", .min = 0, .max = 1, .doc = "share of differences between therapists at intake"});
  field.field("icc_slope", icc_slope,
              {.unit = "share of slope variance", .min = 0, .max = 1, .doc = "share of slope variance between therapists"});
  field.field("variance_ratio", variance_ratio,
              {.unit = "per week squared",
               .min = 0,
               .max = 1000,
               .doc = "variance of slopes (clients and therapists) over residual variance"});
  field.field("client_correlation", client_correlation,
              {.min = -1, .max = 1, .doc = "correlation of clients' intercepts and slopes"});
  field.field("therapist_correlation", therapist_correlation,
              {.min = -1, .max = 1, .doc = "correlation of therapists' intercepts and slopes"});
  field.field(
      "change", change,
      {.unit = "SD at intake", .min = -10, .max = 10, .doc = "mean improvement of the first arm by the last session"});
  field.field(
      "d", d,
      {.unit = "Cohen's d", .min = -10, .max = 10, .doc = "by how much more the second arm improves by the last session"});
  field.field("standardiser", standardiser, {"pre", "post", "slope"},
              {.doc = "the SD that d is in: of scores at intake, at the last session, or of slopes times weeks"});
}

GrowthModel growth_model(ClassicalParameters const& c) {
  double const residual = 1 - *c.icc_pre_client;
  double const slopes = c.variance_ratio * residual;
  GrowthModel model{.client_intercept = *c.icc_pre_client - c.icc_pre_therapist,
                    .therapist_intercept = c.icc_pre_therapist,
                    .client_slope = (1 - c.icc_slope) * slopes,
                    .therapist_slope = c.icc_slope * slopes,
                    .client_covariance = 0,
                    .therapist_covariance = 0,
                    .residual = residual};
  model.client_covariance = c.client_correlation * std::sqrt(model.client_intercept * model.client_slope);
  model.therapist_covariance = c.therapist_correlation * std::sqrt(model.therapist_intercept * model.therapist_slope);
  return model;
}

double GrowthModel::of_therapist(double s, double t) const {
  return therapist_intercept + (s + t) * therapist_covariance + s * t * therapist_slope;
}

double GrowthModel::of_client(double s, double t) const {
  return client_intercept + (s + t) * client_covariance + s * t * client_slope + of_therapist(s, t) +
         (s == t ? residual : 0.0);
}

void apply_classical(Scenario& scenario) {
  auto const& c = scenario.classical;
  check_stated(c);
  if (!c.stated()) return;
  double const reliability = reliability_of_outcome(scenario);
  check(c, scenario, reliability);
  auto const model = growth_model(c);
  double const weeks = static_cast<double>(scenario.design.sessions) * scenario.design.spacing;
  // Latent symptoms have variance 1 and scores 1 / reliability of that: a score is latent * sqrt(reliability) + error.
  double const latent = 1 / reliability;
  auto& p = scenario.therapy;
  switch_off_the_rest(p);
  p.symptoms.course = CourseShape::linear;
  p.symptoms.reference_sessions = scenario.design.sessions;
  p.symptoms.fluctuation_share = 1 - *c.icc_pre_client * latent;
  p.symptoms.change = c.change * std::sqrt(latent);
  p.therapists.severity_sd = std::sqrt(model.therapist_intercept * latent);
  p.therapists.direct_sd = weeks * std::sqrt(model.therapist_slope * latent);
  p.therapists.direct_severity_correlation = -c.therapist_correlation;
  p.clients.change_sd = weeks * std::sqrt(model.client_slope * latent);
  p.clients.severity_change_correlation = -c.client_correlation;
  bool const curve =
      p.dropout.curve.stated() || std::any_of(scenario.arms.begin(), scenario.arms.end(),
                                              [](Arm const& arm) { return arm.effects.dropout_curve.stated(); });
  p.dropout.enabled = p.dropout.enabled && curve;
  if (scenario.arms.size() == 2) {
    scenario.arms[0].effects.change = 0;
    scenario.arms[1].effects.change = c.d * standard(c, of_first_arm(model, scenario.arms), weeks) * std::sqrt(latent);
    check_size(scenario.arms[1].effects.change, "d", "the difference between the arms");
  }
  check_size(p.symptoms.change, "change", "the mean change");
  check_size(p.clients.change_sd, "variance_ratio", "clients' change differ by");
  check_size(p.therapists.direct_sd, "variance_ratio", "therapists' effects differ by");
}

}  // namespace bordin
