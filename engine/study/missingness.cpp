#include "study/missingness.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "study/analysis_table.hpp"

namespace bordin {
namespace {

//! What of a client's data an analysis needs.
struct Needs {
  bool sessions = false;  // scores session by session
  bool end = false;       // scores at the end of a completed therapy
  bool during = false;    // scores of single sessions, such as the early alliance
  bool last = false;      // the last score, whenever it was
  bool followup = false;
};

//! alliance_3, alliance_3_observer ... but not alliance_early, which every client with a session has.
bool is_rating_of_one_session(std::string const& name) {
  constexpr std::string_view prefix = "alliance_";
  return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= '0' &&
         name[prefix.size()] <= '9';
}

Needs needs_of_variables(Dataset const& layout, std::vector<std::string> const& names) {
  Needs needs;
  for (auto const& name : names) {
    bool const of_client = layout.clients.find(name) != nullptr;
    needs.sessions |= !of_client && layout.sessions.find(name) != nullptr && name != "session" && name != "time";
    for (char const* end : {"post", "change", "recovered", "reliable_change"})
      needs.end |= of_client && (name == end || name.starts_with(std::string(end) + "_"));
    needs.during |= of_client && is_rating_of_one_session(name);
    needs.last |= of_client && (name == "last" || name.starts_with("last_") || name.starts_with("alliance_"));
    needs.followup |= of_client && name.starts_with("followup");
  }
  return needs;
}

bool measured_at_every_session(Study const& study) {
  auto const primary = first_measure(study.world().measures(), Measures::symptoms);
  if (!primary) return false;
  auto const& schedule = study.world().measures()[*primary].schedule();
  for (int s = 1; s <= study.world().calendar().sessions; ++s) {
    if (!schedule.given(s)) return false;
  }
  return study.scenario().design.missing.questionnaires == 0;
}

void add(std::vector<MissingnessReason>& reasons, MissingnessReason reason) {
  if (reason.kind == Missingness::none) return;
  bool const known = std::any_of(reasons.begin(), reasons.end(), [&](auto const& r) { return r.why == reason.why; });
  if (!known) reasons.push_back(std::move(reason));
}

void add_endings(std::vector<MissingnessReason>& reasons, Study const& study, bool planned_too) {
  auto const& scenario = study.scenario();
  std::vector<ArmEffects> arms;
  for (auto const& arm : scenario.arms) arms.push_back(arm.effects);
  if (arms.empty()) arms.emplace_back();
  for (auto const& arm : arms) {
    for (auto const& entry : ending_rules()) {
      if (!planned_too && entry.ending != Ending::dropout) continue;
      auto reason = entry.missingness(scenario.therapy, arm);
      if (reason.kind == Missingness::at_random && !measured_at_every_session(study))
        reason = {.kind = Missingness::not_at_random,
                  .why = std::string(ending_words()[static_cast<std::size_t>(entry.ending)]) +
                         " endings depend on symptoms that are not measured at every session"};
      add(reasons, reason);
    }
  }
}

void add_questionnaires(std::vector<MissingnessReason>& reasons, MissingParameters const& missing) {
  if (missing.questionnaires == 0) return;
  if (missing.current_score != 0) {
    add(reasons,
        {.kind = Missingness::not_at_random, .why = "questionnaires are left out depending on the current symptoms"});
  } else if (missing.last_score != 0) {
    add(reasons, {.kind = Missingness::at_random, .why = "questionnaires are left out depending on the last score"});
  } else {
    add(reasons, {.kind = Missingness::completely_at_random, .why = "questionnaires are left out by chance"});
  }
}

void add_attendance(std::vector<MissingnessReason>& reasons, AttendanceParameters const& attendance, bool sessions) {
  if (attendance.not_engaging > 0) {
    bool const depends = attendance.expectation != 0 || attendance.severity != 0;
    add(reasons,
        {.kind = depends ? Missingness::not_at_random : Missingness::completely_at_random,
         .why = depends ? "who never engages depends on expectation and severity" : "some never engage, by chance"});
  }
  if (sessions && attendance.missed > 0)
    add(reasons, {.kind = Missingness::completely_at_random, .why = "sessions are missed by chance"});
}

}  // namespace

std::vector<MissingnessReason> missingness_of(Study const& study, AnalysisSpec const& analysis) {
  auto const needs = needs_of_variables(study.layout(), variables_of(analysis));
  auto const& scenario = study.scenario();
  std::vector<MissingnessReason> reasons;
  bool const in_therapy = needs.sessions || needs.end || needs.during;
  if (in_therapy) add_endings(reasons, study, needs.sessions);
  if (in_therapy) add_questionnaires(reasons, scenario.design.missing);
  if (in_therapy || needs.last) add_attendance(reasons, scenario.therapy.attendance, needs.sessions || needs.during);
  if (needs.followup && scenario.design.missing.followups > 0)
    add(reasons, {.kind = Missingness::completely_at_random, .why = "clients are not reached for the follow-up by chance"});
  std::stable_sort(reasons.begin(), reasons.end(), [](auto const& a, auto const& b) { return a.kind > b.kind; });
  return reasons;
}

char const* missingness_words(Missingness kind) {
  switch (kind) {
    case Missingness::none:
      return "none";
    case Missingness::completely_at_random:
      return "completely at random";
    case Missingness::at_random:
      return "at random";
    case Missingness::not_at_random:
      return "not at random";
  }
  return "";
}

}  // namespace bordin
