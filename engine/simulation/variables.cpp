#include "simulation/variables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "simulation/latent_means.hpp"
#include "simulation/world.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr char const* alliance = "SD of alliance";
constexpr char const* symptoms = "SD of symptoms";

Words no_yes() {
  return {"no", "yes"};
}

//! As whole numbers of a smaller type, the missing ones with its code.
template <class Integer>
std::vector<Integer> whole(std::vector<float> const& values) {
  std::vector<Integer> out(values.size());
  std::transform(values.begin(), values.end(), out.begin(),
                 [](float v) { return std::isnan(v) ? missing_code<Integer> : static_cast<Integer>(v); });
  return out;
}

std::vector<std::int8_t> flags(std::vector<float> const& value, auto const& is_true) {
  std::vector<std::int8_t> out(value.size());
  for (std::size_t i = 0; i < value.size(); ++i)
    out[i] = std::isnan(value[i]) ? missing_code<std::int8_t> : static_cast<std::int8_t>(is_true(i) ? 1 : 0);
  return out;
}

}  // namespace

Variables::Variables(World const& world, Records const& records, std::size_t replication, Wanted const& wanted)
    : world_(world),
      records_(records),
      own_(records.replications[replication]),
      wanted_(wanted),
      measures_(world.measures()),
      calendar_(world.calendar()),
      occasions_(world.calendar().occasions()),
      early_first_(static_cast<std::size_t>(world.design().early_first())),
      early_last_(static_cast<std::size_t>(std::min(world.design().early_last(), world.calendar().sessions))) {
  for (auto const& arm : world.arms()) arm_names_.push_back(arm.name);
}

template <class Make>
void Variables::add(Table& table, std::string const& name, char const* unit, std::string const& description,
                    Make const& make, Words const& levels) const {
  if (!wanted_.has(name)) return;
  table.add({.name = name, .unit = unit, .description = description, .values = make(), .levels = levels});
}

template <class Make>
void Variables::add_points(Table& table, std::string const& name, std::string const& description, Measure const& measure,
                           Make const& make) const {
  add(table, name, "points", description, [&]() -> Column::Values {
    if (measure.stored_as_integer()) return whole<std::int16_t>(make());
    return make();
  });
}

// ---- reading what was drawn

bool Variables::dropped_out(std::size_t client) const {
  return records_.of_clients.ending[place(client)] == static_cast<float>(Ending::dropout);
}

std::vector<float> Variables::of_therapists(float const* column) const {
  auto const* first = column + own_.first_therapist;
  return {first, first + own_.therapists};
}

std::vector<float> Variables::of_clients(float const* column) const {
  std::vector<float> out(clients());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = column[place(i)];
  return out;
}

std::vector<float> Variables::of_sessions(Course course) const {
  std::vector<float> out(clients() * occasions_);
  for (std::size_t i = 0; i < clients(); ++i) {
    for (std::size_t s = 0; s < occasions_; ++s) out[i * occasions_ + s] = at(course, i, s);
  }
  return out;
}

std::vector<float> Variables::at_occasion(Course course, std::size_t occasion) const {
  return of_clients(course + occasion * records_.of_sessions.stride);
}

std::vector<float> Variables::post_of(Course score) const {
  std::vector<float> out(clients(), missing);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (last(i) > 0 && !dropped_out(i)) out[i] = at(score, i, last(i));
  }
  return out;
}

std::vector<float> Variables::last_of(Course score) const {
  std::vector<float> out(clients(), missing);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto s = last(i);
    while (s > 0 && std::isnan(at(score, i, s))) --s;
    if (s > 0) out[i] = at(score, i, s);
  }
  return out;
}

std::vector<float> Variables::change_of(Course score) const {
  auto change = at_occasion(score, 0);
  auto const post = post_of(score);
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= post[i];
  return change;
}

std::vector<float> Variables::mean_over(Course score, std::size_t first, std::size_t last) const {
  std::vector<float> out(clients(), missing);
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    int rated = 0;
    for (std::size_t s = first; s <= last; ++s) {
      float const value = at(score, i, s);
      if (std::isnan(value)) continue;
      sum += static_cast<double>(value);
      ++rated;
    }
    if (rated > 0) out[i] = static_cast<float>(sum / rated);
  }
  return out;
}

