#include "therapy/dropout.hpp"

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "therapy/arm_effects.hpp"
#include "therapy/parameters.hpp"
#include "therapy/session_process.hpp"

namespace bordin {
namespace {

float implied_early_scale(TherapyParameters const& p, SessionProcess const& process, int sessions) {
  auto const composite = composite_of(p.alliance.weights, p.alliance.loadings);
  double fluctuation = 0;
  for (int a = 1; a <= sessions; ++a) {
    for (int b = 1; b <= sessions; ++b) fluctuation += process.composite_autocovariance(composite, std::abs(a - b));
  }
  double const variance = 1 - p.alliance.session_share + fluctuation / (sessions * sessions);
  return variance > 1e-12 ? static_cast<float>(p.dropout.early_alliance / std::sqrt(variance)) : 0.0F;
}

DropoutCurve const& curve_of(TherapyParameters const& parameters, ArmEffects const& arm) {
  return arm.dropout_curve.stated() ? arm.dropout_curve : parameters.dropout.curve;
}

}  // namespace

void DropoutParameters::describe(FieldVisitor& field) {
  constexpr char const* calibrated =
      "calibrated to 19.7 % dropout (Swift & Greenberg 2012) and d = .55 of alliance (Sharf et al. 2010)";
  field.field("enabled", enabled, {.doc = "whether clients can leave before the planned ending"});
  field.field("baseline", baseline,
              {.unit = "logit",
               .min = -50,
               .max = 50,
               .doc = "log-odds of leaving after the first session for an average client",
               .source = calibrated});
  field.field("log_session", log_session,
              {.unit = "logit per unit of ln(session)",
               .min = -50,
               .max = 50,
               .doc = "change of the log-odds with ln(session)",
               .source = "attrition is steepest early (Phillips 1985)"});
  field.field("early_alliance", early_alliance,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much 1 SD of early alliance lowers the log-odds",
               .source = calibrated});
  field.field("current_alliance", current_alliance,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much 1 SD of this session's alliance lowers the log-odds",
               .source = "assumed; hardly identified apart from early_alliance"});
  field.field("severity", severity,
              {.unit = "logit per SD", .min = -50, .max = 50, .doc = "by how much 1 SD of severity raises the log-odds"});
  field.field(
      "gain", gain,
      {.unit = "logit per SD", .min = -50, .max = 50, .doc = "by how much 1 SD of improvement so far lowers the log-odds"});
  field.field("rupture", rupture,
              {.unit = "logit",
               .min = -50,
               .max = 50,
               .doc = "by how much an open rupture raises the log-odds (where rupture.enabled)",
               .source = "calibrated: hazard times 1.8"});
  field.shape("curve", curve,
              {.unit = "share of clients",
               .doc = "share of clients who are gone by each session; takes the place of the hazard when stated"});
}

DropoutHazard::DropoutHazard(TherapyParameters const& p, ArmEffects const& arm, int sessions)
    : c_{.now = static_cast<float>(p.dropout.current_alliance),
         .severity = static_cast<float>(p.dropout.severity),
         .gain = static_cast<float>(p.dropout.gain),
         .rupture = static_cast<float>(p.dropout.rupture),
         .arm = static_cast<float>(arm.dropout),
         .commitment_acts = p.commitment.enabled,
         .commitment = static_cast<float>(p.commitment.dropout),
         .necessary = p.alliance.necessary.enabled,
         .threshold = static_cast<float>(p.alliance.necessary.threshold),
         .without_alliance = static_cast<float>(p.alliance.necessary.dropout)} {
  auto const process = session_process(p.alliance, p.symptoms);
  for (int s = 0; s <= sessions; ++s) {
    double const log_session = s == 0 ? 0 : std::log(static_cast<double>(s));
    c_.at_session.push_back(static_cast<float>(p.dropout.baseline + p.dropout.log_session * log_session));
  }
  for (int k = 1; k <= early_sessions; ++k)
    c_.early_scale[static_cast<std::size_t>(k - 1)] = implied_early_scale(p, process, k);
}

bool DropoutHazard::ends(EndingMoment const& moment, float uniform) const {
  auto const& [session, walk, meeting] = moment;
  if (session == 0) return false;
  auto const k = static_cast<std::size_t>(std::max(1, walk.early_sessions));
  float const early = walk.early / static_cast<float>(k);
  float logit = c_.at_session[static_cast<std::size_t>(session)] - c_.early_scale[k - 1] * early;
  logit = logit - c_.now * walk.composite;
  logit = logit + c_.severity * meeting.client.severity;
  logit = logit - c_.gain * walk.gain;
  if (walk.rupture.open) logit = logit + c_.rupture;
  if (walk.has_alliance && c_.commitment_acts) logit = logit - c_.commitment * walk.commitment.beyond_mean;
  if (walk.has_alliance && c_.necessary && walk.composite < c_.threshold) logit = logit + c_.without_alliance;
  logit = (logit - meeting.therapist.retention) + c_.arm;
  return uniform < float32::logistic(logit);
}

std::unique_ptr<EndingRule> make_dropout(TherapyParameters const& p, ArmEffects const& arm, Calendar const& calendar) {
  if (!p.dropout.enabled) return nullptr;
  auto const& curve = curve_of(p, arm);
  if (curve.stated() && p.attendance.missed > 0)
    throw ScenarioError(
        {}, "attendance.missed",
        "does not go with a dropout curve, which says who is there at each session; make it 0, or leave the "
        "curve out");
  if (curve.stated()) return std::make_unique<CurveDropout>(curve, p.symptoms.reference_sessions, calendar.sessions);
  return std::make_unique<DropoutHazard>(p, arm, calendar.sessions);
}

MissingnessReason missingness_of_dropout(TherapyParameters const& p, ArmEffects const& arm) {
  if (!p.dropout.enabled) return {};
  if (curve_of(p, arm).stated())
    return {.kind = Missingness::completely_at_random, .why = "dropout depends on nothing but time"};
  std::vector<std::string> on;
  if (p.dropout.early_alliance != 0 || p.dropout.current_alliance != 0) on.emplace_back("the alliance");
  if (p.dropout.severity != 0) on.emplace_back("severity");
  if (p.dropout.gain != 0) on.emplace_back("improvement");
  if (p.rupture.enabled && p.dropout.rupture != 0) on.emplace_back("ruptures");
  if (p.commitment.enabled && p.commitment.dropout != 0) on.emplace_back("commitment");
  if (p.alliance.necessary.enabled && p.alliance.necessary.dropout != 0) on.emplace_back("a necessary alliance");
  // Retention skill alone says nothing about outcome.
  bool const retention_tells =
      p.therapists.ability_retention_correlation != 0 || p.therapists.direct_retention_correlation != 0;
  if (p.therapists.retention_sd > 0 && retention_tells) on.emplace_back("the therapist's retention skill");
  if (on.empty()) return {.kind = Missingness::completely_at_random, .why = "dropout depends on nothing but time"};
  return {.kind = Missingness::not_at_random,
          .why = "dropout depends on " + enumerate_words(on) + ", which nobody observes"};
}

}  // namespace bordin
