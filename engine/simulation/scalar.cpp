#include "simulation/scalar.hpp"

#include <cmath>
#include <limits>

#include "simulation/world.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

//! The columns of all groups, by place.
class Sheet {
 public:
  Sheet(World const& world, Records& records) : world_(world), records_(records) {}

  LatentCourse course(std::size_t place) const {
    using S = SessionColumns;
    auto const series = [&](S::Latent what) {
      float* const column = records_.of_sessions.latent[what];
      return column == nullptr ? Series() : Series(column + place, stride());
    };
    return {.goal = series(S::goal),
            .task = series(S::task),
            .bond = series(S::bond),
            .alliance = series(S::alliance),
            .symptoms = series(S::symptoms),
            .gain = series(S::gain),
            .rupture = series(S::rupture),
            .repairs = series(S::repairs),
            .hope = series(S::hope),
            .faith = series(S::faith),
            .commitment = series(S::commitment)};
  }

  SessionState state(std::size_t place, int session) const {
    auto const s = static_cast<std::size_t>(session);
    auto const own = course(place);
    return {.occasion = session,
            .session = session,
            .alliance = {own.goal[s], own.task[s], own.bond[s]},
            .composite = own.alliance[s],
            .symptoms = own.symptoms[s],
            .rupture = own.rupture.is_kept() && own.rupture[s] > 0,
            .standard_change = records_.of_clients.standard_change[place]};
  }

  //! Nothing is given, until it is.
  void clear(std::size_t place) const {
    for (std::size_t s = 0; s < world_.calendar().occasions(); ++s) {
      std::size_t const row = s * stride() + place;
      records_.of_sessions.latent[SessionColumns::attended][row] = 0;
      if (auto* reported = records_.of_sessions.latent[SessionColumns::rupture_reported]) reported[row] = missing;
      for (auto const& scores : records_.of_sessions.scores) {
        scores.total[row] = missing;
        for (std::size_t c = 0; c < components; ++c) {
          if (scores.part[c] != nullptr) scores.part[c][row] = missing;
          for (float* const item : scores.item[c])
            if (item != nullptr) item[row] = missing;
        }
      }
    }
  }

  void note(SessionColumns::Latent what, std::size_t place, int occasion, float value) const {
    if (auto* column = records_.of_sessions.latent[what]) column[row(place, occasion)] = value;
  }

  void score(std::size_t m, std::size_t place, int occasion, float points) const {
    records_.of_sessions.scores[m].total[row(place, occasion)] = points;
  }

  void rating(std::size_t m, std::size_t place, int occasion, AllianceRating const& rating) const {
    auto const& to = records_.of_sessions.scores[m];
    auto const at = row(place, occasion);
    to.total[at] = rating.total;
    for (std::size_t c = 0; c < components; ++c) {
      if (to.part[c] != nullptr) to.part[c][at] = rating.part[c];
      for (std::size_t i = 0; i < OrdinalItems::per_component; ++i)
        if (to.item[c][i] != nullptr) to.item[c][i][at] = static_cast<float>(rating.item[c][i]);
    }
  }

  void client(std::size_t place, ClientTraits const& traits, Match const& match, Outcome const& outcome) const {
    auto const& c = records_.of_clients;
    c.goal[place] = traits.alliance[0];
    c.task[place] = traits.alliance[1];
    c.bond[place] = traits.alliance[2];
    c.prospects[place] = traits.prospects;
    c.severity[place] = traits.severity;
    c.expectation[place] = traits.expectation;
    c.change[place] = traits.change;
    c.standard_change[place] = traits.standard_change;
    c.match[place] = match.composite;
    c.ending[place] = static_cast<float>(outcome.ending);
    c.sessions[place] = static_cast<float>(outcome.sessions);
    c.last[place] = static_cast<float>(outcome.last);
  }

 private:
  std::size_t stride() const { return records_.of_sessions.stride; }
  std::size_t row(std::size_t place, int occasion) const { return static_cast<std::size_t>(occasion) * stride() + place; }

