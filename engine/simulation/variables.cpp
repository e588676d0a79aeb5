#include "simulation/variables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "design/ratings.hpp"
#include "simulation/world.hpp"

namespace bordin {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr char const* alliance = "SD of alliance";
constexpr char const* symptoms = "SD of symptoms";

Words no_yes() {
  return {"no", "yes"};
}

Column column(std::string name, std::string unit, std::string description, Column::Values values, Words levels = {}) {
  return {.name = std::move(name),
          .unit = std::move(unit),
          .description = std::move(description),
          .values = std::move(values),
          .levels = std::move(levels)};
}

//! Whole-number scores are kept as integers: smaller, and what a questionnaire gives.
Column score_column(std::string name, std::string description, std::vector<float> scores, bool integer) {
  Column out = column(std::move(name), "points", std::move(description), std::vector<float>{});
  if (!integer) {
    out.values = std::move(scores);
    return out;
  }
  std::vector<std::int16_t> whole(scores.size());
  std::transform(scores.begin(), scores.end(), whole.begin(),
                 [](float s) { return std::isnan(s) ? missing_code<std::int16_t> : static_cast<std::int16_t>(s); });
  out.values = std::move(whole);
  return out;
}

std::vector<std::int8_t> flags(std::vector<float> const& value, auto const& is_true) {
  std::vector<std::int8_t> out(value.size());
  for (std::size_t i = 0; i < value.size(); ++i)
    out[i] = std::isnan(value[i]) ? missing_code<std::int8_t> : static_cast<std::int8_t>(is_true(i) ? 1 : 0);
  return out;
}

}  // namespace

void Variables::resize(World const& world, std::size_t therapists, std::size_t clients) {
  auto const& design = world.design();
  auto const& measures = world.measures();
  for (auto const& arm : world.arms()) arm_names_.push_back(arm.name);
  therapists_have_arms_ = !arm_names_.empty() && design.therapists_in_arms == TherapistsInArms::nested;
  ruptures_ = world.has_ruptures();
  commitment_ = world.has_commitment();
  clinics_ = design.clinics > 0;
  experience_ = world.people().backgrounds().experience_varies();
  training_ = world.people().backgrounds().training_varies();
  calendar_ = world.calendar();
  occasions_ = calendar_.occasions();
  early_first_ = static_cast<std::size_t>(design.early_first());
  early_last_ = static_cast<std::size_t>(std::min(design.early_last(), calendar_.sessions));

  auto& t = therapists_;
  for (auto* v : {&t.goal, &t.task, &t.bond, &t.ability, &t.direct, &t.retention, &t.severity, &t.repair, &t.years})
    v->resize(therapists);
  t.trained.resize(therapists);
  if (clinics_) {
    t.clinic.resize(therapists);
    t.clinic_ability.resize(therapists);
    t.clinic_direct.resize(therapists);
  }
  t.caseload.resize(therapists);
  t.arm.resize(therapists);
  auto& c = clients_;
  for (auto* v :
       {&c.goal, &c.task, &c.bond, &c.prospects, &c.severity, &c.expectation, &c.change, &c.match, &c.standard_change})
    v->resize(clients);
  c.therapist.resize(clients);
  c.arm.resize(clients);
  c.ending.resize(clients);
  c.sessions.resize(clients);
  c.last.resize(clients);
  auto& s = sessions_;
  for (auto* v : {&s.goal, &s.task, &s.bond, &s.alliance, &s.symptoms, &s.gain}) v->resize(clients * occasions_);
  s.attended.resize(clients * occasions_);
  if (commitment_) {
    for (auto* v : {&s.hope, &s.faith, &s.commitment}) v->resize(clients * occasions_);
  }
  if (ruptures_) {
    s.rupture.resize(clients * occasions_);
    s.repairs.resize(clients * occasions_);
    s.rupture_reported.assign(clients * occasions_, missing_code<std::int8_t>);
  }
  scores.resize(measures.size());
  for (std::size_t m = 0; m < measures.size(); ++m) scores[m].resize(measures[m], clients * occasions_);
  rating_names_ = design.ratings;
  ratings.assign(rating_names_.size(), std::vector<float>(clients, missing));
}

void Scores::resize(Measure const& measure, std::size_t rows) {
  total.assign(rows, missing);
  if (!measure.of_alliance()) return;
  for (std::size_t c = 0; c < components; ++c) {
    if (measure.has_subscale_column(c)) part[c].assign(rows, missing);
    if (!measure.has_item_columns(c)) continue;
    for (auto& answers : item[c]) answers.assign(rows, missing_code<std::int8_t>);
  }
}

