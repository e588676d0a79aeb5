#pragma once

#include "kernel/intake_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! A block of clients of one arm on their way through therapy. Those who have left are taken out, so that the lanes are
//! filled with those who are still there; what was noted of a session is spread over the places of all clients when it is
//! over.
class ClientBlock {  // NOLINT(clang-analyzer-optin.performance.Padding): members stand with what they belong to
 public:
  explicit ClientBlock(ClientTask const& task)
      : task_(task),
        plan_(*task.plan),
        therapy_(*plan_.therapy),
        c_(therapy_.constants()),
        steps_(plan_),
        acting_(plan_),
        draws_(task.who.seed),
        kept_(measures()),
        notes_(task, acting_),
        intake_(task, acting_, kept_, draws_, notes_) {
    choose_fields(kept_, plan_, acting_);
  }
  ~ClientBlock() = default;
  ClientBlock(ClientBlock const&) = delete;
  ClientBlock& operator=(ClientBlock const&) = delete;

  //! Clients `first` to `first` + block_size - 1, as far as there are any.
  void treat(std::size_t first) {
    first_ = first;
    clients_ = here_ = first + block_size <= task_.who.count ? block_size : task_.who.count - first;
    leavers_ = leavers_since_ = 0;
    notes_.prepare(0, here_);
    intake_.begin(first, clients_);
    for (std::size_t i = 0; i < clients_; i += lanes()) end_at_intake(i);
    places_.settle(clients_);
    spread(0);
    part(0);
    for (int s = 1; s <= plan_.sessions; ++s) {
      notes_.prepare(static_cast<std::size_t>(s), here_);
      early_sessions_held_ = static_cast<float>(s <= early_sessions ? s - 1 : early_sessions);
      hold_session(s);
      spread(static_cast<std::size_t>(s));
      if (s == 3) spread_ratings();
      part(s);
    }
    if (plan_.occasions > static_cast<std::size_t>(plan_.sessions) + 1) places_.settle(clients_);
    for (std::size_t occasion = static_cast<std::size_t>(plan_.sessions) + 1; occasion < plan_.occasions; ++occasion) {
      notes_.prepare(occasion, here_);
      for (std::size_t i = 0; i < clients_; i += lanes()) follow_up(occasion, i);
      spread(occasion);
    }
  }

 private:
  // ---- what is kept of clients

  HWY_INLINE F get(Field f, std::size_t i) const { return kept_.get(f, i); }
  HWY_INLINE void keep(Field f, std::size_t i, F value) { kept_.keep(f, i, value); }

  HWY_INLINE void note(SessionColumns::Latent what, std::size_t i, F value) { notes_.note(what, i, value); }
  //! What was noted of this session.
  HWY_INLINE F noted(SessionColumns::Latent what, std::size_t i) const { return notes_.latent(what, i); }
  HWY_INLINE static void note_for(Column& column, std::size_t i, F score, M to_whom, bool for_all) {
    Notes::note(column, i, for_all ? score : hn::IfThenElse(to_whom, score, number(not_a_score)));
  }
  void spread(std::size_t occasion) const { notes_.spread(places_, occasion * task_.sessions.stride + first_); }

  // ---- leaving

  //! After occasion s: who has left is written down and will not be noted any more; lanes are closed up when enough of them
  //! are empty.
  void part(int s) {
    if (leavers_ == 0) return;
    write_endings(s);
    leavers_since_ += leavers_;
    leavers_ = 0;
    if (!acting_.goes_on && leavers_since_ * 8 > here_) close_up();
  }

  //! Notes who leaves, and how.
  void leave(std::size_t i, M left, F ending) {
    store(ending_, i, ending);
    leavers_ += kept_.list(i, left, leaving_.at + leavers_);
    if (acting_.goes_on) {
      keep(Field::ended, i, from_mask(hn::Or(left, to_mask(get(Field::ended, i)))));
    } else {
      stay(i, hn::AndNot(left, stays(i)));
    }
  }

