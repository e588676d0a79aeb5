#include "therapy/therapy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/errors.hpp"
#include "therapy/session_process.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

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

float weighted(ComponentsF const& weight, ComponentsF const& part) {
  return (weight[0] * part[0] + weight[1] * part[1]) + weight[2] * part[2];
}

//! The parameters of an arm whose modality has weights of its own.
TherapyParameters in_arm(TherapyParameters parameters, ArmEffects const& arm) {
  auto& weights = parameters.alliance.weights;
  weights.goal = arm.weights.goal.value_or(weights.goal);
  weights.task = arm.weights.task.value_or(weights.task);
  weights.bond = arm.weights.bond.value_or(weights.bond);
  return parameters;
}

Commitment commitment_of(TherapyParameters const& p, ArmEffects const& arm, int sessions) {
  auto const own = in_arm(p, arm).alliance;
  return Commitment(p.commitment, p.therapists, p.clients, p.alliance, composite_of(own.weights, own.loadings).shift,
                    session_process(own, p.symptoms), sessions, p.attendance.missed);
}

std::optional<WeakestLink> weakest_link_of(AllianceParameters const& alliance) {
  if (alliance.rule == AllianceRule::sum) return std::nullopt;
  std::pair<char const*, std::optional<double>> const by_source[] = {
      {"alliance.effect_therapist", alliance.effect_therapist},
      {"alliance.effect_client", alliance.effect_client},
      {"alliance.effect_match", alliance.effect_match},
      {"alliance.effect_session", alliance.effect_session}};
  for (auto const& [key, effect] : by_source) {
    if (effect)
      throw ScenarioError({}, key,
                          "is stated, but with rule = \"weakest link\" goal, task and bond act together, whoever brings "
                          "them; state alliance.effect alone");
  }
  return WeakestLink(alliance.tolerance, alliance.loadings);
}

}  // namespace

Therapy::Therapy(TherapyParameters const& scenario, ArmEffects const& arm, Calendar calendar)
    : calendar_(std::move(calendar)),
      c_{.own_weights = arm.weights.stated(),
         .lift = static_cast<float>(scenario.alliance.lift),
         .severity_slope = static_cast<float>(scenario.symptoms.severity_slope),
         .change = static_cast<float>(scenario.symptoms.change),
         .arm_change = static_cast<float>(arm.change),
         .effect_therapist = static_cast<float>(scenario.alliance.effect_therapist.value_or(scenario.alliance.effect)),
         .effect_client = static_cast<float>(scenario.alliance.effect_client.value_or(scenario.alliance.effect)),
         .effect_match = static_cast<float>(scenario.alliance.effect_match.value_or(scenario.alliance.effect)),
         .effect_session = static_cast<float>(scenario.alliance.effect_session.value_or(scenario.alliance.effect)),
         .effect_of_raise = static_cast<float>(scenario.alliance.causal_fraction * scenario.alliance.effect),
         .arm_raise = static_cast<float>(arm.alliance),
         .feedback_raise = static_cast<float>(arm.feedback.alliance),
         .behind = static_cast<float>(arm.feedback.behind),
         .necessary = scenario.alliance.necessary.enabled,
         .threshold = static_cast<float>(scenario.alliance.necessary.threshold),
         .weakest_link = weakest_link_of(scenario.alliance)},
      ruptures_(scenario.rupture, scenario.alliance.session_share),
      commitment_(commitment_of(scenario, arm, calendar_.sessions)),
      attendance_(scenario.attendance) {
  auto const p = in_arm(scenario, arm);
  auto const composite = composite_of(p.alliance.weights, p.alliance.loadings);
  for (std::size_t c = 0; c < components; ++c) c_.weight[c] = static_cast<float>(composite.weight[c]);
  c_.shift = static_cast<float>(composite.shift);
  auto const process = session_process(p.alliance, p.symptoms);
  c_.start = rounded(process.start_factor);
  c_.step = rounded(process.step);
  c_.innovation = rounded(process.innovation_factor);
  prepare_courses(p);
  prepare_endings(p, arm);
}

