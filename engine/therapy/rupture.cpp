#include "therapy/rupture.hpp"

#include <algorithm>
#include <cmath>

#include "core/float32.hpp"

namespace bordin {
namespace {

constexpr double faded_below = 0.25;
constexpr double least_depth = 1.0, greatest_depth = 1.5;  // in SDs of a session's fluctuation
constexpr std::size_t longest = 4096;                      // more sessions than a therapy can have

}  // namespace

void RuptureParameters::describe(FieldVisitor& field) {
  field.field("enabled", enabled, {.doc = "whether the alliance can rupture"});
  field.field("onset", onset,
              {.unit = "logit per session",
               .min = -50,
               .max = 50,
               .doc = "log-odds that a rupture begins in a session of average alliance, if none is open",
               .source = "calibrated: patients report ruptures in 19 to 42 % of sessions"});
  field.field("onset_alliance", onset_alliance,
              {.unit = "logit per SD of the session's fluctuation",
               .min = -50,
               .max = 50,
               .doc = "by how much a session's better alliance lowers these log-odds",
               .source = "assumed"});
  field.field("decay", decay,
              {.unit = "per session",
               .min = 0,
               .max = 1,
               .doc = "share of an unrepaired rupture that is left one session later; below a quarter it has faded",
               .source = "assumed; hardly identified"});
  field.field("repair", repair,
              {.unit = "logit per session",
               .min = -50,
               .max = 50,
               .doc = "log-odds that an open rupture is repaired in a session, for a therapist of average repair skill",
               .source = "assumed; hardly identified"});
  field.field("gain", gain,
              {.unit = "SD of alliance",
               .min = 0,
               .max = 5,
               .doc = "what the first repair adds to the alliance for good; each further one adds half as much",
               .source = "calibrated (routine care)"});
  field.field("improvement", improvement,
              {.unit = "SD of symptoms",
               .min = 0,
               .max = 5,
               .doc = "improvement that the first repair brings at once; each further one brings half as much",
               .source = "assumed; repair with outcome r = .29 (Eubanks et al. 2018, Psychotherapy 55:508)"});
  field.field(
      "sensitivity", sensitivity,
      {.min = 0, .max = 1, .doc = "probability that the client reports a rupture that is open", .source = "assumed"});
  field.field(
      "false_alarm", false_alarm,
      {.min = 0, .max = 1, .doc = "probability that the client reports a rupture where none is open", .source = "assumed"});
}

Ruptures::Ruptures(RuptureParameters const& p, double session_share)
    : c_{.happen = p.enabled && session_share > 0,
         .onset = static_cast<float>(p.onset),
         .smallest = static_cast<float>(least_depth * std::sqrt(session_share)),
         .spread = static_cast<float>((greatest_depth - least_depth) * std::sqrt(session_share)),
         .repair = static_cast<float>(p.repair),
         .gain = static_cast<float>(p.gain),
         .improvement = static_cast<float>(p.improvement)} {
  if (c_.happen) c_.onset_slope = static_cast<float>(p.onset_alliance / std::sqrt(session_share));
  double left = 1;
  for (; left >= faded_below && c_.remaining.size() < longest; left *= p.decay)
    c_.remaining.push_back(static_cast<float>(left));
}

float Ruptures::next_session(RuptureState& state, RandomBlock const& chance, float fluctuation, float skill) const {
  float improvement = 0;
  if (state.open) {
    ++state.age;
    if (float32::uniform(chance[0]) < float32::logistic(c_.repair + skill)) {
      improvement = repaired(state);
    } else if (static_cast<std::size_t>(state.age) >= c_.remaining.size()) {
      state.open = false;
    }
  } else if (float32::uniform(chance[1]) < float32::logistic(c_.onset - c_.onset_slope * fluctuation)) {
    state.open = true;
    state.age = 0;
    state.onset = c_.smallest + c_.spread * float32::uniform(chance[2]);
  }
  state.depth = state.open ? state.onset * c_.remaining[static_cast<std::size_t>(state.age)] : 0.0F;
  return improvement;
}

float Ruptures::repaired(RuptureState& state) const {
  state.open = false;
  float const share = std::ldexp(1.0F, -std::min(state.repairs, 60));
  ++state.repairs;
  state.gain += c_.gain * share;
  return c_.improvement * share;
}

}  // namespace bordin
