#include "therapy/therapy.hpp"

#include <algorithm>
#include <cmath>

#include "therapy/session_process.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr int early_sessions = 3;  // of the hazard's early alliance

std::array<std::array<float, 4>, 4> rounded(Eigen::Matrix4d const& matrix) {
  std::array<std::array<float, 4>, 4> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j)
      out[i][j] = static_cast<float>(matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
  }
  return out;
}

using State = std::array<float, 4>;

State times(std::array<std::array<float, 4>, 4> const& matrix, State const& x) {
  State out{};
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = ((matrix[i][0] * x[0] + matrix[i][1] * x[1]) + matrix[i][2] * x[2]) + matrix[i][3] * x[3];
  return out;
}

float implied_early_scale(TherapyParameters const& p, SessionProcess const& process, int sessions) {
  auto const composite = composite_of(p.alliance.weights, p.alliance.loadings);
  double fluctuation = 0;
  for (int a = 1; a <= sessions; ++a) {
    for (int b = 1; b <= sessions; ++b) fluctuation += process.composite_autocovariance(composite, std::abs(a - b));
  }
  double const variance = 1 - p.alliance.session_share + fluctuation / (sessions * sessions);
  return variance > 1e-12 ? static_cast<float>(p.dropout.early_alliance / std::sqrt(variance)) : 0.0F;
}

// Where there are no ruptures, the skill to repair them must not make other correlations impossible.
TherapistParameters acting(TherapistParameters therapists, RuptureParameters const& rupture) {
  if (!rupture.enabled) therapists.ability_repair_correlation = 0;
  return therapists;
}

}  // namespace

void TherapyParameters::describe(FieldVisitor& field) {
  field.group("therapists", therapists, {.doc = "how therapists differ"});
  field.group("clients", clients, {.doc = "how clients differ"});
  field.group("alliance", alliance, {.doc = "the working alliance and its effect on change"});
  field.group("symptoms", symptoms, {.doc = "symptoms and their course"});
  field.group("dropout", dropout, {.doc = "leaving before the planned ending"});
  field.group("ending", ending, {.doc = "planned endings"});
  field.group("rupture", rupture, {.doc = "rupture and repair"});
}

Therapy::Therapy(TherapyParameters const& p, int sessions, bool beyond_ending)
    : sessions_(sessions),
      beyond_ending_(beyond_ending),
      people_(acting(p.therapists, p.rupture), p.clients, p.alliance, p.symptoms.fluctuation_share),
      lift_(static_cast<float>(p.alliance.lift)),
      severity_slope_(static_cast<float>(p.symptoms.severity_slope)),
      change_(static_cast<float>(p.symptoms.change)),
      effect_therapist_(static_cast<float>(p.alliance.effect_therapist.value_or(p.alliance.effect))),
      effect_client_(static_cast<float>(p.alliance.effect_client.value_or(p.alliance.effect))),
      effect_match_(static_cast<float>(p.alliance.effect_match.value_or(p.alliance.effect))),
      effect_session_(static_cast<float>(p.alliance.effect_session.value_or(p.alliance.effect))),
      dropout_(p.dropout.enabled),
      hazard_now_(static_cast<float>(p.dropout.current_alliance)),
      hazard_severity_(static_cast<float>(p.dropout.severity)),
      hazard_gain_(static_cast<float>(p.dropout.gain)),
      hazard_rupture_(static_cast<float>(p.dropout.rupture)),
      good_enough_(static_cast<float>(p.ending.good_enough.probability)),
      level_(static_cast<float>(p.ending.good_enough.level)),
      level_sd_(static_cast<float>(p.ending.good_enough.level_sd)),
      least_improvement_(static_cast<float>(p.ending.good_enough.least_improvement)),
      ruptures_(p.rupture, p.alliance.session_share) {
  auto const composite = composite_of(p.alliance.weights, p.alliance.loadings);
  for (std::size_t c = 0; c < components; ++c) weight_[c] = static_cast<float>(composite.weight[c]);
  shift_ = static_cast<float>(composite.shift);
  auto const process = session_process(p.alliance, p.symptoms);
  start_ = rounded(process.start_factor);
  step_ = rounded(process.step);
  innovation_ = rounded(process.innovation_factor);
  auto const g = course_of_change(p.symptoms, sessions);
  for (std::size_t s = 0; s < g.size(); ++s) {
    double const log_session = s == 0 ? 0 : std::log(static_cast<double>(s));
    growth_.push_back(static_cast<float>(p.alliance.mean + p.alliance.growth * (log_session - std::log(3.0))));
    course_.push_back(static_cast<float>(p.symptoms.change * g[s]));
    course_step_.push_back(s == 0 ? 0.0F : static_cast<float>(g[s] - g[s - 1]));
    hazard_.push_back(static_cast<float>(p.dropout.baseline + p.dropout.log_session * log_session));
    agreed_.push_back(static_cast<float>(
        std::min(1.0, p.ending.agreed * static_cast<double>(s) / static_cast<double>(p.symptoms.reference_sessions))));
  }
  for (int k = 1; k <= early_sessions; ++k)
    early_scale_[static_cast<std::size_t>(k - 1)] = implied_early_scale(p, process, k);
}