void Therapy::prepare_courses(TherapyParameters const& p) {
  auto const g = course_of_change(p.symptoms, calendar_.sessions);
  for (std::size_t s = 0; s < g.size(); ++s) {
    double const log_session = s == 0 ? 0 : std::log(static_cast<double>(s));
    c_.growth.push_back(static_cast<float>(p.alliance.mean + p.alliance.growth * (log_session - std::log(3.0))));
    c_.course.push_back(static_cast<float>(p.symptoms.change * g[s]));
    c_.course_step.push_back(s == 0 ? 0.0F : static_cast<float>(g[s] - g[s - 1]));
  }
  for (double const weeks : calendar_.followups) {
    for (int last = 0; last <= calendar_.sessions; ++last)
      c_.kept.push_back(static_cast<float>(
          std::pow(1 - p.symptoms.relapse, weeks + calendar_.spacing * static_cast<double>(calendar_.sessions - last))));
  }
}

void Therapy::prepare_endings(TherapyParameters const& p, ArmEffects const& arm) {
  for (auto const& entry : ending_rules()) {
    if (auto rule = entry.make(p, arm, calendar_)) rules_.push_back({.entry = &entry, .rule = std::move(rule)});
  }
}

Therapy::Composites Therapy::composites(Meeting const& m) const {
  if (!c_.own_weights) return {.ability = m.therapist.ability, .prospects = m.client.prospects, .match = m.match.composite};
  return {.ability = weighted(c_.weight, m.therapist.alliance),
          .prospects = weighted(c_.weight, m.client.alliance),
          .match = weighted(c_.weight, m.match.alliance)};
}

Walk Therapy::intake(RandomBlock const& block, Meeting const& meeting) const {
  auto const& [therapist, client, match, has_therapist] = meeting;
  Walk walk;
  walk.has_alliance = has_therapist;
  walk.x = times(c_.start, normals(block));
  walk.lasting = client.severity + therapist.severity;
  float const scaled = std::max(0.0F, 1.0F + c_.severity_slope * client.severity);
  walk.drive = ((c_.change + scaled * therapist.direct) + client.change) + c_.arm_change;
  walk.symptoms = walk.lasting + walk.x[3];
  if (!has_therapist) {
    walk.x[0] = walk.x[1] = walk.x[2] = 0;
    return walk;
  }
  auto const own = composites(meeting);
  if (!c_.weakest_link)
    walk.drive += (c_.effect_therapist * own.ability + c_.effect_client * own.prospects) + c_.effect_match * own.match;
  for (std::size_t c = 0; c < components; ++c)
    walk.stable[c] = (therapist.alliance[c] + client.alliance[c]) + match.alliance[c];
  walk.stable_composite = (own.ability + own.prospects) + own.match;
  walk.raise = therapist.raise + c_.arm_raise;
  walk.commitment = commitment_.at_intake(client.expectation);
  return walk;
}

void Therapy::move(Walk& walk, RandomBlock const& block) const {
  State const moved = times(c_.step, walk.x);
  State const pushed = times(c_.innovation, normals(block));
  for (std::size_t i = 0; i < 4; ++i) walk.x[i] = moved[i] + pushed[i];
  if (!walk.has_alliance) walk.x[0] = walk.x[1] = walk.x[2] = 0;
}

void Therapy::hold_without_therapist(int s, Walk& walk) const {
  walk.alliance = {missing, missing, missing};
  walk.gain += c_.course_step[static_cast<std::size_t>(s)] * walk.drive;
}

float Therapy::raise_of_alliance(Walk const& walk) const {
  return walk.on_track ? walk.raise : walk.raise + c_.feedback_raise;
}