  HWY_NOINLINE void write_endings(int s) {
    auto const last = static_cast<float>(s);
    auto const& to = task_.clients;
    for (std::size_t k = 0; k < leavers_; ++k) {
      auto const lane = static_cast<std::size_t>(leaving_.at[k]);
      std::size_t const place = kept_.seat(lane);
      to.ending[first_ + place] = ending_.at[lane];
      to.last[first_ + place] = last;
      to.sessions[first_ + place] = acting_.sessions_missed ? kept_.row(Field::attended).at[lane] : last;
      gain_at_end_.at[place] = kept_.row(Field::gain).at[lane];
      fluctuation_at_end_.at[place] = kept_.row(Field::x3).at[lane];
      if (!acting_.goes_on) places_.clear(place);
    }
  }

  HWY_NOINLINE void close_up() {
    std::size_t still_here = 0;
    for (std::size_t i = 0; i < here_; i += lanes()) still_here += kept_.close_up(i, stays(i), still_here);
    here_ = still_here;
    leavers_since_ = 0;
    for (std::size_t i = 0; i < here_; i += lanes()) stay(i, hn::FirstN(Floats(), here_ - i));
    places_.find(kept_, here_);
  }

  M stays(std::size_t i) const { return to_mask(load(stays_, i)); }
  void stay(std::size_t i, M who) { store(stays_, i, from_mask(who)); }

  void end_at_intake(std::size_t i) {
    F ending = number(0);
    M const ended = intake_.ended(i, ending);
    stay(i, hn::FirstN(Floats(), clients_ - i));
    leave(i, ended, ending);
  }

  // ---- a session

  //! In stages, each for the whole block: short ones overlap in the processor, and their numbers stay in registers.
  void hold_session(int s) {
    auto const session = static_cast<std::uint32_t>(s) << 20;
    auto const for_all = [this](auto const& act) {
      for (std::size_t i = 0; i < here_; i += lanes()) act(i);
    };
    draws_.normals(kept_, here_, static_cast<std::uint32_t>(Purpose::session_process), session);
    for_all([&](std::size_t i) { move(i); });
    if (acting_.ruptures) draws_.words(kept_, here_, Purpose::rupture, session);
    for_all([&](std::size_t i) { work(s, i); });
    for (std::size_t m = 0; m < measures(); ++m) {
      if (plan_.is_given(m, static_cast<std::size_t>(s))) give(m, s);
    }
    if (s == 3) rate_session();
    draws_.words(kept_, here_, Purpose::ending, session);
    for_all([&](std::size_t i) { end_after(s, i); });
  }

  // ---- the stages

  HWY_INLINE void move(std::size_t i) {
    F x[4];
    each<4>([&](auto k) { x[k] = get(after(Field::x0, k), i); });
    steps_.move(x, draws_.normals_at(i));
    each<4>([&](auto k) { keep(after(Field::x0, k), i, x[k]); });
  }

  HWY_INLINE void work(int s, std::size_t i) {
    auto const session = static_cast<std::uint32_t>(s);
    Who const who = kept_.who(i);
    WalkLanes walk = walk_at(kept_, acting_, i, early_sessions_held_);
    Block rupture{word(0), word(0), word(0), word(0)};
    if (acting_.ruptures) rupture = draws_.words_at(i);
    steps_.hold(s, walk, rupture, acting_.ruptures ? get(Field::repair_chance, i) : number(0));
    M const held = is_held(s, who);
    if (acting_.sessions_missed) restore(hn::Not(held), walk, walk_at(kept_, acting_, i, early_sessions_held_));
    walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
    keep_walk(kept_, acting_, i, walk);
    if (acting_.commitment) store(beyond_mean_, i, walk.beyond_mean);
    record(i, walk, held);

    if (!acting_.all_answer) note_attendance(session, i, who, walk, held);
    report_rupture(i, walk, rupture.w3);
  }