void Scores::rate(std::size_t row, AllianceRating const& rating) {
  total[row] = rating.total;
  for (std::size_t c = 0; c < components; ++c) {
    if (!part[c].empty()) part[c][row] = rating.part[c];
    if (item[c].front().empty()) continue;
    for (std::size_t i = 0; i < OrdinalItems::per_component; ++i) item[c][i][row] = rating.item[c][i];
  }
}

void Variables::therapist(std::size_t row, std::int32_t arm, std::uint32_t clients, TherapistTraits const& traits) {
  auto& t = therapists_;
  t.caseload[row] = static_cast<std::int32_t>(clients);
  t.arm[row] = static_cast<std::int8_t>(arm);
  t.goal[row] = traits.alliance[0];
  t.task[row] = traits.alliance[1];
  t.bond[row] = traits.alliance[2];
  t.ability[row] = traits.ability;
  t.direct[row] = traits.direct;
  t.retention[row] = traits.retention;
  t.severity[row] = traits.severity;
  t.repair[row] = traits.repair;
  t.years[row] = traits.years;
  t.trained[row] = static_cast<std::int8_t>(traits.trained ? 1 : 0);
}

void Variables::clinic(std::size_t therapist, std::int32_t number, ClinicTraits const& traits) {
  auto& t = therapists_;
  t.clinic[therapist] = number;
  t.clinic_ability[therapist] = traits.ability;
  t.clinic_direct[therapist] = traits.direct;
}

void Variables::attended(std::size_t client, SessionState const& state) {
  if (state.occasion > calendar_.sessions) return;  // a follow-up is no session
  sessions_.attended[client * occasions_ + static_cast<std::size_t>(state.occasion)] = 1;
}

void Variables::client(std::size_t row, std::int32_t therapist, std::int32_t arm, ClientTraits const& traits,
                       Match const& match, Outcome const& outcome) {
  auto& c = clients_;
  c.therapist[row] = therapist;
  c.arm[row] = static_cast<std::int8_t>(arm);
  c.ending[row] = static_cast<std::int8_t>(outcome.ending);
  c.sessions[row] = static_cast<std::int16_t>(outcome.sessions);
  c.last[row] = static_cast<std::int16_t>(outcome.last);
  c.goal[row] = traits.alliance[0];
  c.task[row] = traits.alliance[1];
  c.bond[row] = traits.alliance[2];
  c.prospects[row] = traits.prospects;
  c.severity[row] = traits.severity;
  c.expectation[row] = traits.expectation;
  c.change[row] = traits.change;
  c.match[row] = match.composite;
  c.standard_change[row] = traits.standard_change;
}

void Variables::rupture_report(std::size_t client, int session, bool reported) {
  auto const row = client * occasions_ + static_cast<std::size_t>(session);
  sessions_.rupture_reported[row] = static_cast<std::int8_t>(reported ? 1 : 0);
}

LatentCourse Variables::course(std::size_t client) {
  auto const of_client = [&](std::vector<float>& v) {
    return v.empty() ? std::span<float>() : std::span<float>(v).subspan(client * occasions_, occasions_);
  };
  auto& s = sessions_;
  return {.goal = of_client(s.goal),
          .task = of_client(s.task),
          .bond = of_client(s.bond),
          .alliance = of_client(s.alliance),
          .symptoms = of_client(s.symptoms),
          .gain = of_client(s.gain),
          .rupture = of_client(s.rupture),
          .repairs = of_client(s.repairs),
          .hope = of_client(s.hope),
          .faith = of_client(s.faith),
          .commitment = of_client(s.commitment)};
}

SessionState Variables::state(std::size_t client, int session) const {
  auto const row = client * occasions_ + static_cast<std::size_t>(session);
  auto const& s = sessions_;
  return {.occasion = session,
          .session = session,
          .alliance = {s.goal[row], s.task[row], s.bond[row]},
          .composite = s.alliance[row],
          .symptoms = s.symptoms[row],
          .rupture = ruptures_ && s.rupture[row] > 0,
          .standard_change = clients_.standard_change[client]};
}

