#pragma once

#include <limits>

#include "kernel/kept_lanes.hpp"
#include "kernel/measure_lanes.hpp"
#include "kernel/walk_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

inline constexpr float not_a_score = std::numeric_limits<float>::quiet_NaN();

//! What of the model acts in a plan, found out once.
struct Acting {
  explicit Acting(TherapyPlan const& plan)
      : raises(Sessions(plan).may_be_raised()),
        ruptures(plan.therapy->ruptures().constants().happen && plan.has_therapist),
        commitment(plan.therapy->commitment().constants().acts),
        feedback(plan.therapy->constants().feedback_raise != 0),
        questionnaires_missed(plan.missing->constants().some),
        sessions_missed(plan.therapy->attendance().constants().missed > 0),
        goes_on(plan.therapy->calendar().beyond_ending),
        all_answer(!questionnaires_missed && !sessions_missed && !goes_on) {
    for (std::size_t m = 0; m < plan.measures->size(); ++m) {
      some_are_given_post = some_are_given_post || plan.post.data()[m] != 0;
      prospects_are_perceived = prospects_are_perceived || plan.measures->data()[m].constants().prospects != 0;
    }
  }

  bool raises, ruptures, commitment, feedback, questionnaires_missed, sessions_missed;
  bool goes_on;     // after an ending, as if there were none
  bool all_answer;  // nobody's scores go missing while he is there
  bool some_are_given_post = false, prospects_are_perceived = false;
};

inline constexpr Field own_view_of(std::size_t measure) {
  return Kept::further(measure);
}

//! The fields that are needed.
inline void choose_fields(Kept& kept, TherapyPlan const& plan, Acting const& acting) {
  kept.use({Field::replication, Field::home, Field::place, Field::seat, Field::x0, Field::x1, Field::x2, Field::x3,
            Field::gain, Field::lasting, Field::drive, Field::stable0, Field::stable1, Field::stable2,
            Field::stable_composite, Field::early});
  if (plan.therapy->constants().own_weights) kept.use({Field::lasting_alliance});
  if (acting.raises) kept.use({Field::raise});
  if (plan.hazard != nullptr) kept.use({Field::retention, Field::severity});
  if (acting.ruptures)
    kept.use({Field::rupture_open, Field::rupture_age, Field::rupture_onset, Field::repairs, Field::rupture_gain,
              Field::repair_chance});
  if (acting.commitment) kept.use({Field::hope, Field::faith});
  if (acting.feedback) kept.use({Field::score_at_intake, Field::on_track});
  if (plan.good_enough != nullptr) kept.use({Field::good_enough_level});
  if (acting.questionnaires_missed) kept.use({Field::last_score});
  if (acting.sessions_missed) kept.use({Field::early_sessions, Field::attended});
  if (acting.goes_on) kept.use({Field::ended});
  if (acting.prospects_are_perceived) kept.use({Field::standard_change});
  for (std::size_t m = 0; m < plan.measures->size(); ++m) {
    if (plan.measures->data()[m].constants().own_view > 0) kept.use({own_view_of(m)});
  }
}

//! `early_sessions` is the number before this session, where none is missed.
HWY_INLINE WalkLanes walk_at(Kept const& kept, Acting const& acting, std::size_t i, float early_sessions) {
  auto const get = [&](Field f) { return kept.get(f, i); };
  WalkLanes w{};
  each<4>([&](auto k) { w.x[k] = get(after(Field::x0, k)); });
  w.gain = get(Field::gain);
  w.lasting = get(Field::lasting);
  w.drive = get(Field::drive);
  each<components>([&](auto k) { w.stable[k] = get(after(Field::stable0, k)); });
  w.stable_composite = get(Field::stable_composite);
  w.early = get(Field::early);
  w.early_sessions = acting.sessions_missed ? get(Field::early_sessions) : number(early_sessions);
  w.raise = acting.raises ? get(Field::raise) : number(0);
  w.on_track = to_mask(acting.feedback ? get(Field::on_track) : number(1));
  each<components>([&](auto k) { w.alliance[k] = number(not_a_score); });
  if (acting.ruptures)
    w.rupture = {to_mask(get(Field::rupture_open)), get(Field::rupture_age),
                 get(Field::rupture_onset),         get(Field::repairs),
                 get(Field::rupture_gain),          number(0)};
  w.hope = acting.commitment ? get(Field::hope) : number(0);
  w.faith = acting.commitment ? get(Field::faith) : number(0);
  return w;
}

//! What a session may change.
HWY_INLINE void keep_walk(Kept& kept, Acting const& acting, std::size_t i, WalkLanes const& w) {
  auto const keep = [&](Field f, F value) { kept.keep(f, i, value); };
  keep(Field::gain, w.gain);
  keep(Field::early, w.early);
  if (acting.sessions_missed) keep(Field::early_sessions, w.early_sessions);
  if (acting.ruptures) {
    keep(Field::rupture_open, from_mask(w.rupture.open));
    keep(Field::rupture_age, w.rupture.age);
    keep(Field::rupture_onset, w.rupture.onset);
    keep(Field::repairs, w.rupture.repairs);
    keep(Field::rupture_gain, w.rupture.gain);
  }
  if (acting.commitment) {
    keep(Field::hope, w.hope);
    keep(Field::faith, w.faith);
  }
}

//! Where a walk begins, and what of it stays.
HWY_INLINE void keep_beginning(Kept& kept, Acting const& acting, std::size_t i, WalkLanes const& w) {
  auto const keep = [&](Field f, F value) { kept.keep(f, i, value); };
  keep_walk(kept, acting, i, w);
  each<4>([&](auto k) { keep(after(Field::x0, k), w.x[k]); });
  if (acting.feedback) keep(Field::on_track, number(1));
  keep(Field::lasting, w.lasting);
  keep(Field::drive, w.drive);
  each<components>([&](auto k) { keep(after(Field::stable0, k), w.stable[k]); });
  keep(Field::stable_composite, w.stable_composite);
  if (acting.raises) keep(Field::raise, w.raise);
}

}  // namespace bordin::HWY_NAMESPACE