//! Weeks since intake, by occasion.
std::vector<float> Variables::times() const {
  std::vector<float> weeks;
  auto const spacing = static_cast<float>(calendar_.spacing);
  for (int s = 0; s <= calendar_.sessions; ++s) weeks.push_back(static_cast<float>(s) * spacing);
  for (double const f : calendar_.followups)
    weeks.push_back(static_cast<float>(static_cast<double>(calendar_.sessions) * calendar_.spacing + f));
  return weeks;
}

std::vector<std::int16_t> Variables::ruptures_reported() const {
  auto const* reported = records_.of_sessions.latent[SessionColumns::rupture_reported];
  std::vector<std::int16_t> count(clients(), missing_code<std::int16_t>);
  for (std::size_t i = 0; i < count.size(); ++i) {
    for (std::size_t s = 0; s < occasions_; ++s) {
      float const here = at(reported, i, s);
      if (!std::isnan(here))
        count[i] = static_cast<std::int16_t>(std::max<std::int16_t>(count[i], 0) + (here != 0 ? 1 : 0));
    }
  }
  return count;
}

std::vector<std::int32_t> Variables::clinic_of_client() const {
  std::vector<std::int32_t> clinic_of_therapist;
  for (auto const& holder : own_.holders) {
    if (holder.therapist >= 0) clinic_of_therapist.push_back(holder.clinic);
  }
  std::vector<std::int32_t> clinic(clients());
  for (std::size_t i = 0; i < clinic.size(); ++i) {
    auto const row = static_cast<std::size_t>(therapist(i));
    clinic[i] = row < clinic_of_therapist.size() ? clinic_of_therapist[row] : missing_code<std::int32_t>;
  }
  return clinic;
}

// ---- what researchers see

void Variables::add_therapists(Table& therapists) const {
  auto const by_therapist = [&](auto const& value) {
    using Value = decltype(value(own_.holders.front()));
    std::vector<Value> out;
    for (auto const& holder : own_.holders) {
      if (holder.therapist >= 0) out.push_back(value(holder));
    }
    return out;
  };
  auto const& t = records_.of_therapists;
  add(therapists, "caseload", "clients", "clients this therapist has in the study",
      [&] { return by_therapist([](Caseholder const& h) { return static_cast<std::int32_t>(h.clients); }); });
  if (!arm_names_.empty() && world_.design().therapists_in_arms == TherapistsInArms::nested)
    add(
        therapists, "arm", "", "arm the therapist works in",
        [&] { return by_therapist([](Caseholder const& h) { return static_cast<std::int8_t>(h.arm); }); }, arm_names_);
  if (world_.design().clinics > 0)
    add(therapists, "clinic", "", "number of the clinic, from 0",
        [&] { return by_therapist([](Caseholder const& h) { return h.clinic; }); });
  if (world_.people().backgrounds().experience_varies())
    add(therapists, "experience", "years", "the therapist's experience", [&] { return of_therapists(t.years); });
  if (world_.people().backgrounds().training_varies())
    add(
        therapists, "trained", "", "whether the therapist is trained in forming an alliance",
        [&] { return whole<std::int8_t>(of_therapists(t.trained)); }, no_yes());
}

void Variables::add_change(Table& clients, Measure const& measure, std::string const& suffix, Course score) const {
  auto const& instrument = measure.instrument();
  auto const reliable = static_cast<float>(*instrument.reliable_change - instrument.tolerance());
  add(
      clients, "reliable_change" + suffix, "", "change of at least the reliable change index for the better",
      [&] {
        auto const change = change_of(score);
        return flags(change, [&](std::size_t i) { return change[i] >= reliable; });
      },
      no_yes());
  if (instrument.cutoff) {
    auto const cutoff = static_cast<float>(*instrument.cutoff - instrument.tolerance());
    add(
        clients, "recovered" + suffix, "", "reliable change from a clinical score (at or above the cutoff) to one below it",
        [&] {
          auto const change = change_of(score), pre = at_occasion(score, 0), post = post_of(score);
          return flags(change,
                       [&](std::size_t i) { return change[i] >= reliable && pre[i] >= cutoff && post[i] < cutoff; });
        },
        no_yes());
  }
  add_points(clients, "change" + suffix, "pre - post: positive is better", measure, [&] { return change_of(score); });
}