//! What the session changes; `quality` is its own alliance, w* less the rupture.
float Therapy::work_of(int s, Walk const& walk, float quality) const {
  if (c_.necessary && walk.composite < c_.threshold) return 0;
  float drive = walk.drive;
  if (c_.weakest_link) {
    ComponentsF component{};
    for (std::size_t c = 0; c < components; ++c)
      component[c] = (walk.stable[c] + walk.x[c]) - c_.shift * walk.rupture.depth;
    drive += c_.effect_session * (*c_.weakest_link)(component);
  } else {
    drive += c_.effect_session * quality;
  }
  float const raise = raise_of_alliance(walk);
  if (raise != 0) drive += c_.effect_of_raise * raise;
  float const work = c_.course_step[static_cast<std::size_t>(s)] * drive;
  return commitment_.acts() ? work * commitment_.work(walk.commitment) : work;
}

void Therapy::hold_session(int s, Randomness const& random, ClientNumber who, Meeting const& meeting, Walk& walk) const {
  auto const at = static_cast<std::size_t>(s);
  auto const session = static_cast<std::uint32_t>(s);
  float const fluctuation = (c_.weight[0] * walk.x[0] + c_.weight[1] * walk.x[1]) + c_.weight[2] * walk.x[2];
  float common = c_.growth[at] + c_.lift * (walk.gain - c_.course[at - 1]);
  float quality = fluctuation;  // of the session, for the work that is done in it
  float improvement = 0;
  if (ruptures_.happen()) {
    improvement = ruptures_.next_session(walk.rupture, random.of_client(who, Purpose::rupture, session), fluctuation,
                                         meeting.therapist.repair);
    common = (common + walk.rupture.gain) - walk.rupture.depth;
    quality = fluctuation - walk.rupture.depth;
  }
  float const raise = raise_of_alliance(walk);
  if (raise != 0) common += raise;
  for (std::size_t c = 0; c < components; ++c) walk.alliance[c] = (walk.stable[c] + walk.x[c]) + c_.shift * common;
  walk.composite = (walk.stable_composite + fluctuation) + common;
  if (s <= early_sessions) {
    walk.early += walk.composite;
    ++walk.early_sessions;
  }
  if (commitment_.acts()) {
    // Without the lift: else what the client gained would come back as work, again and again.
    float const lift = c_.shift * (c_.lift * (walk.gain - c_.course[at - 1]));
    commitment_.next_session(walk.commitment, s,
                             {walk.alliance[0] - lift, walk.alliance[1] - lift, walk.alliance[2] - lift});
  }
  walk.gain += work_of(s, walk, quality);
  walk.gain += improvement;
}

bool Therapy::is_held(int s, Randomness const& random, ClientNumber who) const {
  if (!attendance_.some_are_missed() || s == 1 || s == calendar_.sessions) return true;
  return !attendance_.missed(random.of_client(who, Purpose::missed_session, static_cast<std::uint32_t>(s)));
}

//! What was seen at session s, or is so where nothing was.
void Therapy::look(Walk& walk, int s, float seen) const {
  bool const measured = !std::isnan(seen);
  walk.score = measured ? seen : walk.symptoms;
  if (s == 0) walk.score_at_intake = walk.score;
  if (measured && s > 0)
    walk.on_track = walk.score_at_intake - walk.score >= c_.course[static_cast<std::size_t>(s)] - c_.behind;
}

void Therapy::record(std::size_t occasion, Walk const& walk, LatentCourse const& course, bool held) const {
  bool const alliance = held && walk.has_alliance;
  auto const note = [&](Series const& series, float value) {
    if (series.is_kept()) series[occasion] = alliance ? value : missing;
  };
  note(course.goal, walk.alliance[0]);
  note(course.task, walk.alliance[1]);
  note(course.bond, walk.alliance[2]);
  note(course.alliance, walk.composite);
  note(course.rupture, walk.rupture.depth);
  note(course.repairs, static_cast<float>(walk.rupture.repairs));
  note(course.hope, walk.commitment.hope);
  note(course.faith, walk.commitment.faith);
  note(course.commitment, commitment_.value(walk.commitment));
  course.symptoms[occasion] = walk.symptoms;
  course.gain[occasion] = walk.gain;
}