struct Therapy::Walk {
  State x{};             // w_goal, w_task, w_bond, e
  float gain = 0;        // D
  float lasting = 0;     // X + v0
  float drive = 0;       // what changes the client at every session, without the session's own alliance
  ComponentsF stable{};  // T_c + C_c + M_c
  float stable_composite = 0;
  float composite = 0;  // A(s)
  float early = 0;      // sum of A over the first sessions
  float level = 0;      // good enough at or below
  ComponentsF alliance{};
  float symptoms = 0;
  RuptureState rupture;
  bool has_alliance = true;
};

void Therapy::next_session(int s, Randomness const& random, ClientNumber who, Meeting const& meeting, Walk& walk) const {
  auto const at = static_cast<std::size_t>(s);
  auto const session = static_cast<std::uint32_t>(s);
  State const moved = times(step_, walk.x);
  State const pushed = times(innovation_, normals(random.of_client(who, Purpose::session_process, session)));
  for (std::size_t i = 0; i < 4; ++i) walk.x[i] = moved[i] + pushed[i];
  if (!walk.has_alliance) {
    walk.x[0] = walk.x[1] = walk.x[2] = 0;
    walk.alliance = {missing, missing, missing};
    walk.gain += course_step_[at] * walk.drive;
    walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
    return;
  }

  float const fluctuation = (weight_[0] * walk.x[0] + weight_[1] * walk.x[1]) + weight_[2] * walk.x[2];
  float common = growth_[at] + lift_ * (walk.gain - course_[at - 1]);
  float quality = fluctuation;  // of the session, for the work that is done in it
  float improvement = 0;
  if (ruptures_.happen()) {
    improvement = ruptures_.next_session(walk.rupture, random.of_client(who, Purpose::rupture, session), fluctuation,
                                         meeting.therapist.repair);
    common = (common + walk.rupture.gain) - walk.rupture.depth;
    quality = fluctuation - walk.rupture.depth;
  }
  for (std::size_t c = 0; c < components; ++c) walk.alliance[c] = (walk.stable[c] + walk.x[c]) + shift_ * common;
  walk.composite = (walk.stable_composite + fluctuation) + common;
  if (s <= early_sessions) walk.early += walk.composite;

  walk.gain += course_step_[at] * (walk.drive + effect_session_ * quality);
  walk.gain += improvement;
  walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
}

bool Therapy::good_enough_now(Walk const& walk, float seen, float uniform) const {
  float const score = std::isnan(seen) ? walk.symptoms : seen;
  return score <= walk.level && uniform < good_enough_;
}

bool Therapy::leaves_now(int s, Walk const& walk, Meeting const& meeting, float uniform) const {
  auto const k = static_cast<std::size_t>(std::min(s, early_sessions));
  float const early = walk.early / static_cast<float>(k);
  float logit = hazard_[static_cast<std::size_t>(s)] - early_scale_[k - 1] * early;
  logit = logit - hazard_now_ * walk.composite;
  logit = logit + hazard_severity_ * meeting.client.severity;
  logit = logit - hazard_gain_ * walk.gain;
  if (walk.rupture.open) logit = logit + hazard_rupture_;
  logit = (logit - meeting.therapist.retention) + meeting.arm.dropout;
  return uniform < float32::logistic(logit);
}