std::vector<float> Variables::at_occasion(std::vector<float> const& score, std::size_t occasion) const {
  std::vector<float> out(clients_.therapist.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = score[i * occasions_ + occasion];
  return out;
}

std::vector<float> Variables::score_at_end(std::vector<float> const& score, bool completers_only) const {
  std::vector<float> out(clients_.therapist.size(), missing);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto s = static_cast<std::size_t>(clients_.last[i]);
    if (completers_only) {
      if (s > 0 && clients_.ending[i] != static_cast<std::int8_t>(Ending::dropout)) out[i] = score[i * occasions_ + s];
      continue;
    }
    while (s > 0 && std::isnan(score[i * occasions_ + s])) --s;
    if (s > 0) out[i] = score[i * occasions_ + s];
  }
  return out;
}

std::vector<float> Variables::mean_over(std::vector<float> const& score, std::size_t first, std::size_t last) const {
  std::vector<float> out(clients_.therapist.size(), missing);
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    int rated = 0;
    for (std::size_t s = first; s <= last; ++s) {
      float const value = score[i * occasions_ + s];
      if (std::isnan(value)) continue;
      sum += static_cast<double>(value);
      ++rated;
    }
    if (rated > 0) out[i] = static_cast<float>(sum / rated);
  }
  return out;
}

void Variables::add_therapists(Dataset& out) {
  out.therapists.add(
      column("caseload", "clients", "clients this therapist has in the study", std::move(therapists_.caseload)));
  if (therapists_have_arms_)
    out.therapists.add(column("arm", "", "arm the therapist works in", std::move(therapists_.arm), arm_names_));
  if (clinics_) out.therapists.add(column("clinic", "", "number of the clinic, from 0", therapists_.clinic));
  if (experience_)
    out.therapists.add(column("experience", "years", "the therapist's experience", std::move(therapists_.years)));
  if (training_)
    out.therapists.add(column("trained", "", "whether the therapist is trained in forming an alliance",
                              std::move(therapists_.trained), no_yes()));
}

void Variables::add_change(Table& clients, Measure const& measure, std::string const& suffix, std::vector<float> const& pre,
                           std::vector<float> const& post) const {
  auto const& instrument = measure.instrument();
  std::vector<float> change(pre.size());
  std::transform(pre.begin(), pre.end(), post.begin(), change.begin(), std::minus<>());
  auto const reliable = static_cast<float>(*instrument.reliable_change - instrument.tolerance());
  clients.add(column("reliable_change" + suffix, "", "change of at least the reliable change index for the better",
                     flags(change, [&](std::size_t i) { return change[i] >= reliable; }), no_yes()));
  if (instrument.cutoff) {
    auto const cutoff = static_cast<float>(*instrument.cutoff - instrument.tolerance());
    clients.add(
        column("recovered" + suffix, "", "reliable change from a clinical score (at or above the cutoff) to one below it",
               flags(change, [&](std::size_t i) { return change[i] >= reliable && pre[i] >= cutoff && post[i] < cutoff; }),
               no_yes()));
  }
  clients.add(
      score_column("change" + suffix, "pre - post: positive is better", std::move(change), measure.stored_as_integer()));
}

void Variables::add_outcomes(Table& clients, std::vector<Measure> const& measures) const {
  bool primary = true;
  for (std::size_t m = 0; m < measures.size(); ++m) {
    auto const& measure = measures[m];
    if (measure.of_alliance()) continue;
    std::string const& name = measure.instrument().name;
    std::string const suffix = primary ? "" : "_" + measure.slug();
    bool const integer = measure.stored_as_integer();
    auto const pre = at_occasion(scores[m].total, 0);
    auto const post = score_at_end(scores[m].total, true);
    clients.add(score_column("pre" + suffix, name + " at intake", pre, integer));
    clients.add(score_column("post" + suffix,
                             name + " at the planned ending or at the maximum of sessions, missing for dropouts", post,
                             integer));
    clients.add(score_column("last" + suffix, "last " + name + " after intake, however the therapy ended",
                             score_at_end(scores[m].total, false), integer));
    add_change(clients, measure, suffix, pre, post);
    primary = false;
  }
}