  //! Where it differs: those who are there, and have not ended, attend.
  void note_attendance(std::uint32_t session, std::size_t i, Who const& who, WalkLanes const& walk, M held) {
    M const present = stays(i);
    M const attends =
        acting_.goes_on ? hn::And(hn::And(held, present), hn::Not(to_mask(get(Field::ended, i)))) : hn::And(held, present);
    note(SessionColumns::attended, i, from_mask(attends));
    if (acting_.sessions_missed) keep(Field::attended, i, get(Field::attended, i) + from_mask(attends));
    store(attends_, i, from_mask(attends));
    store(answered_, i, from_mask(hn::And(held, hn::Not(missed(session, i, who, walk)))));
  }
  M attends(std::size_t i) const { return acting_.all_answer ? stays(i) : to_mask(load(attends_, i)); }
  M answered(std::size_t i) const { return acting_.all_answer ? to_mask(number(1)) : to_mask(load(answered_, i)); }
  M answering(std::size_t i) const { return hn::And(attends(i), answered(i)); }

  M is_held(int s, Who const& who) const {
    if (!acting_.sessions_missed || s == 1 || s == plan_.sessions) return to_mask(number(1));
    F const chance = uniform(who.draw(Purpose::missed_session, static_cast<std::uint32_t>(s) << 20, draws_.seed()).w0);
    return hn::Not(hn::Lt(chance, number(therapy_.attendance().constants().missed)));
  }

  //! What a session changes did not happen for those in `where`.
  static void restore(M where, WalkLanes& walk, WalkLanes const& before) {
    auto const back = [&](F& now, F then) { now = hn::IfThenElse(where, then, now); };
    back(walk.gain, before.gain);
    back(walk.composite, before.composite);
    back(walk.early, before.early);
    back(walk.early_sessions, before.early_sessions);
    back(walk.hope, before.hope);
    back(walk.faith, before.faith);
    back(walk.rupture.age, before.rupture.age);
    back(walk.rupture.onset, before.rupture.onset);
    back(walk.rupture.repairs, before.rupture.repairs);
    back(walk.rupture.gain, before.rupture.gain);
    walk.rupture.open = hn::Or(hn::And(where, before.rupture.open), hn::AndNot(where, walk.rupture.open));
  }

  HWY_INLINE void record(std::size_t i, WalkLanes const& walk, M held) {
    note(SessionColumns::symptoms, i, walk.symptoms);
    note(SessionColumns::gain, i, walk.gain);
    if (!plan_.has_therapist) return;
    auto const note_held = [&](SessionColumns::Latent what, F value) {
      note(what, i, acting_.sessions_missed ? hn::IfThenElse(held, value, number(not_a_score)) : value);
    };
    note_held(SessionColumns::goal, walk.alliance[0]);
    note_held(SessionColumns::task, walk.alliance[1]);
    note_held(SessionColumns::bond, walk.alliance[2]);
    note_held(SessionColumns::alliance, walk.composite);
    note_held(SessionColumns::rupture, walk.rupture.depth);
    note_held(SessionColumns::repairs, walk.rupture.repairs);
    if (!acting_.commitment) return;
    note_held(SessionColumns::hope, walk.hope);
    note_held(SessionColumns::faith, walk.faith);
    note_held(SessionColumns::commitment, steps_.commitment(walk));
  }

  M missed(std::uint32_t session, std::size_t i, Who const& who, WalkLanes const& walk) const {
    if (!acting_.questionnaires_missed) return to_mask(number(0));
    return missed_at_session(plan_.missing->constants(), who, session, get(Field::last_score, i), walk.symptoms,
                             draws_.seed());
  }

  HWY_INLINE void report_rupture(std::size_t i, WalkLanes const& walk, U random) {
    if (!acting_.ruptures || !notes_.wants(SessionColumns::rupture_reported)) return;
    F const chance =
        hn::IfThenElse(walk.rupture.open, number(plan_.rupture_sensitivity), number(plan_.rupture_false_alarm));
    M const reported = hn::Lt(uniform(random), chance);
    note_for(notes_.latent(SessionColumns::rupture_reported), i, from_mask(reported), answering(i), acting_.all_answer);
  }