Therapy::Walk Therapy::intake(RandomBlock const& block, Meeting const& meeting) const {
  auto const& [therapist, client, match, arm, has_therapist] = meeting;
  Walk walk;
  walk.has_alliance = has_therapist;
  walk.x = times(start_, normals(block));
  walk.lasting = client.severity + therapist.severity;
  float const scaled = std::max(0.0F, 1.0F + severity_slope_ * client.severity);
  walk.drive = ((change_ + scaled * therapist.direct) + client.change) + arm.change;
  walk.symptoms = walk.lasting + walk.x[3];
  if (!has_therapist) {
    walk.x[0] = walk.x[1] = walk.x[2] = 0;
    return walk;
  }
  walk.drive +=
      (effect_therapist_ * therapist.ability + effect_client_ * client.prospects) + effect_match_ * match.composite;
  for (std::size_t c = 0; c < components; ++c)
    walk.stable[c] = (therapist.alliance[c] + client.alliance[c]) + match.alliance[c];
  walk.stable_composite = (therapist.ability + client.prospects) + match.composite;
  return walk;
}

void Therapy::record(int s, Walk const& walk, LatentCourse const& course) {
  auto const at = static_cast<std::size_t>(s);
  bool const alliance = s > 0 && walk.has_alliance;
  course.goal[at] = alliance ? walk.alliance[0] : missing;
  course.task[at] = alliance ? walk.alliance[1] : missing;
  course.bond[at] = alliance ? walk.alliance[2] : missing;
  course.alliance[at] = alliance ? walk.composite : missing;
  course.symptoms[at] = walk.symptoms;
  course.gain[at] = walk.gain;
  if (course.rupture.empty()) return;
  course.rupture[at] = alliance ? walk.rupture.depth : missing;
  course.repairs[at] = alliance ? static_cast<float>(walk.rupture.repairs) : missing;
}

void Therapy::forget_after(int s, LatentCourse const& course) {
  for (auto const& column : {course.goal, course.task, course.bond, course.alliance, course.symptoms, course.gain,
                             course.rupture, course.repairs})
    if (!column.empty()) std::fill(column.begin() + s + 1, column.end(), missing);
}

std::optional<Ending> Therapy::ending_at(int s, RandomBlock const& chance, Walk const& walk, float seen,
                                         Meeting const& meeting) const {
  if (good_enough_now(walk, seen, float32::uniform(chance[0]))) return Ending::good_enough;
  if (float32::uniform(chance[1]) < agreed_[static_cast<std::size_t>(s)]) return Ending::agreed;
  if (s == sessions_) return Ending::maximum;
  if (dropout_ && leaves_now(s, walk, meeting, float32::uniform(chance[2]))) return Ending::dropout;
  return std::nullopt;
}

Outcome Therapy::run(Randomness const& random, ClientNumber who, Meeting const& meeting, LatentCourse const& course,
                     Witness& witness) const {
  Walk walk = intake(random.of_client(who, Purpose::session_process, 0), meeting);
  record(0, walk, course);
  float const seen_at_intake = witness.see({.symptoms = walk.symptoms});
  float const score_at_intake = std::isnan(seen_at_intake) ? walk.symptoms : seen_at_intake;
  float const own_level = level_ + level_sd_ * normals(random.of_client(who, Purpose::good_enough_level))[0];
  walk.level = std::min(own_level, score_at_intake - least_improvement_);

  std::optional<Outcome> outcome;
  for (int s = 1; s <= sessions_ && (!outcome || beyond_ending_); ++s) {
    auto const session = static_cast<std::uint32_t>(s);
    next_session(s, random, who, meeting, walk);
    record(s, walk, course);
    if (outcome) continue;
    float const seen = witness.see({.session = s,
                                    .alliance = walk.alliance,
                                    .composite = walk.has_alliance ? walk.composite : missing,
                                    .symptoms = walk.symptoms,
                                    .rupture = walk.rupture.open,
                                    .standard_change = meeting.client.standard_change});
    auto const ending = ending_at(s, random.of_client(who, Purpose::ending, session), walk, seen, meeting);
    if (ending) outcome = Outcome{.ending = *ending, .sessions = s};
  }
  if (!beyond_ending_) forget_after(outcome->sessions, course);
  return *outcome;
}

}  // namespace bordin