void Therapy::forget_after(int s, LatentCourse const& course) const {
  for (auto const& series : {course.goal, course.task, course.bond, course.alliance, course.symptoms, course.gain,
                             course.rupture, course.repairs, course.hope, course.faith, course.commitment}) {
    if (!series.is_kept()) continue;
    for (int later = s + 1; later <= calendar_.sessions; ++later) series[static_cast<std::size_t>(later)] = missing;
  }
}

std::optional<Ending> Therapy::ending_at(int s, RandomBlock const& chance, Walk const& walk, Meeting const& meeting) const {
  bool const maximum = s == calendar_.sessions;
  for (auto const& [entry, rule] : rules_) {
    if (maximum && !entry->at_maximum) continue;
    EndingMoment const moment{.session = s, .walk = walk, .meeting = meeting};
    if (rule->ends(moment, float32::uniform(chance[entry->word]))) return entry->ending;
  }
  return maximum ? std::optional(Ending::maximum) : std::nullopt;
}

//! Symptoms stay as they were at the end, but for what relapse takes back.
void Therapy::follow_up(Walk const& at_end, Outcome const& outcome, LatentCourse const& course, Witness& witness) const {
  for (std::size_t f = 0; f < calendar_.followups.size(); ++f) {
    auto const sessions = static_cast<std::size_t>(calendar_.sessions);
    Walk walk = at_end;
    walk.gain *= c_.kept[f * (sessions + 1) + static_cast<std::size_t>(outcome.last)];
    walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
    auto const occasion = sessions + 1 + f;
    record(occasion, walk, course, false);
    witness.see({.occasion = static_cast<int>(occasion),
                 .session = static_cast<int>(most_sessions) - static_cast<int>(f),
                 .symptoms = walk.symptoms});
  }
}

Outcome Therapy::run(Randomness const& random, ClientNumber who, Meeting const& meeting, LatentCourse const& course,
                     Witness& witness) const {
  Walk walk = intake(random.of_client(who, Purpose::session_process, 0), meeting);
  record(0, walk, course, false);
  look(walk, 0, witness.see({.symptoms = walk.symptoms}));
  for (auto const& [entry, rule] : rules_) rule->begin(random, who, walk);

  Outcome outcome;
  std::optional<Ending> ending;
  Walk at_end = walk;
  if (attendance_.some_do_not_engage() && !attendance_.engages(meeting.client, random.of_client(who, Purpose::engagement)))
    ending = Ending::not_engaged;
  else
    ending = ending_at(0, random.of_client(who, Purpose::ending, 0), walk, meeting);

  for (int s = 1; s <= calendar_.sessions && (!ending || calendar_.beyond_ending); ++s) {
    auto const session = static_cast<std::uint32_t>(s);
    move(walk, random.of_client(who, Purpose::session_process, session));
    bool const held = is_held(s, random, who);
    if (held) walk.has_alliance ? hold_session(s, random, who, meeting, walk) : hold_without_therapist(s, walk);
    walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
    record(static_cast<std::size_t>(s), walk, course, held);
    if (!held) continue;
    SessionState const state{.occasion = s,
                             .session = s,
                             .alliance = walk.alliance,
                             .composite = walk.has_alliance ? walk.composite : missing,
                             .symptoms = walk.symptoms,
                             .rupture = walk.rupture.open,
                             .standard_change = meeting.client.standard_change};
    look(walk, s, ending ? witness.imagine(state) : witness.see(state));
    if (ending) continue;
    ++outcome.sessions;
    outcome.last = s;
    at_end = walk;
    ending = ending_at(s, random.of_client(who, Purpose::ending, session), walk, meeting);
  }
  outcome.ending = *ending;
  if (!calendar_.beyond_ending) forget_after(outcome.last, course);
  follow_up(at_end, outcome, course, witness);
  return outcome;
}

}  // namespace bordin
