#include "therapy/alliance.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "core/errors.hpp"

namespace bordin {
namespace {

constexpr double least_weight = 1e-6;  // of all three together; they are relative to each other

}  // namespace

void AllianceWeights::describe(FieldVisitor& field) {
  field.field("goal", goal, {.min = 0, .max = 1000, .doc = "weight of agreement on goals"});
  field.field("task", task, {.min = 0, .max = 1000, .doc = "weight of agreement on tasks"});
  field.field("bond", bond, {.min = 0, .max = 1000, .doc = "weight of the bond"});
}

void AllianceLoadings::describe(FieldVisitor& field) {
  constexpr char const* source =
      "WAI-SR: goal-task .7 to .85, with bond .5 to .7 (Hatcher & Gillaspy 2006; Munder et al. 2010)";
  field.field("goal", goal, {.min = 0, .max = 1, .doc = "loading of goal on the common factor", .source = source});
  field.field("task", task, {.min = 0, .max = 1, .doc = "loading of task on the common factor", .source = source});
  field.field("bond", bond, {.min = 0, .max = 1, .doc = "loading of bond on the common factor", .source = source});
}

void NecessaryAlliance::describe(FieldVisitor& field) {
  field.field("enabled", enabled, {.doc = "whether an alliance below the threshold stops the work"});
  field.field("threshold", threshold,
              {.unit = "SD of alliance",
               .min = -20,
               .max = 20,
               .doc = "alliance of a session below which no work is done in it",
               .source = "assumed (Rogers 1957: necessary conditions)"});
  field.field("dropout", dropout,
              {.unit = "logit",
               .min = -50,
               .max = 50,
               .doc = "added to the log-odds of leaving after such a session",
               .source = "assumed"});
}

void AllianceParameters::describe(FieldVisitor& field) {
  describe_course(field);
  describe_effects(field);
}

void AllianceParameters::describe_course(FieldVisitor& field) {
  field.field("client_share", client_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "alliance: what the client brings; may be left out, since it is what the other shares leave of 1"});
  field.field("match_share", match_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "alliance: how this client and this therapist suit each other",
               .source = "assumed; not identified apart from the client's share where each client sees one therapist"});
  field.field("session_share", session_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "alliance: fluctuation from session to session",
               .source = "single-session reliability G = .77 (Crits-Christoph et al. 2011, JCCP 79:267)"});
  field.field("autocorrelation", autocorrelation,
              {.min = -0.999,
               .max = 0.999,
               .doc = "phi: how much of a session's fluctuation stays until the next",
               .source = "AR(1) .25 to .45 within clients"});
  field.field("mean", mean, {.unit = "SD of alliance", .min = -10, .max = 10, .doc = "mean of the alliance at session 3"});
  field.field("growth", growth,
              {.unit = "SD of alliance per unit of ln(session)",
               .min = -10,
               .max = 10,
               .doc = "rise of the alliance with ln(session / 3)"});
  field.field("lift", lift,
              {.unit = "SD of alliance per SD of gain",
               .min = -5,
               .max = 5,
               .doc = "by how much clients who gain more than expected rate the alliance higher"});
  field.field("kappa", kappa,
              {.min = 0,
               .max = 1,
               .doc = "by how much feeling better lifts the next session's alliance",
               .source = "reciprocal within-client effects: Flueckiger et al. 2020, JCCP 88:829"});
  field.field("lag", lag,
              {.min = 0,
               .max = 1,
               .doc = "by how much a better alliance lowers the next session's symptoms",
               .source = "reciprocal within-client effects: Flueckiger et al. 2020, JCCP 88:829"});
  field.group("weights", weights, {.doc = "weight of the components (Bordin 1979: therapies differ in it)"});
  field.group("loadings", loadings, {.doc = "loadings of the components on the factor they share, at every level"});
}

void AllianceParameters::describe_effects(FieldVisitor& field) {
  About const effect_about{.unit = "SD of change over the course per SD of alliance", .min = -5, .max = 5};
  auto const by_source = [&](std::string_view doc) {
    About about = effect_about;
    about.doc = doc;
    return about;
  };
  field.field("effect", effect,
              {.unit = effect_about.unit,
               .min = effect_about.min,
               .max = effect_about.max,
               .doc = "effect of the alliance on change, identified by data (causal and confounded together)",
               .source = "calibrated to r = .278 (Flueckiger et al. 2018, Psychotherapy 55:316)"});
  field.field("effect_therapist", effect_therapist,
              by_source("the same for the therapist's contribution; effect unless stated"));
  field.field("effect_client", effect_client, by_source("the same for the client's contribution; effect unless stated"));
  field.field("effect_match", effect_match, by_source("the same for the match; effect unless stated"));
  field.field("effect_session", effect_session, by_source("the same for the session's fluctuation; effect unless stated"));
  field.field(
      "causal_fraction", causal_fraction,
      {.min = 0,
       .max = 1,
       .doc = "share of the effect that would follow if the alliance were changed; not identified by observational data, "
              "acts where the alliance is raised (training, arms, feedback) and on counterfactual twins",
       .source = "assumed, unknown"});
  field.field(
      "rule", rule, {"sum", "weakest link"},
      {.doc = "what acts on change: the weighted sum of goal, task and bond, or as much as the weakest of them allows"});
  field.field("tolerance", tolerance,
              {.unit = "SD of alliance",
               .min = 0.01,
               .max = 10,
               .doc = "weakest link: by how much a better component makes up for a worse one (0 would be not at all)",
               .source = "assumed"});
  field.group("necessary", necessary, {.doc = "an alliance without which no work is done"});
}

Composite composite_of(AllianceWeights const& weights, AllianceLoadings const& loadings) {
  auto const omega = weights.array();
  auto const load = loadings.array();
  double const sum = std::accumulate(omega.begin(), omega.end(), 0.0);
  if (!(sum >= least_weight))
    throw ScenarioError(
        {}, "alliance.weights",
        fmt::format("add up to {}, so there is no alliance; give at least one component a weight of {} or more", sum,
                    least_weight));
  double variance = 0;
  for (std::size_t a = 0; a < components; ++a) {
    for (std::size_t b = 0; b < components; ++b) variance += omega[a] * omega[b] * (a == b ? 1.0 : load[a] * load[b]);
  }
  double const norm = std::sqrt(variance);
  Composite composite{.weight = {}, .shift = norm / sum};
  for (std::size_t c = 0; c < components; ++c) composite.weight[c] = omega[c] / norm;
  return composite;
}

}  // namespace bordin
