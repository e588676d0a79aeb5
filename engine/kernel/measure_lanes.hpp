#pragma once

#include "kernel/people_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! Measure::scored.
HWY_INLINE F scored(Measure::Constants const& c, F latent, F error) {
  F score = number(c.mean) + number(c.sd) * (number(c.true_part) * latent + number(c.error_part) * error);
  if (c.step == 1) {
    score = hn::Floor(score + number(0.5F));
  } else if (c.step > 0) {
    score = hn::Floor(score / number(c.step) + number(0.5F)) * number(c.step);
  }
  return smaller(larger(score, number(c.lowest)), number(c.highest));
}

HWY_INLINE F symptom_score(Measure::Constants const& c, Who const& who, std::uint32_t session, F symptoms,
                           Seed const& seed) {
  Block const block = who.draw(c.purpose, session << 20, seed);
  return scored(c, symptoms, normal_pair(block.w0, block.w1).first);
}

//! A rating draws one block, by items one for each component.
HWY_INLINE std::size_t blocks_of(Measure::Constants const& c) {
  return c.items.has_value() ? components : 1;
}

struct RatingLanes {
  F total;
  F part[components];
  F item[components][OrdinalItems::per_component];
};

//! OrdinalItems::answers and their mean.
HWY_INLINE F answer(OrdinalItems::Constants const& c, F perceived, Normals const& z,
                    F (&item)[OrdinalItems::per_component]) {
  F const error[OrdinalItems::per_component] = {z.z0, z.z1, z.z2, z.z3};
  F sum = number(0);
  each<OrdinalItems::per_component>([&](auto i) {
    F const latent = number(c.true_part) * perceived + number(c.error_part) * error[i];
    item[i] = number(1);
    for (float const threshold : c.thresholds)
      item[i] = item[i] + hn::IfThenElseZero(hn::Ge(latent, number(threshold)), number(1));
    sum = sum + item[i];
  });
  return sum / number(static_cast<float>(OrdinalItems::per_component));
}

//! Measure::alliance_rating. `own` is what this rater alone sees, 0 where there is no such thing.
HWY_INLINE RatingLanes alliance_rating(Measure::Constants const& c, Normals const (&drawn)[components],
                                       F const (&alliance)[components], F standard_change, F own) {
  F common = number(c.prospects) * standard_change + number(c.bias);
  if (c.own_view > 0) common = common + own;
  F seen[components];
  each<components>([&](auto k) { seen[k] = number(c.alliance_part) * alliance[k] + common; });
  RatingLanes rating{};
  if (c.items.has_value()) {
    each<components>([&](auto k) { rating.part[k] = answer((*c.items).constants(), seen[k], drawn[k], rating.item[k]); });
  } else {
    F const error[components] = {drawn[0].z0, drawn[0].z1, drawn[0].z2};
    each<components>([&](auto k) { rating.part[k] = scored(c, seen[k], error[k]); });
  }
  rating.total = number(0);
  float asked = 0;
  each<components>([&](auto k) {
    if (!c.asks[k]) return;
    rating.total = rating.total + rating.part[k];
    asked += 1;
  });
  rating.total = rating.total / number(asked);
  return rating;
}

HWY_INLINE F standardised(Measure::Constants const& c, F score) {
  return (score - number(c.mean)) / number(c.sd);
}

//! MissingQuestionnaires::at_session.
HWY_INLINE M missed_at_session(MissingQuestionnaires::Constants const& c, Who const& who, std::uint32_t session,
                               F last_score, F symptoms, Seed const& seed) {
  F const logit = (number(c.logit) + number(c.last_score) * last_score) + number(c.current_score) * symptoms;
  return hn::Lt(uniform(who.draw(Purpose::missed_questionnaire, session << 20, seed).w0), logistic(logit));
}

HWY_INLINE M missed_at_followup(MissingQuestionnaires::Constants const& c, Who const& who, std::uint32_t session,
                                Seed const& seed) {
  return hn::Lt(uniform(who.draw(Purpose::missed_followup, session << 20, seed).w0), number(c.followups));
}

//! Ratings::score of what is seen.
HWY_INLINE F rating_score(Ratings::Chosen const& chosen, F seen, F error) {
  return number(chosen.true_part) * seen + number(chosen.error_part) * error;
}

}  // namespace bordin::HWY_NAMESPACE