void Variables::add_alliance(Table& clients, std::vector<float> const& rating) const {
  auto const early = mean_over(rating, early_first_, early_last_);
  auto const therapists =
      early.empty() ? 0
                    : static_cast<std::size_t>(*std::max_element(clients_.therapist.begin(), clients_.therapist.end())) + 1;
  std::vector<double> sum(therapists, 0.0);
  std::vector<int> rated(therapists, 0);
  for (std::size_t i = 0; i < early.size(); ++i) {
    if (std::isnan(early[i])) continue;
    sum[static_cast<std::size_t>(clients_.therapist[i])] += static_cast<double>(early[i]);
    ++rated[static_cast<std::size_t>(clients_.therapist[i])];
  }
  std::vector<float> between(early.size(), missing);
  std::vector<float> within(early.size(), missing);
  for (std::size_t i = 0; i < early.size(); ++i) {
    auto const t = static_cast<std::size_t>(clients_.therapist[i]);
    if (rated[t] == 0) continue;
    between[i] = static_cast<float>(sum[t] / rated[t]);
    within[i] = early[i] - between[i];
  }
  clients.add(column("alliance_early", "points", "client's mean alliance rating over the early sessions", early));
  clients.add(
      column("alliance_between", "points", "mean of alliance_early over the therapist's clients", std::move(between)));
  clients.add(column("alliance_within", "points", "alliance_early - alliance_between", std::move(within)));
  for (std::size_t s = 1; s <= static_cast<std::size_t>(calendar_.sessions); ++s)
    clients.add(column("alliance_" + std::to_string(s), "points", "alliance rating of session " + std::to_string(s),
                       at_occasion(rating, s)));
}

void Variables::add_followups(Table& clients, std::vector<Measure> const& measures) const {
  for (std::size_t f = 0; f < calendar_.followups.size(); ++f) {
    auto const occasion = static_cast<std::size_t>(calendar_.sessions) + 1 + f;
    bool primary = true;
    for (std::size_t m = 0; m < measures.size(); ++m) {
      if (measures[m].of_alliance()) continue;
      std::string const name =
          "followup" + (f == 0 ? "" : "_" + std::to_string(f + 1)) + (primary ? "" : "_" + measures[m].slug());
      primary = false;
      if (!measures[m].schedule().given(static_cast<int>(occasion))) continue;
      clients.add(score_column(name, measures[m].instrument().name + " at follow-up " + std::to_string(f + 1),
                               at_occasion(scores[m].total, occasion), measures[m].stored_as_integer()));
    }
  }
}

std::vector<std::int16_t> Variables::ruptures_reported() const {
  std::vector<std::int16_t> count(clients_.therapist.size(), missing_code<std::int16_t>);
  for (std::size_t row = 0; row < sessions_.rupture_reported.size(); ++row) {
    auto const reported = sessions_.rupture_reported[row];
    auto& own = count[row / occasions_];
    if (reported == missing_code<std::int8_t>) continue;
    own = static_cast<std::int16_t>(std::max<std::int16_t>(own, 0) + reported);
  }
  return count;
}

void Variables::add_further_alliance(Table& clients, Measure const& measure, std::vector<float> const& rating) const {
  auto const& given = measure.schedule().at;
  auto const from = [&](std::size_t s) { return given.begin() + static_cast<std::ptrdiff_t>(s); };
  std::string const& name = measure.instrument().name;
  if (std::find(from(early_first_), from(early_last_ + 1), true) != from(early_last_ + 1))
    clients.add(column("alliance_early_" + measure.slug(), "points", name + ", mean over the early sessions",
                       mean_over(rating, early_first_, early_last_)));
  if (occasions_ > 3 && given[3])
    clients.add(column("alliance_3_" + measure.slug(), "points", name + " of session 3", at_occasion(rating, 3)));
}

void Variables::add_ratings(Table& clients) {
  for (std::size_t k = 0; k < ratings.size(); ++k)
    clients.add(column(rating_names_[k], "SD", rating_called(rating_names_[k]).description, std::move(ratings[k])));
}

std::vector<std::int32_t> Variables::clinic_of_client() const {
  std::vector<std::int32_t> clinic;
  for (auto const therapist : clients_.therapist) {
    auto const row = static_cast<std::size_t>(therapist);
    clinic.push_back(row < therapists_.clinic.size() ? therapists_.clinic[row] : missing_code<std::int32_t>);
  }
  return clinic;
}