  F noted_composite(std::size_t i) const { return plan_.has_therapist ? noted(SessionColumns::alliance, i) : number(0); }

  //! Measure m of session s.
  void give(std::size_t m, int s) {
    auto const& c = measure(m).constants();
    auto const session = static_cast<std::uint32_t>(s) << 20;
    if (!measure(m).of_alliance()) {
      draws_.normal(kept_, here_, c.purpose, session);
    } else if (plan_.has_therapist) {
      for (std::uint32_t k = 0; k < blocks_of(c); ++k) draws_.normals(kept_, here_, c.purpose, session | k, k);
    }
    for (std::size_t i = 0; i < here_; i += lanes()) {
      if (measure(m).of_alliance()) {
        Normals const drawn[components] = {draws_.normals_at(i), draws_.normals_at(i, 1), draws_.normals_at(i, 2)};
        note_rating(m, i, drawn, answering(i), acting_.all_answer);
      } else {
        note_score(m, i, draws_.normal_at(i), answering(i), acting_.all_answer);
      }
      if (m == plan_.primary) look(s, i);
    }
  }

  HWY_INLINE void note_score(std::size_t m, std::size_t i, F error, M to_whom, bool for_all) {
    auto const& c = measure(m).constants();
    F const score = scored(c, noted(SessionColumns::symptoms, i), error);
    note_for(notes_.scores(m).total, i, score, to_whom, for_all);
    if (m == plan_.primary) store(score_, i, standardised(c, score));
  }

  HWY_INLINE void note_rating(std::size_t m, std::size_t i, Normals const (&drawn)[components], M to_whom, bool for_all) {
    if (!plan_.has_therapist) return;  // nobody to have an alliance with
    auto const& c = measure(m).constants();
    F const own = c.own_view > 0 ? get(own_view_of(m), i) : number(0);
    F const standard_change = acting_.prospects_are_perceived ? get(Field::standard_change, i) : number(0);
    F const alliance[components] = {noted(SessionColumns::goal, i), noted(SessionColumns::task, i),
                                    noted(SessionColumns::bond, i)};
    auto const rating = alliance_rating(c, drawn, alliance, standard_change, own);
    note_for(notes_.scores(m).total, i, rating.total, to_whom, for_all);
    each<components>([&](auto k) {
      note_for(notes_.scores(m).part[k], i, rating.part[k], to_whom, for_all);
      if (!c.items.has_value()) return;
      each<OrdinalItems::per_component>(
          [&](auto n) { note_for(notes_.scores(m).item[k][n], i, rating.item[k][n], to_whom, for_all); });
    });
  }

  //! What is given at the end of a completed therapy only.
  HWY_NOINLINE void give_post(int s, std::size_t i, M to_whom) {
    if (hn::AllFalse(Floats(), to_whom)) return;
    auto const session = static_cast<std::uint32_t>(s) << 20;
    for (std::size_t m = 0; m < measures(); ++m) {
      if (plan_.post.data()[m] == 0 || plan_.is_given(m, static_cast<std::size_t>(s))) continue;
      auto const& c = measure(m).constants();
      Normals drawn[components];
      for (std::uint32_t k = 0; k < components; ++k)
        drawn[k] = normals(kept_.who(i).draw(c.purpose, session | (k < blocks_of(c) ? k : 0), draws_.seed()));
      if (measure(m).of_alliance()) {
        note_rating(m, i, drawn, to_whom, false);
      } else {
        note_score(m, i, drawn[0].z0, to_whom, false);
      }
    }
  }

