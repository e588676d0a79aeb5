#include "study/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/machine.hpp"
#include "core/moments.hpp"
#include "core/text.hpp"
#include "study/implied.hpp"
#include "study/methods_text.hpp"
#include "study/missingness.hpp"
#include "study/resources.hpp"

namespace bordin {
namespace {

using Rows = std::vector<std::vector<std::string>>;

//! What an arm does to its clients.
std::string effect_words(ArmEffects const& arm) {
  std::vector<std::string> words;
  auto const say = [&](double value, char const* what) {
    if (value != 0) words.push_back(fmt::format("{} {:+.3g}", what, value));
  };
  say(arm.change, "change");
  say(arm.dropout, "log-odds of dropout");
  say(arm.alliance, "alliance");
  say(arm.feedback.alliance, "alliance while not on track");
  if (arm.weights.stated()) words.emplace_back("weights of its own");
  if (arm.dropout_curve.stated()) words.emplace_back("a dropout curve of its own");
  return words.empty() ? "" : ": " + enumerate_words(words);
}

std::string people_words(Scenario const& scenario, Arm const& arm) {
  if (scenario.design.therapists_in_arms == TherapistsInArms::crossed) return "the same therapists as in the other arms";
  if (!arm.has_therapists()) return fmt::format("{} clients without a therapist", *arm.clients);
  return fmt::format("{}, {}", count_text(static_cast<std::uint64_t>(*arm.therapists), "therapist"),
                     caseload_words(arm.caseload));
}

std::string arm_words(Scenario const& scenario, Arm const& arm) {
  return people_words(scenario, arm) + effect_words(arm.effects);
}

//! Mechanisms that are switched on beside those every scenario has.
std::string world_words(Scenario const& scenario) {
  auto const& p = scenario.therapy;
  std::vector<std::string> words;
  auto const say = [&](bool here, std::string const& what) {
    if (here) words.push_back(what);
  };
  say(scenario.classical.stated(), "the classical three-level growth model, nothing of the alliance acts");
  say(p.rupture.enabled, "ruptures");
  say(p.alliance.rule == AllianceRule::weakest_link, "weakest link");
  say(p.alliance.necessary.enabled, "a necessary alliance");
  say(p.commitment.enabled, "hope, faith and commitment");
  say(p.experience.mean_years > 0, "experience");
  say(p.training.share > 0, fmt::format("{:.3g} % of therapists trained", 100 * p.training.share));
  say(p.therapists.severity_sd > 0, "therapists whose clients differ in severity");
  say(p.therapists.distribution != TraitShape::normal,
      trait_shape_words()[static_cast<std::size_t>(p.therapists.distribution)] + " therapist effects");
  say(p.clients.distribution != TraitShape::normal,
      trait_shape_words()[static_cast<std::size_t>(p.clients.distribution)] + " client effects");
  say(p.attendance.not_engaging > 0, fmt::format("about {:.3g} % who never come", 100 * p.attendance.not_engaging));
  say(p.attendance.missed > 0, fmt::format("{:.3g} % of sessions missed", 100 * p.attendance.missed));
  say(scenario.design.missing.questionnaires > 0,
      fmt::format("about {:.3g} % of questionnaires left out", 100 * scenario.design.missing.questionnaires));
  say(p.symptoms.relapse > 0, "relapse");
  say(!p.dropout.enabled, "no dropout");
  return enumerate_words(words);
}

std::string clinic_words(DesignParameters const& design) {
  return fmt::format("{}{}, therapists spread among them in turn", design.clinics,
                     design.clinics_in_arms == ClinicsInArms::nested ? " per arm" : "");
}

std::string measure_words(Instrument const& instrument) {
  char const* const by_rater[] = {"alliance", "alliance, by the therapist", "alliance, by an observer"};
  char const* const what =
      instrument.measures == Measures::alliance ? by_rater[static_cast<std::size_t>(instrument.rater)] : "symptoms";
  return fmt::format("{}: {}", what, enumerate_words(instrument.when));
}

std::string design_table(Study const& study) {
  auto const& scenario = study.scenario();
  Rows rows{{"part", "what"}};
  if (scenario.arms.empty()) {
    rows.push_back(
        {"cohort", fmt::format("{}, {}", count_text(static_cast<std::uint64_t>(scenario.design.therapists), "therapist"),
                               caseload_words(scenario.design.caseload))});
  } else if (scenario.design.therapists_in_arms == TherapistsInArms::crossed) {
    rows.push_back({"therapists", fmt::format("{}, {}, randomised to the arms", scenario.design.therapists,
                                              caseload_words(scenario.design.caseload))});
  }
  for (auto const& arm : scenario.arms) rows.push_back({"arm \"" + arm.name + "\"", arm_words(scenario, arm)});
  if (auto const words = world_words(scenario); !words.empty()) rows.push_back({"in this world", words});
  if (scenario.design.clinics > 0) rows.push_back({"clinics", clinic_words(scenario.design)});
  rows.push_back({"clients", fmt::format("{:.0f} expected", study.world().expected_clients())});
  rows.push_back(
      {"sessions", scenario.design.spacing == 1
                       ? fmt::format("at most {}, weekly", scenario.design.sessions)
                       : fmt::format("at most {}, every {:.3g} weeks", scenario.design.sessions, scenario.design.spacing)});
  if (!scenario.design.followups.empty())
    rows.push_back({"follow-ups",
                    fmt::format("{:.3g} weeks after the maximum of sessions", fmt::join(scenario.design.followups, ", "))});
  for (auto const& measure : study.world().measures())
    rows.push_back({measure.instrument().name, measure_words(measure.instrument())});
  if (!scenario.design.ratings.empty()) rows.push_back({"ratings", enumerate_words(scenario.design.ratings)});
  for (auto const& analysis : study.analyses())
    rows.push_back({"analysis \"" + analysis.spec().name + "\"", analysis.spec().formula});
  return aligned_table(rows);
}

//! Percentages with one decimal that add to 100.0 (largest remainders are rounded up).
std::vector<double> rounded_percentages(std::vector<Share> const& budget) {
  double const whole = total(budget);
  std::vector<double> tenths;
  std::vector<std::size_t> order(budget.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (auto const& share : budget) tenths.push_back(1000 * share.variance / whole);
  auto const rest = [&](std::size_t i) { return tenths[i] - std::floor(tenths[i] + 1e-9); };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rest(a) > rest(b); });
  double left = 1000;
  for (double const t : tenths) left -= std::floor(t + 1e-9);
  std::vector<double> out;
  for (double const t : tenths) out.push_back(std::floor(t + 1e-9) / 10);
  for (std::size_t k = 0; k < order.size() && left > 0.5; ++k, left -= 1) out[order[k]] += 0.1;
  return out;
}

std::string budget_table(std::string const& what, std::vector<Share> const& budget) {
  if (!(total(budget) > 0)) return what + ": no variance\n";
  auto const percent = rounded_percentages(budget);
  Rows rows{{what, "share"}};
  for (std::size_t i = 0; i < budget.size(); ++i)
    rows.push_back({"  " + budget[i].source, fmt::format("{:.1f} %", percent[i])});
  rows.push_back({"  total", fmt::format("{:.1f} %", std::accumulate(percent.begin(), percent.end(), 0.0))});
  return aligned_table(rows);
}

//! Mean of a figure over replications, and its standard error.
std::string with_error(Moments const& figure) {
  return figure.count() < 2 ? "-" : fmt::format("{:.3f} ({:.3f})", figure.mean(), figure.se());
}

double mean_of(Column const& column) {
  Moments moments;
  for (double const v : column.numbers()) {
    if (!std::isnan(v)) moments.add(v);
  }
  return moments.mean();
}

PairMoments pairs(Table const& table, char const* a, char const* b) {
  PairMoments moments;
  auto const x = table.column(a).numbers();
  auto const y = table.column(b).numbers();
  for (std::size_t i = 0; i < x.size(); ++i) moments.add(x[i], y[i]);
  return moments;
}

double standardised_change(Table const& clients) {
  auto const moments = pairs(clients, "pre", "last");
  return (moments.x().mean() - moments.y().mean()) / moments.x().sd();
}

void add_if_known(Moments& moments, double value) {
  if (std::isfinite(value)) moments.add(value);
}

double alliance_variance(Dataset const& data, std::size_t occasions) {
  auto const& alliance = data.truth_sessions.column("alliance_true");
  PairMoments moments;  // leaves out clients who have no alliance
  for (std::size_t row = std::min<std::size_t>(3, occasions - 1); row < alliance.size(); row += occasions)
    moments.add(alliance.at(row), 0);
  return moments.x().variance();
}

//! Dropout and change arm by arm.
class ByArm {
 public:
  explicit ByArm(std::vector<Arm> const& arms) : dropout_(arms.size()), change_(arms.size()) {
    for (auto const& arm : arms) names_.push_back(arm.name);
  }
  void add(Table const& clients, bool has_outcome) {
    if (names_.empty()) return;
    auto const arm = clients.column("arm").numbers();
    auto const dropped = clients.column("dropped_out").numbers();
    std::vector<Moments> dropout(names_.size());
    std::vector<PairMoments> scores(names_.size());
    for (std::size_t i = 0; i < arm.size(); ++i) {
      auto const a = static_cast<std::size_t>(arm[i]);
      if (!std::isnan(dropped[i])) dropout[a].add(dropped[i]);
      if (has_outcome) scores[a].add(clients.column("pre").at(i), clients.column("last").at(i));
    }
    for (std::size_t a = 0; a < names_.size(); ++a) {
      add_if_known(dropout_[a], dropout[a].mean());
      add_if_known(change_[a], (scores[a].x().mean() - scores[a].y().mean()) / scores[a].x().sd());
    }
  }
  void report(Rows& rows) const {
    for (std::size_t a = 0; a < names_.size(); ++a) {
      rows.push_back({fmt::format("  arm \"{}\": share who drop out", names_[a]), with_error(dropout_[a])});
      if (change_[a].count() > 0)
        rows.push_back(
            {fmt::format("  arm \"{}\": change from pre to last in SDs of pre", names_[a]), with_error(change_[a])});
    }
  }

