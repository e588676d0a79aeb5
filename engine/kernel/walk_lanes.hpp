#pragma once

#include "kernel/people_lanes.hpp"
#include "kernel/room_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

struct RuptureLanes {
  M open;
  F age, onset, repairs, gain, depth;
};

//! What moves from session to session: Walk, for many clients.
struct WalkLanes {
  F x[4];
  F gain, lasting, drive;
  F stable[components];
  F stable_composite, composite;
  F early, early_sessions;
  F raise;
  M on_track;
  F alliance[components];
  F symptoms;
  RuptureLanes rupture;
  F hope, faith, beyond_mean;
};

HWY_INLINE void times(Therapy::Process const& matrix, F const (&x)[4], F (&out)[4]) {
  each<4>([&](auto i) {
    out[i] = ((number(matrix[i][0]) * x[0] + number(matrix[i][1]) * x[1]) + number(matrix[i][2]) * x[2]) +
             number(matrix[i][3]) * x[3];
  });
}

HWY_INLINE F weighted(ComponentsF const& weight, F const (&part)[components]) {
  return (number(weight[0]) * part[0] + number(weight[1]) * part[1]) + number(weight[2]) * part[2];
}

//! What is left of a rupture by sessions since its onset. Short tables fit into a vector.
class Remaining {
 public:
  explicit Remaining(std::vector<float> const& table) : table_(table.data()), size_(table.size()) {
    for (std::size_t k = 0; k < most_lanes; ++k) short_[k] = k < size_ ? table_[k] : 0.0F;
  }
  F sessions() const { return number(static_cast<float>(size_)); }
  HWY_INLINE F after(F age) const {
    I const index = hn::ConvertTo(Ints(), age);
    if (size_ > hn::Lanes(Floats())) return hn::GatherIndex(Floats(), table_, index);
    return hn::TableLookupLanes(hn::Load(Floats(), short_), hn::IndicesFromVec(Floats(), index));
  }

 private:
  float const* table_;
  std::size_t size_;
  alignas(64) float short_[most_lanes];
};

//! Ruptures::next_session. Returns the improvement that repairs bring at once.
HWY_INLINE F next_session(Ruptures::Constants const& c, Remaining const& remaining, RuptureLanes& state,
                          Block const& chance, F fluctuation, F repair_chance) {
  M const was_open = state.open;
  F const older = state.age + number(1);
  M const repaired = hn::And(was_open, hn::Lt(uniform(chance.w0), repair_chance));
  M const stays = hn::AndNot(repaired, hn::And(was_open, hn::Lt(older, remaining.sessions())));
  F const onset_chance = logistic(number(c.onset) - number(c.onset_slope) * fluctuation);
  M const begins = hn::AndNot(was_open, hn::Lt(uniform(chance.w1), onset_chance));

  I const halvings = hn::ConvertTo(Ints(), smaller(state.repairs, number(60)));
  F const share = hn::BitCast(Floats(), hn::ShiftLeft<23>(hn::Set(Ints(), 127) - halvings));
  state.repairs = hn::IfThenElse(repaired, state.repairs + number(1), state.repairs);
  state.gain = hn::IfThenElse(repaired, state.gain + number(c.gain) * share, state.gain);
  state.open = hn::Or(stays, begins);
  state.age = hn::IfThenElse(begins, number(0), hn::IfThenElse(stays, older, number(0)));
  state.onset = hn::IfThenElse(begins, number(c.smallest) + number(c.spread) * uniform(chance.w2), state.onset);
  state.depth = hn::IfThenElseZero(state.open, state.onset * remaining.after(state.age));
  return hn::IfThenElseZero(repaired, number(c.improvement) * share);
}

HWY_INLINE F commitment_of(Commitment::Constants const& c, WalkLanes const& walk) {
  return c.lesser ? smaller(walk.hope, walk.faith) : number(0.5F) * (walk.hope + walk.faith);
}

HWY_INLINE F weakest_link(WeakestLink::Constants const& c, F const (&z)[components]) {
  F const least = smaller(smaller(z[0], z[1]), z[2]);
  F sum = number(0);
  each<components>([&](auto k) { sum = sum + exp((least - z[k]) / number(c.tolerance)); });
  F const b = least - number(c.tolerance) * log(sum / number(3.0F));
  return (b - number(c.mean)) * number(c.scale);
}

//! What Therapy does with one client from session to session, for many.
class Sessions {
 public:
  explicit Sessions(TherapyPlan const& plan)
      : plan_(plan), c_(plan.therapy->constants()), remaining_(plan.therapy->ruptures().constants().remaining) {}

  HWY_INLINE void move(F (&x)[4], Normals const& z) const {
    F moved[4], pushed[4];
    times(c_.step, x, moved);
    times(c_.innovation, {z.z0, z.z1, z.z2, z.z3}, pushed);
    each<4>([&](auto i) { x[i] = moved[i] + pushed[i]; });
    if (!plan_.has_therapist) x[0] = x[1] = x[2] = number(0);
  }

