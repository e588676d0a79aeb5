#pragma once

#include <limits>

#include "kernel/draws_lanes.hpp"
#include "kernel/measure_lanes.hpp"
#include "kernel/places_lanes.hpp"
#include "kernel/walk_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

inline constexpr float not_a_score = std::numeric_limits<float>::quiet_NaN();

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
        draws_(task.who.seed),
        kept_(measures()),
        columns_(SessionColumns::latent_columns + measures() * sizeof(ScoreColumns) / sizeof(Column)),
        scores_(measures()),
        ratings_(plan_.ratings->constants().chosen.size()) {
    choose_fields();
    choose_columns();
  }
  ~ClientBlock() = default;
  ClientBlock(ClientBlock const&) = delete;
  ClientBlock& operator=(ClientBlock const&) = delete;

  //! Clients `first` to `first` + block_size - 1, as far as there are any.
  void treat(std::size_t first) {
    first_ = first;
    clients_ = here_ = first + block_size <= task_.who.count ? block_size : task_.who.count - first;
    leavers_ = leavers_since_ = 0;
    prepare_notes(0);
    for (std::size_t i = 0; i < clients_; i += lanes()) meet(i);
    places_.settle(clients_);
    spread(0);
    part(0);
    for (int s = 1; s <= plan_.sessions; ++s) {
      prepare_notes(static_cast<std::size_t>(s));
      early_sessions_held_ = static_cast<float>(s <= early_sessions ? s - 1 : early_sessions);
      hold_session(s);
      spread(static_cast<std::size_t>(s));
      if (s == 3) spread_ratings();
      part(s);
    }
    if (plan_.occasions > static_cast<std::size_t>(plan_.sessions) + 1) places_.settle(clients_);
    for (std::size_t occasion = static_cast<std::size_t>(plan_.sessions) + 1; occasion < plan_.occasions; ++occasion) {
      prepare_notes(occasion);
      for (std::size_t i = 0; i < clients_; i += lanes()) follow_up(occasion, i);
      spread(occasion);
    }
  }

 private:
  // ---- what is kept of clients

  HWY_INLINE F get(Field f, std::size_t i) const { return kept_.get(f, i); }
  HWY_INLINE void keep(Field f, std::size_t i, F value) { kept_.keep(f, i, value); }
  static constexpr Field own_view_of(std::size_t measure) { return Kept::further(measure); }

  void choose_fields() {
    kept_.use({Field::replication, Field::home, Field::place, Field::seat, Field::x0, Field::x1, Field::x2, Field::x3,
               Field::gain, Field::lasting, Field::drive, Field::stable0, Field::stable1, Field::stable2,
               Field::stable_composite, Field::early});
    if (c_.own_weights) kept_.use({Field::lasting_alliance});
    raised_ = steps_.may_be_raised();
    if (raised_) kept_.use({Field::raise});
    if (plan_.hazard != nullptr) kept_.use({Field::retention, Field::severity});
    ruptures_ = therapy_.ruptures().constants().happen && plan_.has_therapist;
    if (ruptures_)
      kept_.use({Field::rupture_open, Field::rupture_age, Field::rupture_onset, Field::repairs, Field::rupture_gain,
                 Field::repair_chance});
    commitment_ = therapy_.commitment().constants().acts;
    if (commitment_) kept_.use({Field::hope, Field::faith});
    feedback_ = c_.feedback_raise != 0;
    if (feedback_) kept_.use({Field::score_at_intake, Field::on_track});
    if (plan_.good_enough != nullptr) kept_.use({Field::good_enough_level});
    questionnaires_missed_ = plan_.missing->constants().some;
    if (questionnaires_missed_) kept_.use({Field::last_score});
    sessions_missed_ = therapy_.attendance().constants().missed > 0;
    goes_on_ = therapy_.calendar().beyond_ending;
    if (goes_on_) kept_.use({Field::ended});
    for (std::size_t m = 0; m < measures(); ++m) some_are_given_post_ = some_are_given_post_ || plan_.post.data()[m] != 0;
    all_answer_ = !questionnaires_missed_ && !sessions_missed_ && !goes_on_;
    for (std::size_t m = 0; m < measures(); ++m) {
      perceived_with_prospects_ = perceived_with_prospects_ || measure(m).constants().prospects != 0;
      if (measure(m).constants().own_view > 0) kept_.use({own_view_of(m)});
    }
    if (perceived_with_prospects_) kept_.use({Field::standard_change});
    if (!sessions_missed_) return;
    kept_.use({Field::early_sessions, Field::attended});
  }

  HWY_INLINE WalkLanes walk_at(std::size_t i) const {
    WalkLanes w{};
    each<4>([&](auto k) { w.x[k] = get(after(Field::x0, k), i); });
    w.gain = get(Field::gain, i);
    w.lasting = get(Field::lasting, i);
    w.drive = get(Field::drive, i);
    each<components>([&](auto k) { w.stable[k] = get(after(Field::stable0, k), i); });
    w.stable_composite = get(Field::stable_composite, i);
    w.early = get(Field::early, i);
    w.early_sessions = sessions_missed_ ? get(Field::early_sessions, i) : number(early_sessions_held_);
    w.raise = raised_ ? get(Field::raise, i) : number(0);
    w.on_track = to_mask(feedback_ ? get(Field::on_track, i) : number(1));
    each<components>([&](auto k) { w.alliance[k] = number(not_a_score); });
    if (ruptures_)
      w.rupture = {to_mask(get(Field::rupture_open, i)), get(Field::rupture_age, i),
                   get(Field::rupture_onset, i),         get(Field::repairs, i),
                   get(Field::rupture_gain, i),          number(0)};
    w.hope = commitment_ ? get(Field::hope, i) : number(0);
    w.faith = commitment_ ? get(Field::faith, i) : number(0);
    return w;
  }

  HWY_INLINE void keep_walk(WalkLanes const& w, std::size_t i) {
    keep(Field::gain, i, w.gain);
    keep(Field::early, i, w.early);
    if (sessions_missed_) keep(Field::early_sessions, i, w.early_sessions);
    if (ruptures_) {
      keep(Field::rupture_open, i, from_mask(w.rupture.open));
      keep(Field::rupture_age, i, w.rupture.age);
      keep(Field::rupture_onset, i, w.rupture.onset);
      keep(Field::repairs, i, w.rupture.repairs);
      keep(Field::rupture_gain, i, w.rupture.gain);
    }
    if (commitment_) {
      store(beyond_mean_, i, w.beyond_mean);
      keep(Field::hope, i, w.hope);
      keep(Field::faith, i, w.faith);
    }
  }

  // ---- what is noted of an occasion

  struct ScoreColumns {
    Column total;
    Column part[components];
    Column item[components][OrdinalItems::per_component];
  };

  void choose_columns() {
    auto const& to = task_.sessions;
    for (std::size_t k = 0; k < SessionColumns::latent_columns; ++k)
      begin_column(latent_[k], to.latent[k], k == SessionColumns::attended ? 0.0F : not_a_score);
    for (std::size_t k = 0; k < plan_.ratings->constants().chosen.size(); ++k) {
      begin_column(ratings_[k], nullptr, not_a_score);  // has no rows of occasions
      ratings_[k].noted = true;
    }
    for (std::size_t m = 0; m < measures(); ++m) {
      auto const& scores = to.scores.data()[m];
      begin_column(scores_[m].total, scores.total, not_a_score);
      for (std::size_t k = 0; k < components; ++k) {
        begin_column(scores_[m].part[k], scores.part[k], not_a_score);
        for (std::size_t n = 0; n < OrdinalItems::per_component; ++n)
          begin_column(scores_[m].item[k][n], scores.item[k][n], not_a_score);
      }
    }
  }

  void begin_column(Column& column, float* to, float nothing) {
    column.to = to;
    column.nothing = nothing;
    column.noted = false;
    if (to != nullptr) columns_[column_count_++] = &column;
  }

  static HWY_INLINE void note(Column& column, std::size_t i, F value) { store(column.of, i, value); }
  HWY_INLINE void note_latent(SessionColumns::Latent what, std::size_t i, F value) { note(latent_[what], i, value); }

  //! What will be noted of an occasion; of the rest it will be written that there is nothing.
  void prepare_notes(std::size_t occasion) {
    using S = SessionColumns;
    bool const session = occasion >= 1 && occasion <= static_cast<std::size_t>(plan_.sessions);
    bool const alliance = session && plan_.has_therapist;
    for (auto const what : {S::symptoms, S::gain}) latent_[what].noted = true;
    latent_[S::attended].noted = occasion == 0 || session;
    for (auto const what : {S::goal, S::task, S::bond, S::alliance, S::rupture, S::repairs}) latent_[what].noted = alliance;
    for (auto const what : {S::hope, S::faith, S::commitment}) latent_[what].noted = alliance && commitment_;
    latent_[S::rupture_reported].noted = alliance && ruptures_;
    for (std::size_t m = 0; m < measures(); ++m) {
      auto const& c = measure(m).constants();
      bool const by_alliance = measure(m).of_alliance();
      bool const due = plan_.is_given(m, occasion) || (session && plan_.post.data()[m] != 0);
      bool const given = due && (!by_alliance || alliance);
      scores_[m].total.noted = given;
      for (std::size_t k = 0; k < components; ++k) {
        scores_[m].part[k].noted = given && by_alliance;
        for (Column& item : scores_[m].item[k]) item.noted = given && by_alliance && c.items.has_value();
      }
      if (given && !plan_.is_given(m, occasion)) empty(scores_[m]);
    }
  }

  //! What is given at the end of a completed therapy only is noted for few; the others have no score.
  void empty(ScoreColumns& scores) const {
    auto const clear = [&](Column& column) {
      for (std::size_t i = 0; i < here_; i += lanes()) note(column, i, number(column.nothing));
    };
    clear(scores.total);
    for (std::size_t k = 0; k < components; ++k) {
      clear(scores.part[k]);
      for (Column& item : scores.item[k]) clear(item);
    }
  }

  //! Writes what was noted of an occasion to the rows of all clients of the block.
  HWY_NOINLINE void spread(std::size_t occasion) {
    places_.spread(&columns_[0], column_count_, occasion * task_.sessions.stride + first_);
  }

  // ---- leaving

  //! After occasion s: who has left is written down and will not be noted any more; lanes are closed up when enough of them
  //! are empty.
  void part(int s) {
    if (leavers_ == 0) return;
    write_endings(s);
    leavers_since_ += leavers_;
    leavers_ = 0;
    if (!goes_on_ && leavers_since_ * 8 > here_) close_up();
  }

  //! Notes who leaves, and how.
  void leave(std::size_t i, M left, F ending) {
    store(ending_, i, ending);
    leavers_ += kept_.list(i, left, leaving_.at + leavers_);
    if (goes_on_) {
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
      to.sessions[first_ + place] = sessions_missed_ ? kept_.row(Field::attended).at[lane] : last;
      gain_at_end_.at[place] = kept_.row(Field::gain).at[lane];
      fluctuation_at_end_.at[place] = kept_.row(Field::x3).at[lane];
      if (!goes_on_) places_.clear(place);
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

  // ---- the first meeting

  HWY_NOINLINE void meet(std::size_t i) {
    std::size_t const at = first_ + i;
    auto const& roster = task_.who;
    Who const who{hn::LoadU(Words(), roster.replication + at), hn::LoadU(Words(), roster.home + at),
                  hn::LoadU(Words(), roster.place + at)};
    kept_.keep_word(Field::replication, i, who.replication);
    kept_.keep_word(Field::home, i, who.home);
    kept_.keep_word(Field::place, i, who.place);
    kept_.seat_in_order(i);

    auto const client = clients_drawn(*plan_.people, who, draws_.seed());
    F const zero = number(0);
    TherapistLanes therapist{{zero, zero, zero}, zero, zero, zero, zero, zero, zero};
    MatchLanes match{{zero, zero, zero}, zero};
    if (plan_.has_therapist) {
      therapist = therapists_at(task_.therapists, task_.therapist + at);
      match = matches_drawn(*plan_.people, who, draws_.seed());
    }
    put_client(at, client, match);
    WalkLanes walk = intake(who, client, therapist, match);
    keep_walk(walk, i);
    each<4>([&](auto k) { keep(after(Field::x0, k), i, walk.x[k]); });
    if (feedback_) keep(Field::on_track, i, number(1));
    store(lasting_at_intake_, i, walk.lasting);
    keep(Field::lasting, i, walk.lasting);
    keep(Field::drive, i, walk.drive);
    each<components>([&](auto k) { keep(after(Field::stable0, k), i, walk.stable[k]); });
    keep(Field::stable_composite, i, walk.stable_composite);
    if (c_.own_weights) keep(Field::lasting_alliance, i, (therapist.ability + client.prospects) + match.composite);
    if (perceived_with_prospects_) keep(Field::standard_change, i, client.standard_change);
    if (raised_) keep(Field::raise, i, walk.raise);
    if (plan_.hazard != nullptr) {
      keep(Field::retention, i, therapist.retention);
      keep(Field::severity, i, client.severity);
    }
    if (ruptures_)
      keep(Field::repair_chance, i, logistic(number(therapy_.ruptures().constants().repair) + therapist.repair));
    if (questionnaires_missed_) keep(Field::last_score, i, zero);
    if (sessions_missed_) keep(Field::attended, i, zero);
    for (std::size_t m = 0; m < measures(); ++m) {
      if (measure(m).constants().own_view > 0)
        keep(own_view_of(m), i, own_view(measure(m).constants(), who, draws_.seed()));
    }
    rate_at_intake(at, who, client);
    measure_at_intake(i, who, walk);
    end_at_intake(i, who, client);
  }

  void put(float* column, std::size_t at, F value) const { hn::StoreU(value, Floats(), column + at); }

  void put_client(std::size_t at, ClientLanes const& client, MatchLanes const& match) const {
    auto const& to = task_.clients;
    put(to.goal, at, client.alliance[0]);
    put(to.task, at, client.alliance[1]);
    put(to.bond, at, client.alliance[2]);
    put(to.prospects, at, client.prospects);
    put(to.severity, at, client.severity);
    put(to.expectation, at, client.expectation);
    put(to.change, at, client.change);
    put(to.standard_change, at, client.standard_change);
    put(to.match, at, match.composite);
  }

  HWY_INLINE WalkLanes intake(Who const& who, ClientLanes const& client, TherapistLanes const& therapist,
                              MatchLanes const& match) const {
    F const zero = number(0);
    WalkLanes w{};
    Normals const z = normals(who.draw(Purpose::session_process, 0, draws_.seed()));
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
    F ability = therapist.ability, prospects = client.prospects, matching = match.composite;
    if (c_.own_weights) {
      ability = weighted(c_.weight, therapist.alliance);
      prospects = weighted(c_.weight, client.alliance);
      matching = weighted(c_.weight, match.alliance);
    }
    if (!c_.weakest_link.has_value())
      w.drive = w.drive + ((number(c_.effect_therapist) * ability + number(c_.effect_client) * prospects) +
                           number(c_.effect_match) * matching);
    each<components>([&](auto k) { w.stable[k] = (therapist.alliance[k] + client.alliance[k]) + match.alliance[k]; });
    w.stable_composite = (ability + prospects) + matching;
    w.raise = therapist.raise + number(c_.arm_raise);
    w.hope = client.expectation;
    return w;
  }

  //! The sum of traits that ratings of the session see; kept by seat, for they are given once.
  void rate_at_intake(std::size_t at, Who const& who, ClientLanes const& client) {
    auto const& ratings = plan_.ratings->constants();
    for (std::size_t k = 0; k < ratings.chosen.size(); ++k) {
      auto const& chosen = ratings.chosen.data()[k];
      bool const at_session = chosen.kind->component.has_value();
      put(task_.clients.ratings.data()[k], at,
          at_session ? number(not_a_score)
                     : rating_score(chosen, client.expectation, who.draw_normal(chosen.kind->purpose, draws_.seed())));
    }
  }

  void measure_at_intake(std::size_t i, Who const& who, WalkLanes const& walk) {
    note_latent(SessionColumns::symptoms, i, walk.symptoms);
    note_latent(SessionColumns::gain, i, walk.gain);
    note_latent(SessionColumns::attended, i, number(1));
    F score = walk.symptoms;
    for (std::size_t m = 0; m < measures(); ++m) {
      if (!plan_.is_given(m, 0)) continue;
      auto const& c = measure(m).constants();
      F const points = symptom_score(c, who, 0, walk.symptoms, draws_.seed());
      note(scores_[m].total, i, points);
      if (m == plan_.primary) score = standardised(c, points);
    }
    if (feedback_) keep(Field::score_at_intake, i, score);
    if (questionnaires_missed_ && plan_.primary < measures() && plan_.is_given(plan_.primary, 0))
      keep(Field::last_score, i, score);
    if (plan_.good_enough == nullptr) return;
    auto const& c = plan_.good_enough->constants();
    Block const block = who.draw(Purpose::good_enough_level, 0, draws_.seed());
    F const own = number(c.level) + number(c.level_sd) * normal_pair(block.w0, block.w1).first;
    keep(Field::good_enough_level, i, smaller(own, score - number(c.least_improvement)));
  }

  //! Who does not engage, or is gone before the first session.
  void end_at_intake(std::size_t i, Who const& who, ClientLanes const& client) {
    M const present = hn::FirstN(Floats(), clients_ - i);
    M ended = to_mask(number(0));
    F ending = number(0);
    auto const& attendance = therapy_.attendance().constants();
    if (attendance.some_do_not_engage) {
      F const logit = (number(attendance.logit) - number(attendance.expectation) * client.expectation) +
                      number(attendance.severity) * client.severity;
      F const chance = uniform(who.draw(Purpose::engagement, 0, draws_.seed()).w0);
      ended = hn::And(present, hn::Not(hn::Ge(chance, logistic(logit))));
      ending = number(static_cast<float>(Ending::not_engaged));
    }
    if (plan_.curve != nullptr) {
      F const chance = uniform(who.draw(Purpose::ending, 0, draws_.seed()).w2);
      M const gone = hn::AndNot(ended, hn::And(present, hn::Lt(chance, number(plan_.curve->constants().hazard.data()[0]))));
      ending = hn::IfThenElse(gone, number(static_cast<float>(Ending::dropout)), ending);
      ended = hn::Or(ended, gone);
    }
    if (goes_on_) keep(Field::ended, i, number(0));
    stay(i, present);
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
    if (ruptures_) draws_.words(kept_, here_, Purpose::rupture, session);
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
    WalkLanes walk = walk_at(i);
    Block rupture{word(0), word(0), word(0), word(0)};
    if (ruptures_) rupture = draws_.words_at(i);
    steps_.hold(s, walk, rupture, ruptures_ ? get(Field::repair_chance, i) : number(0));
    M const held = is_held(s, who);
    if (sessions_missed_) restore(hn::Not(held), walk, walk_at(i));
    walk.symptoms = (walk.lasting - walk.gain) + walk.x[3];
    keep_walk(walk, i);
    record(i, walk, held);

    if (!all_answer_) note_attendance(session, i, who, walk, held);
    report_rupture(i, walk, rupture.w3);
  }

  //! Where it differs: those who are there, and have not ended, attend.
  void note_attendance(std::uint32_t session, std::size_t i, Who const& who, WalkLanes const& walk, M held) {
    M const present = stays(i);
    M const attends =
        goes_on_ ? hn::And(hn::And(held, present), hn::Not(to_mask(get(Field::ended, i)))) : hn::And(held, present);
    note_latent(SessionColumns::attended, i, from_mask(attends));
    if (sessions_missed_) keep(Field::attended, i, get(Field::attended, i) + from_mask(attends));
    store(attends_, i, from_mask(attends));
    store(answered_, i, from_mask(hn::And(held, hn::Not(missed(session, i, who, walk)))));
  }
  M attends(std::size_t i) const { return all_answer_ ? stays(i) : to_mask(load(attends_, i)); }
  M answered(std::size_t i) const { return all_answer_ ? to_mask(number(1)) : to_mask(load(answered_, i)); }
  M answering(std::size_t i) const { return hn::And(attends(i), answered(i)); }

  M is_held(int s, Who const& who) const {
    if (!sessions_missed_ || s == 1 || s == plan_.sessions) return to_mask(number(1));
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
    note_latent(SessionColumns::symptoms, i, walk.symptoms);
    note_latent(SessionColumns::gain, i, walk.gain);
    if (!plan_.has_therapist) return;
    auto const note_held = [&](SessionColumns::Latent what, F value) {
      note_latent(what, i, sessions_missed_ ? hn::IfThenElse(held, value, number(not_a_score)) : value);
    };
    note_held(SessionColumns::goal, walk.alliance[0]);
    note_held(SessionColumns::task, walk.alliance[1]);
    note_held(SessionColumns::bond, walk.alliance[2]);
    note_held(SessionColumns::alliance, walk.composite);
    note_held(SessionColumns::rupture, walk.rupture.depth);
    note_held(SessionColumns::repairs, walk.rupture.repairs);
    if (!commitment_) return;
    note_held(SessionColumns::hope, walk.hope);
    note_held(SessionColumns::faith, walk.faith);
    note_held(SessionColumns::commitment, steps_.commitment(walk));
  }

  M missed(std::uint32_t session, std::size_t i, Who const& who, WalkLanes const& walk) const {
    if (!questionnaires_missed_) return to_mask(number(0));
    return missed_at_session(plan_.missing->constants(), who, session, get(Field::last_score, i), walk.symptoms,
                             draws_.seed());
  }

  HWY_INLINE void report_rupture(std::size_t i, WalkLanes const& walk, U random) {
    if (!ruptures_ || latent_[SessionColumns::rupture_reported].to == nullptr) return;
    F const chance =
        hn::IfThenElse(walk.rupture.open, number(plan_.rupture_sensitivity), number(plan_.rupture_false_alarm));
    M const reported = hn::Lt(uniform(random), chance);
    note_for(latent_[SessionColumns::rupture_reported], i, from_mask(reported), answering(i), all_answer_);
  }

  //! What was noted of this session.
  F noted(SessionColumns::Latent what, std::size_t i) const { return load(latent_[what].of, i); }
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
        note_rating(m, i, drawn, answering(i), all_answer_);
      } else {
        note_score(m, i, draws_.normal_at(i), answering(i), all_answer_);
      }
      if (m == plan_.primary) look(s, i);
    }
  }

  HWY_INLINE void note_for(Column& column, std::size_t i, F score, M to_whom, bool for_all) {
    note(column, i, for_all ? score : hn::IfThenElse(to_whom, score, number(not_a_score)));
  }

  HWY_INLINE void note_score(std::size_t m, std::size_t i, F error, M to_whom, bool for_all) {
    auto const& c = measure(m).constants();
    F const score = scored(c, noted(SessionColumns::symptoms, i), error);
    note_for(scores_[m].total, i, score, to_whom, for_all);
    if (m == plan_.primary) store(score_, i, standardised(c, score));
  }

  HWY_INLINE void note_rating(std::size_t m, std::size_t i, Normals const (&drawn)[components], M to_whom, bool for_all) {
    if (!plan_.has_therapist) return;  // nobody to have an alliance with
    auto const& c = measure(m).constants();
    F const own = c.own_view > 0 ? get(own_view_of(m), i) : number(0);
    F const standard_change = perceived_with_prospects_ ? get(Field::standard_change, i) : number(0);
    F const alliance[components] = {noted(SessionColumns::goal, i), noted(SessionColumns::task, i),
                                    noted(SessionColumns::bond, i)};
    auto const rating = alliance_rating(c, drawn, alliance, standard_change, own);
    note_for(scores_[m].total, i, rating.total, to_whom, for_all);
    each<components>([&](auto k) {
      note_for(scores_[m].part[k], i, rating.part[k], to_whom, for_all);
      if (!c.items.has_value()) return;
      each<OrdinalItems::per_component>(
          [&](auto n) { note_for(scores_[m].item[k][n], i, rating.item[k][n], to_whom, for_all); });
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
        note_for(ratings_[k], i, score, attends(i), all_answer_);
      }
    }
  }

  void spread_ratings() {
    auto const& ratings = plan_.ratings->constants();
    for (std::size_t k = 0; plan_.has_therapist && k < ratings.chosen.size(); ++k) {
      if (!ratings.chosen.data()[k].kind->component.has_value()) continue;
      ratings_[k].to = task_.clients.ratings.data()[k];
      Column* const column = &ratings_[k];
      places_.spread(&column, 1, first_);
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
    if (!questionnaires_missed_ && !feedback_) return;
    M const answered = this->answered(i);
    F const score = load(score_, i);
    if (questionnaires_missed_) keep(Field::last_score, i, hn::IfThenElse(answered, score, get(Field::last_score, i)));
    if (!feedback_) return;
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
    if (some_are_given_post_) {
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
    return all_answer_ ? score : hn::IfThenElse(answered(i), score, latent);
  }

  F hazard_at(int s, std::size_t i) const {
    HazardLanes at{early_part_at(s, i),
                   noted_composite(i),
                   get(Field::severity, i),
                   get(Field::gain, i),
                   get(Field::retention, i),
                   commitment_ ? load(beyond_mean_, i) : number(0),
                   to_mask(ruptures_ ? get(Field::rupture_open, i) : number(0))};
    return hazard_of(plan_.hazard->constants(), s, at, plan_.has_therapist);
  }
  F early_part_at(int s, std::size_t i) const {
    auto const& c = plan_.hazard->constants();
    F const early = get(Field::early, i);
    if (sessions_missed_) return early_part(c, early, get(Field::early_sessions, i));
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
    F const symptoms = (load(lasting_at_intake_, i) - gain) + load(fluctuation_at_end_, i);
    note_latent(SessionColumns::symptoms, i, symptoms);
    note_latent(SessionColumns::gain, i, gain);
    M const missed = missed_at_followup(plan_.missing->constants(), who, session, draws_.seed());
    for (std::size_t m = 0; m < measures(); ++m) {
      if (!plan_.is_given(m, occasion) || measure(m).of_alliance()) continue;
      F const score = symptom_score(measure(m).constants(), who, session, symptoms, draws_.seed());
      note(scores_[m].total, i, hn::IfThenElse(missed, number(not_a_score), score));
    }
  }

  Measure const& measure(std::size_t m) const { return plan_.measures->data()[m]; }
  std::size_t measures() const { return plan_.measures->size(); }

  ClientTask const& task_;
  TherapyPlan const& plan_;
  Therapy const& therapy_;
  Therapy::Constants const& c_;
  Sessions steps_;
  bool raised_ = false, ruptures_ = false, commitment_ = false, feedback_ = false;
  bool questionnaires_missed_ = false, sessions_missed_ = false, goes_on_ = false;
  bool some_are_given_post_ = false, perceived_with_prospects_ = false;
  bool all_answer_ = false;        // nobody's scores go missing while he is there
  float early_sessions_held_ = 0;  // before this session, where none is missed

  std::size_t first_ = 0, clients_ = 0;          // the block's first client and how many it has ...
  std::size_t here_ = 0;                         // ... of whom these are still there, in the first lanes
  std::size_t leavers_ = 0, leavers_since_ = 0;  // how many now, and since lanes were closed up
  std::size_t column_count_ = 0;

  Draws draws_;
  Kept kept_;
  Places places_;
  Room<Column*> columns_;  // that somebody wants
  Room<ScoreColumns> scores_;
  Room<Column> ratings_;  // in the order of the plan
  Column latent_[SessionColumns::latent_columns] = {};

  // By lane: flags of those who have not left, who attend and who fill in what they get, where they differ; the primary
  // outcome in SDs of its norm; commitment; who leaves and how.
  Row stays_{}, attends_{}, answered_{}, score_{}, beyond_mean_{}, ending_{};
  RowOf<std::int32_t> leaving_{};  // lanes of those who leave now
  // By place.
  Row lasting_at_intake_{}, gain_at_end_{}, fluctuation_at_end_{};
};

}  // namespace bordin::HWY_NAMESPACE