void Variables::add_outcomes(Table& clients) const {
  bool primary = true;
  for (std::size_t m = 0; m < measures_.size(); ++m) {
    auto const& measure = measures_[m];
    if (measure.of_alliance()) continue;
    std::string const& name = measure.instrument().name;
    std::string const suffix = primary ? "" : "_" + measure.slug();
    Course const score = records_.of_sessions.scores[m].total;
    add_points(clients, "pre" + suffix, name + " at intake", measure, [&] { return at_occasion(score, 0); });
    add_points(clients, "post" + suffix,
               name + " at the planned ending or at the maximum of sessions, missing for dropouts", measure,
               [&] { return post_of(score); });
    add_points(clients, "last" + suffix, "last " + name + " after intake, however the therapy ended", measure,
               [&] { return last_of(score); });
    add_change(clients, measure, suffix, score);
    primary = false;
  }
}

void Variables::add_therapist_means(Table& clients, Course rating) const {
  if (!wanted_.has("alliance_between") && !wanted_.has("alliance_within")) return;
  auto const early = mean_over(rating, early_first_, early_last_);
  std::vector<double> sum;
  std::vector<int> rated;
  for (std::size_t i = 0; i < early.size(); ++i) {
    auto const t = static_cast<std::size_t>(therapist(i));
    if (t >= sum.size()) sum.resize(t + 1), rated.resize(t + 1);
    if (std::isnan(early[i])) continue;
    sum[t] += static_cast<double>(early[i]);
    ++rated[t];
  }
  std::vector<float> between(early.size(), missing);
  std::vector<float> within(early.size(), missing);
  for (std::size_t i = 0; i < early.size(); ++i) {
    auto const t = static_cast<std::size_t>(therapist(i));
    if (rated[t] == 0) continue;
    between[i] = static_cast<float>(sum[t] / rated[t]);
    within[i] = early[i] - between[i];
  }
  add(clients, "alliance_between", "points", "mean of alliance_early over the therapist's clients",
      [&] { return std::move(between); });
  add(clients, "alliance_within", "points", "alliance_early - alliance_between", [&] { return std::move(within); });
}

// Where therapists work in one arm each, their means are drawn to that of the arm: what sets arms apart is nothing that
// therapists of an arm differ in.
void Variables::add_latent_means(Table& clients, Course rating) const {
  if (!wanted_.has("alliance_between_latent") && !wanted_.has("alliance_within_latent")) return;
  auto const early = mean_over(rating, early_first_, early_last_);
  bool const nested = !arm_names_.empty() && world_.design().therapists_in_arms == TherapistsInArms::nested;
  auto const first = static_cast<std::ptrdiff_t>(own_.first_client);
  auto const end = first + static_cast<std::ptrdiff_t>(own_.clients);
  std::vector<std::int32_t> const by(records_.therapist.begin() + first, records_.therapist.begin() + end);
  std::vector<std::int32_t> arm(early.size());
  if (nested) std::copy(records_.arm.begin() + first, records_.arm.begin() + end, arm.begin());
  auto const means = latent_means(early, by, arm);
  std::vector<float> between(early.size(), missing);
  std::vector<float> within(early.size(), missing);
  for (std::size_t i = 0; i < early.size(); ++i) {
    between[i] = static_cast<float>(means[static_cast<std::size_t>(by[i])]);
    within[i] = early[i] - between[i];
  }
  add(clients, "alliance_between_latent", "points",
      "alliance_between drawn to the mean of all by its reliability, as a prediction of the therapist's latent mean",
      [&] { return std::move(between); });
  add(clients, "alliance_within_latent", "points", "alliance_early - alliance_between_latent, which goes with it",
      [&] { return std::move(within); });
}

void Variables::add_alliance(Table& clients, Course rating) const {
  add(clients, "alliance_early", "points", "client's mean alliance rating over the early sessions",
      [&] { return mean_over(rating, early_first_, early_last_); });
  add_therapist_means(clients, rating);
  add_latent_means(clients, rating);
  for (std::size_t s = 1; s <= static_cast<std::size_t>(calendar_.sessions); ++s)
    add(clients, "alliance_" + std::to_string(s), "points", "alliance rating of session " + std::to_string(s),
        [&] { return at_occasion(rating, s); });
}

