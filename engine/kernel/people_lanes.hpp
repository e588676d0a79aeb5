#pragma once

#include "kernel/lanes.hpp"
#include "kernel/task.hpp"

namespace bordin::HWY_NAMESPACE {

//! Whose random numbers; see Randomness.
struct Who {
  U replication, home, place;

  HWY_INLINE Block draw(Purpose what, std::uint32_t last, Seed const& seed) const {
    return draw(static_cast<std::uint32_t>(what), last, seed);
  }
  HWY_INLINE Block draw(std::uint32_t what, std::uint32_t last, Seed const& seed) const {
    return philox(counter(what, last), seed);
  }
  HWY_INLINE Block counter(std::uint32_t what, std::uint32_t last) const {
    return {replication, home, place | word(what), word(last)};
  }
  //! Clients meet the therapist of their home.
  HWY_INLINE Block counter_of_match() const {
    return {replication, home, place | word(static_cast<std::uint32_t>(Purpose::match)), home};
  }
};

struct Drawn {
  F part[components];
  F composite;
};

HWY_INLINE Drawn components_from(People::Constants const& c, Normals const& z) {
  F const unique[components] = {z.z1, z.z2, z.z3};
  Drawn drawn{{}, number(0)};
  each<components>([&](auto k) {
    drawn.part[k] = number(c.loading[k]) * z.z0 + number(c.unique[k]) * unique[k];
    drawn.composite = drawn.composite + number(c.weight[k]) * drawn.part[k];
  });
  return drawn;
}

template <std::size_t N>
void correlated(People::Factor<N> const& factor, F first, Normals const& z, F (&out)[N]) {
  F const source[5] = {first, z.z0, z.z1, z.z2, z.z3};
  each<N>([&](auto i) {
    out[i] = number(0);
    each<i + 1>([&](auto j) { out[i] = out[i] + number(factor[i][j]) * source[j]; });
  });
}

HWY_INLINE F shaped(TraitShaper::Constants const& c, F z, U lot) {
  switch (c.shape) {
    case TraitShape::normal:
      return z;
    case TraitShape::skewed:
      return number(c.scale) * (number(c.mean) - exp(number(-c.spread) * z));
    case TraitShape::heavy_tailed:
      return number(c.scale) * (number(0.5F) * (exp(number(c.spread) * z) - exp(number(-c.spread) * z)));
    case TraitShape::two_kinds: {
      M const second = hn::MaskFromVec(hn::BitCast(Floats(), hn::BroadcastSignBit(hn::BitCast(Ints(), lot))));
      return number(c.scale) * (z + hn::IfThenElse(second, number(c.spread), number(-c.spread)));
    }
  }
  return z;
}

//! The normal numbers z of a block of traits, in the shape that is asked for.
HWY_INLINE Normals shaped(TraitShaper const& shape, Normals const& z, Who const& who, std::uint32_t block,
                          Seed const& seed) {
  auto const& c = shape.constants();
  if (c.shape == TraitShape::normal) return z;
  Block const lots = c.shape == TraitShape::two_kinds ? who.draw(Purpose::trait_kind, block, seed)
                                                      : Block{word(0), word(0), word(0), word(0)};
  return {shaped(c, z.z0, lots.w0), shaped(c, z.z1, lots.w1), shaped(c, z.z2, lots.w2), shaped(c, z.z3, lots.w3)};
}

struct TherapistLanes {
  F alliance[components];
  F ability, direct, retention, severity, repair, raise;
};

inline TherapistLanes therapists_at(TherapistColumns const& t, std::int32_t const* row) {
  I const at = hn::LoadU(Ints(), row);
  auto const take = [&](float const* column) { return hn::GatherIndex(Floats(), column, at); };
  return {{take(t.goal), take(t.task), take(t.bond)},
          take(t.ability),
          take(t.direct),
          take(t.retention),
          take(t.severity),
          take(t.repair),
          take(t.raise)};
}

struct ClientLanes {
  F alliance[components];
  F prospects, severity, expectation, change, standard_change;
};

//! From their two blocks of normal numbers.
HWY_INLINE ClientLanes client_of(People const& people, Who const& who, Normals const& alliance, Normals const& others,
                                 Seed const& seed) {
  auto const& c = people.constants();
  auto const own = components_from(c, shaped(people.shape_of_clients(), alliance, who, 0, seed));
  F trait[4];
  correlated(c.client_factor, own.composite, shaped(people.shape_of_clients(), others, who, 1, seed), trait);
  ClientLanes out{};
  each<components>([&](auto k) { out.alliance[k] = number(c.client_sd) * own.part[k]; });
  out.prospects = number(c.client_sd) * own.composite;
  out.severity = number(c.severity_sd) * trait[1];
  out.expectation = trait[2];
  out.change = number(c.change_sd) * trait[3];
  out.standard_change = c.change_sd > 0 ? trait[3] : number(0);
  return out;
}

struct MatchLanes {
  F alliance[components];
  F composite;
};

HWY_INLINE MatchLanes match_of(People const& people, Normals const& z) {
  auto const& c = people.constants();
  auto const own = components_from(c, z);
  MatchLanes out{};
  each<components>([&](auto k) { out.alliance[k] = number(c.match_sd) * own.part[k]; });
  out.composite = number(c.match_sd) * own.composite;
  return out;
}

HWY_INLINE void draw_therapists_at(TherapistTask const& task, Seed const& seed, std::size_t i) {
  auto const& people = *task.people;
  auto const& c = people.constants();

  Who const who{hn::LoadU(Words(), task.who.replication + i), hn::LoadU(Words(), task.who.home + i), word(0)};
  auto const traits = [&](std::uint32_t block) {
    return shaped(people.shape_of_therapists(), normals(who.draw(Purpose::therapist_traits, block, seed)), who, block,
                  seed);
  };
  auto const own = components_from(c, traits(0));
  Normals const z = traits(1);
  F trait[5];
  correlated(c.therapist_factor, own.composite, {z.z0, z.z1, z.z3, z.z2}, trait);
  auto const of_clinic = [&](float const* column) {
    return task.has_clinics ? hn::LoadU(Floats(), column + i) : number(0);
  };
  F alliance[components] = {number(c.therapist_sd) * own.part[0] + of_clinic(task.clinic.goal),
                            number(c.therapist_sd) * own.part[1] + of_clinic(task.clinic.task),
                            number(c.therapist_sd) * own.part[2] + of_clinic(task.clinic.bond)};
  F ability = number(c.therapist_sd) * own.composite + of_clinic(task.clinic.ability);
  F direct = number(c.direct_sd) * trait[1] + of_clinic(task.clinic.direct);
  F years = number(0), trained = number(0), raise = number(0);
  auto const& backgrounds = people.backgrounds();
  auto const& b = backgrounds.constants();
  if (backgrounds.experience_varies() || backgrounds.training_varies()) {
    Block const chance = who.draw(Purpose::background, 0, seed);
    F more_ability = number(0), more_direct = number(0);
    if (backgrounds.experience_varies()) {
      years = number(-b.mean_years) * log(number(1.0F) - uniform(chance.w0));
      F const beyond_mean = years - number(b.mean_years);
      more_ability = number(b.alliance_per_year) * beyond_mean;
      more_direct = number(b.change_per_year) * beyond_mean;
    }
    M const is_trained = hn::Lt(uniform(chance.w1), number(b.trained_share));
    trained = hn::IfThenElse(is_trained, number(1), number(0));
    raise = hn::IfThenElse(is_trained, number(b.raise), number(0));
    ability = ability + more_ability;
    direct = direct + more_direct;
    for (auto& part : alliance) part = part + number(c.shift) * more_ability;
  }
  auto const put = [&](F value, float* column) { hn::StoreU(value, Floats(), column + i); };
  put(alliance[0], task.to.goal);
  put(alliance[1], task.to.task);
  put(alliance[2], task.to.bond);
  put(ability, task.to.ability);
  put(direct, task.to.direct);
  put(number(c.retention_sd) * trait[2], task.to.retention);
  put(number(c.therapist_severity_sd) * trait[4], task.to.severity);
  put(number(c.repair_sd) * trait[3], task.to.repair);
  put(raise, task.to.raise);
  put(years, task.to.years);
  put(trained, task.to.trained);
}

}  // namespace bordin::HWY_NAMESPACE