  //! Ratings of session 3, from what was there.
  void rate_session() {
    auto const& ratings = plan_.ratings->constants();
    for (std::size_t k = 0; plan_.has_therapist && k < ratings.chosen.size(); ++k) {
      auto const& chosen = ratings.chosen.data()[k];
      if (!chosen.kind->component.has_value()) continue;
      draws_.normal(kept_, here_, static_cast<std::uint32_t>(chosen.kind->purpose), 0);
      auto const component = component_columns[*chosen.kind->component];
      for (std::size_t i = 0; i < here_; i += lanes()) {
        F const seen = number(chosen.component) * (noted(component, i) - number(ratings.mean)) +
                       number(chosen.lasting) * lasting_alliance(i);
        F const score = rating_score(chosen, seen, draws_.normal_at(i));
        note_for(notes_.rating(k), i, score, attends(i), acting_.all_answer);
      }
    }
  }

  void spread_ratings() {
    auto const& ratings = plan_.ratings->constants();
    for (std::size_t k = 0; plan_.has_therapist && k < ratings.chosen.size(); ++k) {
      if (!ratings.chosen.data()[k].kind->component.has_value()) continue;
      notes_.spread_rating(places_, k, first_);
    }
  }

  static constexpr SessionColumns::Latent component_columns[components] = {SessionColumns::goal, SessionColumns::task,
                                                                           SessionColumns::bond};

  //! T* + C* + M* with the weights of all arms, as ratings see it.
  F lasting_alliance(std::size_t i) const {
    return get(c_.own_weights ? Field::lasting_alliance : Field::stable_composite, i);
  }

  //! Therapy::look: what the primary outcome tells those who follow it.
  void look(int s, std::size_t i) {
    if (!acting_.questionnaires_missed && !acting_.feedback) return;
    M const answered = this->answered(i);
    F const score = load(score_, i);
    if (acting_.questionnaires_missed)
      keep(Field::last_score, i, hn::IfThenElse(answered, score, get(Field::last_score, i)));
    if (!acting_.feedback) return;
    F const expected = number(c_.course.data()[s] - c_.behind);
    M const on_track = hn::Ge(get(Field::score_at_intake, i) - score, expected);
    M const was_on_track = to_mask(get(Field::on_track, i));
    keep(Field::on_track, i, from_mask(hn::Or(hn::And(answered, on_track), hn::AndNot(answered, was_on_track))));
  }

  // ---- endings

  void end_after(int s, std::size_t i) {
    bool const maximum = s == plan_.sessions;
    M const attends = this->attends(i);
    M left = to_mask(number(0));
    F ending = number(0);
    auto const ends = [&](M those, Ending how) {
      M const newly = hn::AndNot(left, hn::And(attends, those));
      ending = hn::IfThenElse(newly, number(static_cast<float>(how)), ending);
      left = hn::Or(left, newly);
    };
    Block const chance = draws_.words_at(i);
    if (plan_.good_enough != nullptr) {
      M const chosen = hn::Lt(uniform(chance.w0), number(plan_.good_enough->constants().probability));
      ends(hn::And(hn::Le(score_seen(s, i), get(Field::good_enough_level, i)), chosen), Ending::good_enough);
    }
    if (plan_.agreed != nullptr)
      ends(hn::Lt(uniform(chance.w1), number(plan_.agreed->constants().probability.data()[s])), Ending::agreed);
    if (!maximum && plan_.hazard != nullptr) ends(hn::Lt(uniform(chance.w2), hazard_at(s, i)), Ending::dropout);
    if (!maximum && plan_.curve != nullptr)
      ends(hn::Lt(uniform(chance.w2), number(plan_.curve->constants().hazard.data()[s])), Ending::dropout);
    if (maximum) ends(attends, Ending::maximum);
    if (acting_.some_are_given_post) {
      M const dropped_out = hn::Eq(ending, number(static_cast<float>(Ending::dropout)));
      give_post(s, i, hn::And(answered(i), hn::AndNot(dropped_out, left)));
    }
    leave(i, left, ending);
  }