void Variables::add_followups(Table& clients) const {
  for (std::size_t f = 0; f < calendar_.followups.size(); ++f) {
    auto const occasion = static_cast<std::size_t>(calendar_.sessions) + 1 + f;
    bool primary = true;
    for (std::size_t m = 0; m < measures_.size(); ++m) {
      if (measures_[m].of_alliance()) continue;
      std::string const name =
          "followup" + (f == 0 ? "" : "_" + std::to_string(f + 1)) + (primary ? "" : "_" + measures_[m].slug());
      primary = false;
      if (!measures_[m].schedule().given(static_cast<int>(occasion))) continue;
      add_points(clients, name, measures_[m].instrument().name + " at follow-up " + std::to_string(f + 1), measures_[m],
                 [&] { return at_occasion(records_.of_sessions.scores[m].total, occasion); });
    }
  }
}

void Variables::add_further_alliance(Table& clients, std::size_t m) const {
  auto const& measure = measures_[m];
  auto const& given = measure.schedule().at;
  auto const from = [&](std::size_t s) { return given.begin() + static_cast<std::ptrdiff_t>(s); };
  std::string const& name = measure.instrument().name;
  Course const rating = records_.of_sessions.scores[m].total;
  if (std::find(from(early_first_), from(early_last_ + 1), true) != from(early_last_ + 1))
    add(clients, "alliance_early_" + measure.slug(), "points", name + ", mean over the early sessions",
        [&] { return mean_over(rating, early_first_, early_last_); });
  if (occasions_ > 3 && given[3])
    add(clients, "alliance_3_" + measure.slug(), "points", name + " of session 3", [&] { return at_occasion(rating, 3); });
}

void Variables::add_ratings(Table& clients) const {
  for (std::size_t k = 0; k < world_.ratings().size(); ++k) {
    auto const& kind = world_.ratings().kind(k);
    add(clients, kind.name, "SD", kind.description, [&] { return of_clients(records_.of_clients.ratings[k]); });
  }
}

void Variables::add_endings(Table& clients) const {
  auto const& c = records_.of_clients;
  add(
      clients, "dropped_out", "", "left before the planned ending; missing for clients who never came",
      [&] {
        std::vector<std::int8_t> dropped(this->clients());
        for (std::size_t i = 0; i < dropped.size(); ++i)
          dropped[i] = c.ending[place(i)] == static_cast<float>(Ending::not_engaged)
                           ? missing_code<std::int8_t>
                           : static_cast<std::int8_t>(dropped_out(i) ? 1 : 0);
        return dropped;
      },
      no_yes());
  add(
      clients, "ending", "", "how the therapy ended", [&] { return whole<std::int8_t>(of_clients(c.ending)); },
      ending_words());
  add(clients, "sessions_attended", "sessions", "sessions the client came to",
      [&] { return whole<std::int16_t>(of_clients(c.sessions)); });
  if (world_.has_ruptures())
    add(clients, "ruptures_reported", "sessions",
        "sessions in which the client reports a rupture; missing where the client was never asked",
        [&] { return ruptures_reported(); });
}

void Variables::add_clients(Table& clients) const {
  auto const rows = [&](std::vector<std::int32_t> const& column) {
    auto const first = column.begin() + static_cast<std::ptrdiff_t>(own_.first_client);
    return std::pair(first, first + static_cast<std::ptrdiff_t>(own_.clients));
  };
  add(clients, "therapist", "", "row in therapists; clients without a therapist have numbers of their own beyond these",
      [&] {
        auto const [first, end] = rows(records_.therapist);
        return std::vector<std::int32_t>(first, end);
      });
  if (!arm_names_.empty())
    add(
        clients, "arm", "", "arm of the trial",
        [&] {
          auto const [first, end] = rows(records_.arm);
          return std::vector<std::int8_t>(first, end);
        },
        arm_names_);
  if (world_.design().clinics > 0)
    add(clients, "clinic", "", "number of the therapist's clinic, from 0", [&] { return clinic_of_client(); });
  add_outcomes(clients);
  add_followups(clients);
  auto const first_alliance = first_measure(measures_, Measures::alliance);
  if (first_alliance) add_alliance(clients, records_.of_sessions.scores[*first_alliance].total);
  for (std::size_t m = first_alliance.value_or(measures_.size()) + 1; m < measures_.size(); ++m) {
    if (measures_[m].of_alliance()) add_further_alliance(clients, m);
  }
  add_ratings(clients);
  add_endings(clients);
}

