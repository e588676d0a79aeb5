#pragma once

#include "kernel/draws_lanes.hpp"
#include "kernel/notes_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! The first meeting: who the clients of a block are, whom they meet, and what is measured before therapy. In stages, each
//! for the whole block, as a session.
class Intake {
 public:
  Intake(ClientTask const& task, Acting const& acting, Kept& kept, Draws& draws, Notes& notes)
      : task_(task),
        plan_(*task.plan),
        c_(plan_.therapy->constants()),
        acting_(acting),
        kept_(kept),
        draws_(draws),
        notes_(notes) {}

  //! Clients `first` to `first` + `clients` - 1.
  void begin(std::size_t first, std::size_t clients) {
    first_ = first;
    clients_ = clients;
    for_all([&](std::size_t i) { seat(i); });
    draw_traits();
    for_all([&](std::size_t i) { meet(i); });
    for (std::size_t m = 0; m < plan_.measures->size(); ++m) take_own_view(m);
    for (std::size_t k = 0; k < plan_.ratings->constants().chosen.size(); ++k) rate(k);
    for (std::size_t m = 0; m < plan_.measures->size(); ++m) {
      if (plan_.is_given(m, 0)) measure(m);
    }
    if (acting_.feedback || acting_.questionnaires_missed) for_all([&](std::size_t i) { keep_score(i); });
    if (plan_.good_enough != nullptr) set_levels();
  }

  //! Who does not engage, or is gone before the first session, and how that ends.
  M ended(std::size_t i, F& ending) const {
    M const present = hn::FirstN(Floats(), clients_ - i);
    M ended = to_mask(number(0));
    ending = number(0);
    auto const& attendance = plan_.therapy->attendance().constants();
    if (attendance.some_do_not_engage) {
      F const logit = (number(attendance.logit) - number(attendance.expectation) * of(task_.clients.expectation, i)) +
                      number(attendance.severity) * of(task_.clients.severity, i);
      F const chance = uniform(kept_.who(i).draw(Purpose::engagement, 0, draws_.seed()).w0);
      ended = hn::And(present, hn::Not(hn::Ge(chance, logistic(logit))));
      ending = number(static_cast<float>(Ending::not_engaged));
    }
    if (plan_.curve != nullptr) {
      F const chance = uniform(kept_.who(i).draw(Purpose::ending, 0, draws_.seed()).w2);
      M const gone = hn::AndNot(ended, hn::And(present, hn::Lt(chance, number(plan_.curve->constants().hazard.data()[0]))));
      ending = hn::IfThenElse(gone, number(static_cast<float>(Ending::dropout)), ending);
      ended = hn::Or(ended, gone);
    }
    return ended;
  }

  //! By place.
  F lasting(std::size_t i) const { return load(lasting_, i); }

 private:
  template <class Act>
  HWY_INLINE void for_all(Act const& act) const {
    for (std::size_t i = 0; i < clients_; i += lanes()) act(i);
  }
  HWY_INLINE void put(float* column, std::size_t i, F value) const { hn::StoreU(value, Floats(), column + first_ + i); }
  HWY_INLINE F of(float const* column, std::size_t i) const { return hn::LoadU(Floats(), column + first_ + i); }

  // Numbers of draws_.normals
  enum : std::size_t { alliance, other_traits, matching, process };

  void seat(std::size_t i) {
    auto const& roster = task_.who;
    kept_.keep_word(Field::replication, i, hn::LoadU(Words(), roster.replication + first_ + i));
    kept_.keep_word(Field::home, i, hn::LoadU(Words(), roster.home + first_ + i));
    kept_.keep_word(Field::place, i, hn::LoadU(Words(), roster.place + first_ + i));
    kept_.seat_in_order(i);
  }

  void draw_traits() {
    draws_.normals(kept_, clients_, static_cast<std::uint32_t>(Purpose::client_traits), 0, alliance);
    draws_.normals(kept_, clients_, static_cast<std::uint32_t>(Purpose::client_traits), 1, other_traits);
    draws_.normals(kept_, clients_, static_cast<std::uint32_t>(Purpose::session_process), 0, process);
    if (plan_.has_therapist) draws_.normals_of_match(kept_, clients_, matching);
  }

  HWY_INLINE void meet(std::size_t i) {
    Who const who = kept_.who(i);
    auto const client =
        client_of(*plan_.people, who, draws_.normals_at(i, alliance), draws_.normals_at(i, other_traits), draws_.seed());
    F const zero = number(0);
    TherapistLanes therapist{{zero, zero, zero}, zero, zero, zero, zero, zero, zero};
    MatchLanes match{{zero, zero, zero}, zero};
    if (plan_.has_therapist) {
      therapist = therapists_at(task_.therapists, task_.therapist + first_ + i);
      match = match_of(*plan_.people, draws_.normals_at(i, matching));
    }
    put_client(i, client, match);
    WalkLanes const walk = beginning(draws_.normals_at(i, process), client, therapist, match);
    keep_beginning(kept_, acting_, i, walk);
    store(lasting_, i, walk.lasting);
    keep_people(i, client, therapist, match);
    notes_.note(SessionColumns::symptoms, i, walk.symptoms);
    notes_.note(SessionColumns::gain, i, walk.gain);
    notes_.note(SessionColumns::attended, i, number(1));
    store(score_, i, walk.symptoms);
  }

  HWY_INLINE void put_client(std::size_t i, ClientLanes const& client, MatchLanes const& match) const {
    auto const& to = task_.clients;
    put(to.goal, i, client.alliance[0]);
    put(to.task, i, client.alliance[1]);
    put(to.bond, i, client.alliance[2]);
    put(to.prospects, i, client.prospects);
    put(to.severity, i, client.severity);
    put(to.expectation, i, client.expectation);
    put(to.change, i, client.change);
    put(to.standard_change, i, client.standard_change);
    put(to.match, i, match.composite);
  }