  //! The score where the primary outcome was given, else the latent one.
  F score_seen(int s, std::size_t i) const {
    F const latent = noted(SessionColumns::symptoms, i);
    if (plan_.primary >= measures() || !plan_.is_given(plan_.primary, static_cast<std::size_t>(s))) return latent;
    F const score = load(score_, i);
    return acting_.all_answer ? score : hn::IfThenElse(answered(i), score, latent);
  }

  F hazard_at(int s, std::size_t i) const {
    HazardLanes at{early_part_at(s, i),
                   noted_composite(i),
                   get(Field::severity, i),
                   get(Field::gain, i),
                   get(Field::retention, i),
                   acting_.commitment ? load(beyond_mean_, i) : number(0),
                   to_mask(acting_.ruptures ? get(Field::rupture_open, i) : number(0))};
    return hazard_of(plan_.hazard->constants(), s, at, plan_.has_therapist);
  }
  F early_part_at(int s, std::size_t i) const {
    auto const& c = plan_.hazard->constants();
    F const early = get(Field::early, i);
    if (acting_.sessions_missed) return early_part(c, early, get(Field::early_sessions, i));
    return early_part(c, early,
                      plan_.has_therapist ? static_cast<std::size_t>(s < early_sessions ? s : early_sessions) : 0);
  }

  // ---- follow-ups

  void follow_up(std::size_t occasion, std::size_t i) {
    std::size_t const at = first_ + i;
    std::size_t const f = occasion - static_cast<std::size_t>(plan_.sessions) - 1;
    auto const session = most_sessions - static_cast<std::uint32_t>(f);
    auto const& roster = task_.who;
    Who const who{hn::LoadU(Words(), roster.replication + at), hn::LoadU(Words(), roster.home + at),
                  hn::LoadU(Words(), roster.place + at)};
    float const* kept = c_.kept.data() + f * (static_cast<std::size_t>(plan_.sessions) + 1);
    F const share = hn::GatherIndex(Floats(), kept, hn::ConvertTo(Ints(), hn::LoadU(Floats(), task_.clients.last + at)));
    F const gain = load(gain_at_end_, i) * share;
    F const symptoms = (intake_.lasting(i) - gain) + load(fluctuation_at_end_, i);
    note(SessionColumns::symptoms, i, symptoms);
    note(SessionColumns::gain, i, gain);
    M const missed = missed_at_followup(plan_.missing->constants(), who, session, draws_.seed());
    for (std::size_t m = 0; m < measures(); ++m) {
      if (!plan_.is_given(m, occasion) || measure(m).of_alliance()) continue;
      F const score = symptom_score(measure(m).constants(), who, session, symptoms, draws_.seed());
      Notes::note(notes_.scores(m).total, i, hn::IfThenElse(missed, number(not_a_score), score));
    }
  }

  Measure const& measure(std::size_t m) const { return plan_.measures->data()[m]; }
  std::size_t measures() const { return plan_.measures->size(); }

  ClientTask const& task_;
  TherapyPlan const& plan_;
  Therapy const& therapy_;
  Therapy::Constants const& c_;
  Sessions steps_;
  Acting acting_;
  float early_sessions_held_ = 0;  // before this session, where none is missed

  std::size_t first_ = 0, clients_ = 0;          // the block's first client and how many it has ...
  std::size_t here_ = 0;                         // ... of whom these are still there, in the first lanes
  std::size_t leavers_ = 0, leavers_since_ = 0;  // how many now, and since lanes were closed up

  Draws draws_;
  Kept kept_;
  Places places_;
  Notes notes_;
  Intake intake_;

  // By lane: flags of those who have not left, who attend and who fill in what they get, where they differ; the primary
  // outcome in SDs of its norm; commitment; who leaves and how.
  Row stays_{}, attends_{}, answered_{}, score_{}, beyond_mean_{}, ending_{};
  RowOf<std::int32_t> leaving_{};  // lanes of those who leave now
  // By place.
  Row gain_at_end_{}, fluctuation_at_end_{};
};

}  // namespace bordin::HWY_NAMESPACE