//! What every row of sessions is of.
void Variables::add_numbering(Table& sessions) const {
  auto const by_row = [&](auto const& value) {
    using Value = decltype(value(std::size_t{}, std::size_t{}));
    std::vector<Value> out(clients() * occasions_);
    for (std::size_t i = 0; i < clients(); ++i) {
      for (std::size_t s = 0; s < occasions_; ++s) out[i * occasions_ + s] = value(i, s);
    }
    return out;
  };
  add(sessions, "client", "", "row in clients",
      [&] { return by_row([](std::size_t i, std::size_t) { return static_cast<std::int32_t>(i); }); });
  add(sessions, "therapist", "", "row in therapists, as in clients",
      [&] { return by_row([&](std::size_t i, std::size_t) { return therapist(i); }); });
  add(sessions, "session", "", "number of the session, 0 = intake; beyond the maximum: follow-ups",
      [&] { return by_row([](std::size_t, std::size_t s) { return static_cast<std::int16_t>(s); }); });
  add(sessions, "time", "weeks", "time since intake", [&] {
    auto const time_of = times();
    return by_row([&](std::size_t, std::size_t s) { return time_of[s]; });
  });
}

void Variables::add_sessions(Table& sessions) const {
  auto const& latent = records_.of_sessions.latent;
  add_numbering(sessions);
  add(
      sessions, "attended", "", "whether the client came to this session (intake counts, a follow-up does not)",
      [&] { return whole<std::int8_t>(of_sessions(latent[SessionColumns::attended])); }, no_yes());
  if (world_.has_ruptures())
    add(
        sessions, "rupture_reported", "", "whether the client reports a rupture of the alliance in this session",
        [&] { return whole<std::int8_t>(of_sessions(latent[SessionColumns::rupture_reported])); }, no_yes());
  for (std::size_t m = 0; m < measures_.size(); ++m) {
    if (first_measure(measures_, Measures::alliance) == m)
      add(sessions, "alliance_session", "points", measures_[m].instrument().name + " minus the client's own mean", [&] {
        Course const rating = records_.of_sessions.scores[m].total;
        auto deviation = of_sessions(rating);
        auto const mean = mean_over(rating, 1, static_cast<std::size_t>(calendar_.sessions));
        for (std::size_t row = 0; row < deviation.size(); ++row) deviation[row] -= mean[row / occasions_];
        return deviation;
      });
    add_scores(sessions, m);
  }
}

void Variables::add_scores(Table& sessions, std::size_t m) const {
  auto const& measure = measures_[m];
  std::string const& name = measure.instrument().name;
  auto const& scores = records_.of_sessions.scores[m];
  add_points(sessions, measure.slug(), name, measure, [&] { return of_sessions(scores.total); });
  for (std::size_t c = 0; c < components; ++c) {
    if (measure.has_subscale_column(c))
      add(sessions, measure.subscale_column(c), "points", name + ", subscale " + component_names[c],
          [&] { return of_sessions(scores.part[c]); });
    if (measure.has_item_columns(c)) add_items(sessions, m, c);
  }
}

void Variables::add_items(Table& sessions, std::size_t m, std::size_t component) const {
  auto const& measure = measures_[m];
  for (std::size_t i = 0; i < OrdinalItems::per_component; ++i)
    add(sessions, measure.item_column(component, i), "points",
        measure.instrument().name + ", item " + std::to_string(i + 1) + " on " + component_names[component],
        [&] { return whole<std::int8_t>(of_sessions(records_.of_sessions.scores[m].item[component][i])); });
}

// ---- the truth