  //! `chance` is of ruptures.
  HWY_INLINE void hold(int s, WalkLanes& walk, Block const& chance, F repair_chance) const {
    if (!plan_.has_therapist) {
      walk.gain = walk.gain + number(c_.course_step.data()[s]) * walk.drive;
      return;
    }
    auto const& ruptures = plan_.therapy->ruptures().constants();
    F const fluctuation =
        (number(c_.weight[0]) * walk.x[0] + number(c_.weight[1]) * walk.x[1]) + number(c_.weight[2]) * walk.x[2];
    F const lift = number(c_.lift) * (walk.gain - number(c_.course.data()[s - 1]));
    F common = number(c_.growth.data()[s]) + lift;
    F quality = fluctuation;
    F improvement = number(0);
    if (ruptures.happen) {
      improvement = next_session(ruptures, remaining_, walk.rupture, chance, fluctuation, repair_chance);
      common = (common + walk.rupture.gain) - walk.rupture.depth;
      quality = fluctuation - walk.rupture.depth;
    }
    F const raise = raise_of_alliance(walk);
    if (may_be_raised()) common = hn::IfThenElse(to_mask(raise), common + raise, common);
    each<components>([&](auto k) { walk.alliance[k] = (walk.stable[k] + walk.x[k]) + number(c_.shift) * common; });
    walk.composite = (walk.stable_composite + fluctuation) + common;
    if (s <= early_sessions) {
      walk.early = walk.early + walk.composite;
      walk.early_sessions = walk.early_sessions + number(1);
    }
    commit(s, walk, number(c_.shift) * lift);
    walk.gain = walk.gain + work_of(s, walk, quality, raise);
    walk.gain = walk.gain + improvement;
  }

  F commitment(WalkLanes const& walk) const { return commitment_of(plan_.therapy->commitment().constants(), walk); }
  bool may_be_raised() const {
    return c_.arm_raise != 0 || c_.feedback_raise != 0 || plan_.people->backgrounds().training_varies();
  }

 private:
  F raise_of_alliance(WalkLanes const& walk) const {
    if (c_.feedback_raise == 0) return walk.raise;
    return hn::IfThenElse(walk.on_track, walk.raise, walk.raise + number(c_.feedback_raise));
  }

  //! Commitment::next_session, with the alliance less what the lift added.
  void commit(int s, WalkLanes& walk, F lift) const {
    auto const& c = plan_.therapy->commitment().constants();
    if (!c.acts) return;
    F alliance[components];
    each<components>([&](auto k) { alliance[k] = walk.alliance[k] - lift; });
    walk.hope =
        number(c.hope_inertia) * walk.hope + number(1.0F - c.hope_inertia) * (number(0.5F) * (alliance[0] + alliance[1]));
    walk.faith = number(c.faith_inertia) * walk.faith +
                 number(1.0F - c.faith_inertia) * (number(0.5F) * (alliance[1] + alliance[2]));
    walk.beyond_mean = commitment_of(c, walk) - number(c.mean.data()[s]);
  }

  F work_of(int s, WalkLanes const& walk, F quality, F raise) const {
    F drive = walk.drive;
    if (c_.weakest_link.has_value()) {
      F component[components];
      each<components>(
          [&](auto k) { component[k] = (walk.stable[k] + walk.x[k]) - number(c_.shift) * walk.rupture.depth; });
      drive = drive + number(c_.effect_session) * weakest_link((*c_.weakest_link).constants(), component);
    } else {
      drive = drive + number(c_.effect_session) * quality;
    }
    if (may_be_raised()) drive = hn::IfThenElse(to_mask(raise), drive + number(c_.effect_of_raise) * raise, drive);
    F work = number(c_.course_step.data()[s]) * drive;
    auto const& commitment = plan_.therapy->commitment().constants();
    if (commitment.acts) work = work * larger(number(0), number(1.0F) + number(commitment.work) * walk.beyond_mean);
    if (c_.necessary) work = hn::IfThenElse(hn::Lt(walk.composite, number(c_.threshold)), number(0), work);
    return work;
  }

  TherapyPlan const& plan_;
  Therapy::Constants const& c_;
  Remaining remaining_;
};

//! What the early alliance takes from the logit of leaving, `sessions` being those it is the sum of: the same for all ...
HWY_INLINE F early_part(DropoutHazard::Constants const& c, F early, std::size_t sessions) {
  std::size_t const k = sessions < 1 ? 1 : sessions;
  return number(c.early_scale[k - 1]) * (early / number(static_cast<float>(k)));
}
//! ... or not.
HWY_INLINE F early_part(DropoutHazard::Constants const& c, F early, F sessions) {
  F const k = larger(number(1), sessions);
  F scale = number(c.early_scale[0]);
  for (std::size_t n = 1; n < early_sessions; ++n)
    scale = hn::IfThenElse(hn::Eq(k, number(static_cast<float>(n + 1))), number(c.early_scale[n]), scale);
  return scale * (early / k);
}

//! What dropout depends on.
struct HazardLanes {
  F early_part, composite, severity, gain, retention, beyond_mean;
  M rupture_open;
};

//! DropoutHazard: the chance to leave after session s.
HWY_INLINE F hazard_of(DropoutHazard::Constants const& c, int s, HazardLanes const& at, bool has_therapist) {
  F logit = number(c.at_session.data()[s]) - at.early_part;
  logit = logit - number(c.now) * at.composite;
  logit = logit + number(c.severity) * at.severity;
  logit = logit - number(c.gain) * at.gain;
  logit = hn::IfThenElse(at.rupture_open, logit + number(c.rupture), logit);
  if (has_therapist && c.commitment_acts) logit = logit - number(c.commitment) * at.beyond_mean;
  if (has_therapist && c.necessary)
    logit = hn::IfThenElse(hn::Lt(at.composite, number(c.threshold)), logit + number(c.without_alliance), logit);
  logit = (logit - at.retention) + number(c.arm);
  return logistic(logit);
}

}  // namespace bordin::HWY_NAMESPACE