void Variables::add_clients(Dataset& out, std::vector<Measure> const& measures) {
  auto& clients = out.clients;
  clients.add(column("therapist", "",
                     "row in therapists; clients without a therapist have numbers of their own beyond these",
                     clients_.therapist));
  if (!arm_names_.empty()) clients.add(column("arm", "", "arm of the trial", clients_.arm, arm_names_));
  if (clinics_) clients.add(column("clinic", "", "number of the therapist's clinic, from 0", clinic_of_client()));
  add_outcomes(clients, measures);
  add_followups(clients, measures);
  auto const alliance = first_measure(measures, Measures::alliance);
  if (alliance) add_alliance(clients, scores[*alliance].total);
  for (std::size_t m = alliance.value_or(measures.size()) + 1; m < measures.size(); ++m) {
    if (measures[m].of_alliance()) add_further_alliance(clients, measures[m], scores[m].total);
  }
  add_ratings(clients);
  std::vector<std::int8_t> dropped(clients_.ending.size());
  std::transform(clients_.ending.begin(), clients_.ending.end(), dropped.begin(), [](std::int8_t e) {
    if (e == static_cast<std::int8_t>(Ending::not_engaged)) return missing_code<std::int8_t>;
    return static_cast<std::int8_t>(e == static_cast<std::int8_t>(Ending::dropout) ? 1 : 0);
  });
  clients.add(column("dropped_out", "", "left before the planned ending; missing for clients who never came",
                     std::move(dropped), no_yes()));
  clients.add(column("ending", "", "how the therapy ended", clients_.ending, ending_words()));
  clients.add(column("sessions_attended", "sessions", "sessions the client came to", clients_.sessions));
  if (ruptures_)
    clients.add(column("ruptures_reported", "sessions",
                       "sessions in which the client reports a rupture; missing where the client was never asked",
                       ruptures_reported()));
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

void Variables::add_sessions(Dataset& out, std::vector<Measure> const& measures) {
  std::size_t const clients = clients_.therapist.size();
  std::vector<std::int32_t> client(clients * occasions_), therapist(clients * occasions_);
  std::vector<std::int16_t> session(clients * occasions_);
  std::vector<float> time(clients * occasions_);
  auto const time_of = times();
  for (std::size_t i = 0; i < clients; ++i) {
    for (std::size_t s = 0; s < occasions_; ++s) {
      auto const row = i * occasions_ + s;
      client[row] = static_cast<std::int32_t>(i);
      therapist[row] = clients_.therapist[i];
      session[row] = static_cast<std::int16_t>(s);
      time[row] = time_of[s];
    }
  }
  auto& table = out.sessions;
  table.add(column("client", "", "row in clients", std::move(client)));
  table.add(column("therapist", "", "row in therapists, as in clients", std::move(therapist)));
  table.add(column("session", "", "number of the session, 0 = intake; beyond the maximum: follow-ups", std::move(session)));
  table.add(column("time", "weeks", "time since intake", std::move(time)));
  table.add(column("attended", "", "whether the client came to this session (intake counts, a follow-up does not)",
                   std::move(sessions_.attended), no_yes()));
  if (ruptures_)
    table.add(column("rupture_reported", "", "whether the client reports a rupture of the alliance in this session",
                     std::move(sessions_.rupture_reported), no_yes()));
  for (std::size_t m = 0; m < measures.size(); ++m) {
    auto const& measure = measures[m];
    auto& own = scores[m];
    std::string const& name = measure.instrument().name;
    if (first_measure(measures, Measures::alliance) == m) {
      auto deviation = own.total;
      auto const mean = mean_over(own.total, 1, static_cast<std::size_t>(calendar_.sessions));
      for (std::size_t row = 0; row < deviation.size(); ++row) deviation[row] -= mean[row / occasions_];
      table.add(column("alliance_session", "points", name + " minus the client's own mean", std::move(deviation)));
    }
    add_scores(table, measure, own);
  }
}

void Variables::add_scores(Table& sessions, Measure const& measure, Scores& own) {
  std::string const& name = measure.instrument().name;
  sessions.add(score_column(measure.slug(), name, std::move(own.total), measure.stored_as_integer()));
  for (std::size_t c = 0; c < components; ++c) {
    std::string const part = component_names[c];
    if (measure.has_subscale_column(c))
      sessions.add(column(measure.slug() + "_" + part, "points", name + ", subscale " + part, std::move(own.part[c])));
    for (std::size_t i = 0; measure.has_item_columns(c) && i < OrdinalItems::per_component; ++i) {
      std::string const number = std::to_string(i + 1);
      sessions.add(column(measure.slug() + "_" + part + "_" + number, "points", name + ", item " + number + " on " + part,
                          std::move(own.item[c][i])));
    }
  }
}

void Variables::add_truth_of_therapists(Table& out) {
  auto& t = therapists_;
  out.add(column("ability_true", alliance, "what the therapist brings to the alliance (composite)", std::move(t.ability)));
  out.add(column("goal_therapist_true", alliance, "the same for agreement on goals", std::move(t.goal)));
  out.add(column("task_therapist_true", alliance, "the same for agreement on tasks", std::move(t.task)));
  out.add(column("bond_therapist_true", alliance, "the same for the bond", std::move(t.bond)));
  out.add(column("direct_true", symptoms, "effect on change that does not pass through the alliance", std::move(t.direct)));
  out.add(column("retention_true", "logit", "skill to keep clients in therapy", std::move(t.retention)));
  out.add(column("severity_therapist_true", symptoms, "by how much the therapist's clients come more severe",
                 std::move(t.severity)));
  if (ruptures_) out.add(column("repair_true", "logit", "skill to repair ruptures", std::move(t.repair)));
  if (!clinics_) return;
  out.add(column("ability_clinic_true", alliance, "the part of ability_true that all therapists of the clinic share",
                 std::move(t.clinic_ability)));
  out.add(column("direct_clinic_true", symptoms, "the part of direct_true that all therapists of the clinic share",
                 std::move(t.clinic_direct)));
}

void Variables::add_truth_of_clients(Table& out) {
  auto& c = clients_;
  std::vector<float> pre(c.therapist.size()), last(c.therapist.size()), end(c.therapist.size());
  for (std::size_t i = 0; i < pre.size(); ++i) {
    pre[i] = sessions_.symptoms[i * occasions_];
    last[i] = c.last[i] > 0 ? sessions_.symptoms[i * occasions_ + static_cast<std::size_t>(c.last[i])] : missing;
    end[i] = sessions_.symptoms[i * occasions_ + static_cast<std::size_t>(calendar_.sessions)];
  }
  out.add(column("severity_true", symptoms, "lasting severity before therapy", std::move(c.severity)));
  out.add(column("alliance_client_true", alliance, "what the client brings to the alliance (composite)",
                 std::move(c.prospects)));
  out.add(column("goal_client_true", alliance, "the same for agreement on goals", std::move(c.goal)));
  out.add(column("task_client_true", alliance, "the same for agreement on tasks", std::move(c.task)));
  out.add(column("bond_client_true", alliance, "the same for the bond", std::move(c.bond)));
  out.add(column("match_true", alliance, "how client and therapist suit each other (composite)", std::move(c.match)));
  out.add(column("expectation_true", "SD", "expectation of help", std::move(c.expectation)));
  out.add(column("change_trait_true", symptoms, "change over the course beyond the mean", std::move(c.change)));
  out.add(column("pre_true", symptoms, "latent symptoms at intake", std::move(pre)));
  out.add(column("last_true", symptoms, "latent symptoms at the last attended session", std::move(last)));
  out.add(column("end_true", symptoms,
                 "latent symptoms at the maximum of sessions, for clients who left only with design.continue_after_ending",
                 std::move(end)));
}

void Variables::add_truth_of_sessions(Table& out) {
  auto& s = sessions_;
  out.add(column("alliance_true", alliance, "alliance (composite)", std::move(s.alliance)));
  out.add(column("goal_true", alliance, "agreement on goals", std::move(s.goal)));
  out.add(column("task_true", alliance, "agreement on tasks", std::move(s.task)));
  out.add(column("bond_true", alliance, "bond", std::move(s.bond)));
  out.add(column("symptoms_true", symptoms, "latent symptoms", std::move(s.symptoms)));
  out.add(column("gain_true", symptoms, "improvement so far, without fluctuation", std::move(s.gain)));
  if (ruptures_) {
    out.add(column("rupture_true", alliance, "by how much an open rupture lowers this session's alliance, 0 = none is open",
                   std::move(s.rupture)));
    out.add(column("repairs_true", "ruptures", "ruptures repaired so far", std::move(s.repairs)));
  }
  if (commitment_) {
    out.add(column("hope_true", alliance, "hope: I see where this goes", std::move(s.hope)));
    out.add(column("faith_true", alliance, "faith in the therapist", std::move(s.faith)));
    out.add(column("commitment_true", alliance, "commitment", std::move(s.commitment)));
  }
}

void Variables::add_truth(Dataset& out) {
  add_truth_of_therapists(out.truth_therapists);
  add_truth_of_clients(out.truth_clients);
  add_truth_of_sessions(out.truth_sessions);
}

Dataset Variables::finish(std::vector<Measure> const& measures) && {
  Dataset out;
  add_therapists(out);
  add_clients(out, measures);
  add_sessions(out, measures);
  add_truth(out);
  return out;
}

}  // namespace bordin