  World const& world_;
  Records& records_;
};

//! Writes down every score of one client that is due at a session.
class Recorder final : public Witness {
 public:
  Recorder(World const& world, Sheet const& sheet, std::size_t place, Randomness const& random, ClientNumber who)
      : world_(world),
        sheet_(sheet),
        place_(place),
        random_(random),
        who_(who),
        primary_(first_measure(world.measures(), Measures::symptoms).value_or(world.measures().size())) {}

  float see(SessionState const& state) override {
    bool const session = state.occasion <= world_.calendar().sessions;  // a follow-up is none
    if (session) sheet_.note(SessionColumns::attended, place_, state.occasion, 1);
    bool const none = missed(state);
    if (session) missed_last_ = none;
    if (none) return missing;
    report_rupture(state);
    float primary = missing;
    for (std::size_t m = 0; m < world_.measures().size(); ++m) {
      auto const& measure = world_.measures()[m];
      if (!measure.schedule().given(state.occasion)) continue;
      float const score = give(m, state);
      if (m == primary_) last_score_ = primary = measure.standardised(score);
    }
    return primary;
  }

  float imagine(SessionState const& state) override {
    auto const& measures = world_.measures();
    if (primary_ >= measures.size() || missed(state)) return missing;
    auto const& measure = measures[primary_];
    if (!measure.schedule().given(state.occasion)) return missing;
    return last_score_ = measure.standardised(measure.symptom_score(random_, who_, state));
  }

  //! What is given at the end of a completed therapy only, and goes missing with the other questionnaires of its session.
  void see_post(SessionState const& state) {
    if (missed_last_) return;
    for (std::size_t m = 0; m < world_.measures().size(); ++m) {
      auto const& schedule = world_.measures()[m].schedule();
      if (schedule.post && !schedule.given(state.occasion)) give(m, state);
    }
  }

 private:
  bool missed(SessionState const& state) const {
    auto const& questionnaires = world_.missing();
    if (state.occasion == 0) return false;
    if (state.occasion > world_.calendar().sessions) return questionnaires.at_followup(random_, who_, state.session);
    float const last = std::isnan(last_score_) ? 0.0F : last_score_;
    return questionnaires.at_session(random_, who_, state.session, last, state.symptoms);
  }

  void report_rupture(SessionState const& state) const {
    if (!world_.has_ruptures() || std::isnan(state.composite)) return;
    float const chance = state.rupture ? world_.rupture_sensitivity() : world_.rupture_false_alarm();
    auto const session = static_cast<std::uint32_t>(state.session);
    float const u = float32::uniform(random_.of_client(who_, Purpose::rupture, session)[Ruptures::word_of_report]);
    sheet_.note(SessionColumns::rupture_reported, place_, state.occasion, u < chance ? 1.0F : 0.0F);
  }

  float give(std::size_t m, SessionState const& state) const {
    auto const& measure = world_.measures()[m];
    if (!measure.of_alliance()) {
      float const points = measure.symptom_score(random_, who_, state);
      sheet_.score(m, place_, state.occasion, points);
      return points;
    }
    if (std::isnan(state.composite)) return missing;  // nobody to have an alliance with
    auto const rating = measure.alliance_rating(random_, who_, state);
    sheet_.rating(m, place_, state.occasion, rating);
    return rating.total;
  }

  World const& world_;
  Sheet const& sheet_;
  std::size_t place_;
  Randomness const& random_;
  ClientNumber who_;
  std::size_t primary_;
  float last_score_ = missing;
  bool missed_last_ = false;  // the questionnaires of the last session
};

TherapistTraits therapist_at(TherapistColumns const& t, std::size_t row) {
  return {.alliance = {t.goal[row], t.task[row], t.bond[row]},
          .ability = t.ability[row],
          .direct = t.direct[row],
          .retention = t.retention[row],
          .severity = t.severity[row],
          .repair = t.repair[row],
          .raise = t.raise[row],
          .years = t.years[row],
          .trained = t.trained[row] != 0};
}