 private:
  std::vector<std::string> names_;
  std::vector<Moments> dropout_, change_;
};

std::string simulated_table(Study const& study) {
  constexpr double most_client_sessions = 60'000;
  Scenario scenario = with_fewer_people(study.scenario(), most_client_sessions);
  scenario.design.continue_after_ending = true;
  Study const sample(std::move(scenario));
  double const client_sessions = sample.world().expected_clients() * static_cast<double>(sample.scenario().design.sessions);
  // Hundreds of arms cannot be made small: then fewer of them.
  auto const replications = static_cast<std::uint32_t>(std::clamp(20 * most_client_sessions / client_sessions, 2.0, 20.0));
  auto const occasions = sample.world().calendar().occasions();
  bool const has_outcome = sample.layout().clients.find("pre") != nullptr;
  bool const has_alliance = sample.layout().clients.find("alliance_early") != nullptr;
  Moments dropout, attended, change, r, extra;
  ByArm by_arm(sample.scenario().arms);
  for (std::uint32_t k = 0; k < replications; ++k) {
    auto const data = sample.simulate(static_cast<std::uint64_t>(sample.scenario().study.seed), k);
    if (data.clients.rows() < 3) continue;
    add_if_known(dropout, mean_of(data.clients.column("dropped_out")));
    add_if_known(attended, mean_of(data.clients.column("sessions_attended")));
    add_if_known(extra, alliance_variance(data, occasions) - 1);
    if (has_outcome) add_if_known(change, standardised_change(data.clients));
    if (has_outcome && has_alliance) add_if_known(r, -pairs(data.clients, "alliance_early", "last").correlation());
    by_arm.add(data.clients, has_outcome);
  }
  Rows rows{{fmt::format("simulated: {} studies of {:.0f} clients", replications, sample.world().expected_clients()),
             "mean (SE)"}};
  rows.push_back({"  share who drop out, of clients who came", with_error(dropout)});
  rows.push_back({"  sessions attended", with_error(attended)});
  rows.push_back({"  variance of the alliance at session 3 beyond the budget of 1", with_error(extra)});
  if (has_outcome) rows.push_back({"  change from pre to last in SDs of pre", with_error(change)});
  if (has_outcome && has_alliance)
    rows.push_back({"  correlation of early alliance with last score (benefit)", with_error(r)});
  by_arm.report(rows);
  return aligned_table(rows);
}

std::string missing_table(Study const& study) {
  Rows rows{{"what can be missing, by analysis", "kind", "since"}};
  for (auto const& analysis : study.analyses()) {
    auto const reasons = missingness_of(study, analysis.spec());
    if (reasons.empty()) rows.push_back({"  " + analysis.spec().name, "nothing", ""});
    bool first = true;
    for (auto const& reason : reasons) {
      rows.push_back({first ? "  " + analysis.spec().name : "", missingness_words(reason.kind), reason.why});
      first = false;
    }
  }
  return aligned_table(rows);
}

//! With a weakest link or a necessary alliance the outcome is no sum, and its variance has no closed form.
bool has_outcome_budget(TherapyParameters const& p) {
  return p.alliance.rule == AllianceRule::sum && !p.alliance.necessary.enabled;
}

//! What happens in this world and is not in the closed form.
std::string left_out(TherapyParameters const& p) {
  std::vector<std::string> parts;
  if (p.rupture.enabled) parts.emplace_back("ruptures");
  if (p.commitment.enabled) parts.emplace_back("commitment");
  if (p.experience.mean_years > 0) parts.emplace_back("experience");
  if (p.training.share > 0) parts.emplace_back("training");
  if (p.attendance.missed > 0) parts.emplace_back("missed sessions");
  return parts.empty() ? "" : ", without " + enumerate_words(parts);
}

double share_of(std::string const& source, std::vector<Share> const& budget) {
  double sum = 0;
  for (auto const& share : budget) sum += share.source == source ? share.variance : 0;
  return sum / total(budget);
}

std::string icc_table(Scenario const& scenario) {
  auto const alliance = alliance_budget(scenario);
  auto const outcome = outcome_budget(scenario);
  double const intake = scenario.therapy.therapists.severity_sd * scenario.therapy.therapists.severity_sd;
  double const therapist = share_of("therapist", outcome);
  auto const number = [](double value) { return fmt::format("{:.4f}", value); };
  Rows rows{{"implied", "value"},
            {"  ICC of therapists, alliance of one session", number(share_of("therapist", alliance))},
            {"  ICC of therapists, latent symptoms at intake", number(intake)},
            {"  ICC of therapists, outcome after the full course, average severity", number(therapist)},
            {"  total therapist share of that outcome", number(therapist + outcome[1].variance / total(outcome))}};
  if (scenario.design.clinics > 0) {
    rows.push_back({"  ICC of clinics, alliance of one session", number(share_of("clinic", alliance))});
    rows.push_back({"  ICC of clinics, outcome after the full course", number(share_of("clinic", outcome))});
  }
  return aligned_table(rows);
}

std::string needs_table(Study const& study) {
  auto const& plan = study.scenario().study;
  auto const replications = static_cast<std::uint32_t>(plan.replications);
  RunOptions const options{.seed = static_cast<std::uint64_t>(plan.seed), .replications = replications};
  auto const needs = needs_of(study, options);
  bool const fits = needs.memory < available_memory();
  double const seconds = fits ? measured_seconds(study) * replications / thread_count(0) : not_a_number;
  return aligned_table(
      {{"a run of " + count_text(replications, "replication"), "about"},
       {"  memory", bytes_text(needs.memory) + (fits ? ""
                                                     : fmt::format(" (more than the {} that are free: it will be refused)",
                                                                   bytes_text(available_memory())))},
       {"  file", bytes_text(needs.disk)},
       {"  time on " + count_text(static_cast<std::uint64_t>(thread_count(0)), "thread"),
        fits ? duration_text(seconds) : "-"}});
}

}  // namespace

std::string describe_study(Study const& study) {
  auto const& scenario = study.scenario();
  std::string text = scenario.title + "\n";
  if (!scenario.question.empty()) text += scenario.question + "\n";
  text += "\n" + design_table(study);
  text += "\n" + budget_table("variance of the alliance, one session, undisturbed", alliance_budget(scenario));
  if (has_outcome_budget(scenario.therapy)) {
    text += "\n" + budget_table(fmt::format("variance of the outcome after {} sessions if nobody leaves{}",
                                            scenario.therapy.symptoms.reference_sessions, left_out(scenario.therapy)),
                                outcome_budget(scenario));
    text += "\n" + icc_table(scenario);
  }
  text += "\n" + simulated_table(study);
  if (!study.analyses().empty()) text += "\n" + missing_table(study);
  text += "\n" + needs_table(study);
  return text;
}

}  // namespace bordin