  HWY_INLINE WalkLanes beginning(Normals const& z, ClientLanes const& client, TherapistLanes const& therapist,
                                 MatchLanes const& match) const {
    F const zero = number(0);
    WalkLanes w{};
    times(c_.start, {z.z0, z.z1, z.z2, z.z3}, w.x);
    w.lasting = client.severity + therapist.severity;
    F const scaled = larger(zero, number(1) + number(c_.severity_slope) * client.severity);
    w.drive = ((number(c_.change) + scaled * therapist.direct) + client.change) + number(c_.arm_change);
    w.symptoms = w.lasting + w.x[3];
    w.gain = w.early = w.early_sessions = w.raise = w.stable_composite = w.composite = w.hope = w.faith = w.beyond_mean =
        zero;
    w.on_track = to_mask(number(1));
    each<components>([&](auto k) { w.stable[k] = zero; });
    w.rupture = {to_mask(zero), zero, zero, zero, zero, zero};
    if (!plan_.has_therapist) {
      w.x[0] = w.x[1] = w.x[2] = zero;
      return w;
    }
    F ability = therapist.ability, prospects = client.prospects, fit = match.composite;
    if (c_.own_weights) {
      ability = weighted(c_.weight, therapist.alliance);
      prospects = weighted(c_.weight, client.alliance);
      fit = weighted(c_.weight, match.alliance);
    }
    if (!c_.weakest_link.has_value())
      w.drive = w.drive + ((number(c_.effect_therapist) * ability + number(c_.effect_client) * prospects) +
                           number(c_.effect_match) * fit);
    each<components>([&](auto k) { w.stable[k] = (therapist.alliance[k] + client.alliance[k]) + match.alliance[k]; });
    w.stable_composite = (ability + prospects) + fit;
    w.raise = therapist.raise + number(c_.arm_raise);
    w.hope = client.expectation;
    return w;
  }

  HWY_INLINE void keep_people(std::size_t i, ClientLanes const& client, TherapistLanes const& therapist,
                              MatchLanes const& match) {
    auto const keep = [&](Field f, F value) { kept_.keep(f, i, value); };
    if (c_.own_weights) keep(Field::lasting_alliance, (therapist.ability + client.prospects) + match.composite);
    if (acting_.prospects_are_perceived) keep(Field::standard_change, client.standard_change);
    if (plan_.hazard != nullptr) {
      keep(Field::retention, therapist.retention);
      keep(Field::severity, client.severity);
    }
    if (acting_.ruptures)
      keep(Field::repair_chance, logistic(number(plan_.therapy->ruptures().constants().repair) + therapist.repair));
    if (acting_.sessions_missed) keep(Field::attended, number(0));
    if (acting_.goes_on) keep(Field::ended, number(0));
  }

  //! What the rater of measure m sees in each client, all through therapy.
  void take_own_view(std::size_t m) {
    auto const& c = plan_.measures->data()[m].constants();
    if (!(c.own_view > 0)) return;
    draws_.normal(kept_, clients_, c.purpose, 0);
    for_all([&](std::size_t i) { kept_.keep(own_view_of(m), i, number(c.own_view) * draws_.normal_at(i)); });
  }

  //! Ratings by expectation; there are none of sessions yet.
  void rate(std::size_t k) {
    auto const& chosen = plan_.ratings->constants().chosen.data()[k];
    float* const to = task_.clients.ratings.data()[k];
    if (chosen.kind->component.has_value()) {
      for_all([&](std::size_t i) { put(to, i, number(not_a_score)); });
      return;
    }
    draws_.normal(kept_, clients_, static_cast<std::uint32_t>(chosen.kind->purpose), 0);
    for_all(
        [&](std::size_t i) { put(to, i, rating_score(chosen, of(task_.clients.expectation, i), draws_.normal_at(i))); });
  }

  void measure(std::size_t m) {
    auto const& c = plan_.measures->data()[m].constants();
    draws_.normal(kept_, clients_, c.purpose, 0);
    for_all([&](std::size_t i) {
      F const points = scored(c, notes_.latent(SessionColumns::symptoms, i), draws_.normal_at(i));
      Notes::note(notes_.scores(m).total, i, points);
      if (m == plan_.primary) store(score_, i, standardised(c, points));
    });
  }

  void keep_score(std::size_t i) {
    bool const measured = plan_.primary < plan_.measures->size() && plan_.is_given(plan_.primary, 0);
    if (acting_.feedback) kept_.keep(Field::score_at_intake, i, load(score_, i));
    if (acting_.questionnaires_missed) kept_.keep(Field::last_score, i, measured ? load(score_, i) : number(0));
  }

  void set_levels() {
    auto const& c = plan_.good_enough->constants();
    draws_.normal(kept_, clients_, static_cast<std::uint32_t>(Purpose::good_enough_level), 0);
    for_all([&](std::size_t i) {
      F const own = number(c.level) + number(c.level_sd) * draws_.normal_at(i);
      kept_.keep(Field::good_enough_level, i, smaller(own, load(score_, i) - number(c.least_improvement)));
    });
  }

  ClientTask const& task_;
  TherapyPlan const& plan_;
  Therapy::Constants const& c_;
  Acting const& acting_;
  Kept& kept_;
  Draws& draws_;
  Notes& notes_;
  std::size_t first_ = 0, clients_ = 0;
  Row lasting_{};
  Row score_{};  // primary outcome in SDs of its norm, or the latent one
};

}  // namespace bordin::HWY_NAMESPACE