ClinicTraits clinic_at(TherapistColumns const& c, std::size_t row) {
  return {.alliance = {c.goal[row], c.task[row], c.bond[row]}, .ability = c.ability[row], .direct = c.direct[row]};
}

void write(TherapistColumns const& t, std::size_t row, TherapistTraits const& traits) {
  t.goal[row] = traits.alliance[0];
  t.task[row] = traits.alliance[1];
  t.bond[row] = traits.alliance[2];
  t.ability[row] = traits.ability;
  t.direct[row] = traits.direct;
  t.retention[row] = traits.retention;
  t.severity[row] = traits.severity;
  t.repair[row] = traits.repair;
  t.raise[row] = traits.raise;
  t.years[row] = traits.years;
  t.trained[row] = traits.trained ? 1.0F : 0.0F;
}

//! Treats the clients of one group.
class Clinicians {
 public:
  Clinicians(World const& world, Records& records, Records::Group const& group)
      : world_(world), records_(records), group_(group), sheet_(world, records) {}

  void treat(std::size_t place) const {
    Randomness const random(records_.seed, records_.replication_word[place]);
    std::uint32_t const home = records_.home_word[place];
    TherapistNumber const number{.arm = home >> 24, .place = home & most_therapists_in_arm};
    ClientNumber const who{.home = number, .place = records_.place_word[place] >> 12};
    auto const traits =
        group_.has_therapist ? therapist_at(records_.of_therapists, therapist_row(place)) : TherapistTraits{};
    auto const person = world_.people().client(random, who);
    auto const match = group_.has_therapist ? world_.people().match(random, who, number) : Match{};

    sheet_.clear(place);
    Recorder recorder(world_, sheet_, place, random, who);
    Meeting const meeting{.therapist = traits, .client = person, .match = match, .has_therapist = group_.has_therapist};
    auto const outcome = world_.therapies()[group_.arm].run(random, who, meeting, sheet_.course(place), recorder);
    sheet_.client(place, person, match, outcome);
    float const lasting = group_.has_therapist ? traits.ability + person.prospects + match.composite : missing;
    rate(place, random, who, person, lasting, outcome);
    if (outcome.ending != Ending::dropout && outcome.last > 0) recorder.see_post(sheet_.state(place, outcome.last));
  }

 private:
  std::size_t therapist_row(std::size_t place) const { return static_cast<std::size_t>(records_.therapist_place[place]); }

  void rate(std::size_t place, Randomness const& random, ClientNumber who, ClientTraits const& person, float lasting,
            Outcome const& outcome) const {
    RatedClient rated{.expectation = person.expectation, .lasting = lasting, .session_3 = {missing, missing, missing}};
    if (outcome.last >= 3) rated.session_3 = sheet_.state(place, 3).alliance;
    for (std::size_t k = 0; k < world_.ratings().size(); ++k)
      records_.of_clients.ratings[k][place] = world_.ratings().score(k, random, who, rated);
  }

  World const& world_;
  Records& records_;
  Records::Group const& group_;
  Sheet sheet_;
};

}  // namespace

void draw_therapists(World const& world, Records& records) {
  for (auto const& replication : records.replications) {
    Randomness const random(records.seed, replication.number);
    for (auto const& holder : replication.holders) {
      if (holder.therapist < 0) continue;
      auto const row = replication.first_therapist + static_cast<std::size_t>(holder.therapist);
      auto const clinic = holder.clinic < 0 ? ClinicTraits{} : clinic_at(records.of_clinics, row);
      write(records.of_therapists, row, world.people().therapist(random, holder.number, clinic));
    }
  }
}

void treat_clients(World const& world, Records& records, Records::Group const& group) {
  Clinicians const clinicians(world, records, group);
  for (std::size_t place = group.first; place < group.first + group.count; ++place) clinicians.treat(place);
}

}  // namespace bordin