void Variables::add_truth_of_therapists(Table& out) const {
  auto const& t = records_.of_therapists;
  auto const tell = [&](char const* name, char const* unit, char const* description, float const* column) {
    add(out, name, unit, description, [&] { return of_therapists(column); });
  };
  tell("ability_true", alliance, "what the therapist brings to the alliance (composite)", t.ability);
  tell("goal_therapist_true", alliance, "the same for agreement on goals", t.goal);
  tell("task_therapist_true", alliance, "the same for agreement on tasks", t.task);
  tell("bond_therapist_true", alliance, "the same for the bond", t.bond);
  tell("direct_true", symptoms, "effect on change that does not pass through the alliance", t.direct);
  tell("retention_true", "logit", "skill to keep clients in therapy", t.retention);
  tell("severity_therapist_true", symptoms, "by how much the therapist's clients come more severe", t.severity);
  if (world_.has_ruptures()) tell("repair_true", "logit", "skill to repair ruptures", t.repair);
  if (world_.design().clinics == 0) return;
  auto const& clinic = records_.of_clinics;
  tell("ability_clinic_true", alliance, "the part of ability_true that all therapists of the clinic share", clinic.ability);
  tell("direct_clinic_true", symptoms, "the part of direct_true that all therapists of the clinic share", clinic.direct);
}

void Variables::add_truth_of_clients(Table& out) const {
  auto const& c = records_.of_clients;
  auto const tell = [&](char const* name, char const* unit, char const* description, float const* column) {
    add(out, name, unit, description, [&] { return of_clients(column); });
  };
  tell("severity_true", symptoms, "lasting severity before therapy", c.severity);
  tell("alliance_client_true", alliance, "what the client brings to the alliance (composite)", c.prospects);
  tell("goal_client_true", alliance, "the same for agreement on goals", c.goal);
  tell("task_client_true", alliance, "the same for agreement on tasks", c.task);
  tell("bond_client_true", alliance, "the same for the bond", c.bond);
  tell("match_true", alliance, "how client and therapist suit each other (composite)", c.match);
  tell("expectation_true", "SD", "expectation of help", c.expectation);
  tell("change_trait_true", symptoms, "change over the course beyond the mean", c.change);
  Course const latent = records_.of_sessions.latent[SessionColumns::symptoms];
  add(out, "pre_true", symptoms, "latent symptoms at intake", [&] { return at_occasion(latent, 0); });
  add(out, "last_true", symptoms, "latent symptoms at the last attended session", [&] {
    std::vector<float> score(clients(), missing);
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (last(i) > 0) score[i] = at(latent, i, last(i));
    }
    return score;
  });
  add(out, "end_true", symptoms,
      "latent symptoms at the maximum of sessions, for clients who left only with design.continue_after_ending",
      [&] { return at_occasion(latent, static_cast<std::size_t>(calendar_.sessions)); });
}

void Variables::add_truth_of_sessions(Table& out) const {
  using S = SessionColumns;
  auto const tell = [&](char const* name, char const* unit, char const* description, S::Latent what) {
    add(out, name, unit, description, [&] { return of_sessions(records_.of_sessions.latent[what]); });
  };
  tell("alliance_true", alliance, "alliance (composite)", S::alliance);
  tell("goal_true", alliance, "agreement on goals", S::goal);
  tell("task_true", alliance, "agreement on tasks", S::task);
  tell("bond_true", alliance, "bond", S::bond);
  tell("symptoms_true", symptoms, "latent symptoms", S::symptoms);
  tell("gain_true", symptoms, "improvement so far, without fluctuation", S::gain);
  if (world_.has_ruptures()) {
    tell("rupture_true", alliance, "by how much an open rupture lowers this session's alliance, 0 = none is open",
         S::rupture);
    tell("repairs_true", "ruptures", "ruptures repaired so far", S::repairs);
  }
  if (world_.has_commitment()) {
    tell("hope_true", alliance, "hope: I see where this goes", S::hope);
    tell("faith_true", alliance, "faith in the therapist", S::faith);
    tell("commitment_true", alliance, "commitment", S::commitment);
  }
}

Dataset Variables::dataset() const {
  Dataset out;
  add_therapists(out.therapists);
  add_clients(out.clients);
  if (wanted_.sessions()) add_sessions(out.sessions);
  add_truth_of_therapists(out.truth_therapists);
  add_truth_of_clients(out.truth_clients);
  if (wanted_.sessions()) add_truth_of_sessions(out.truth_sessions);
  return out;
}

}  // namespace bordin
