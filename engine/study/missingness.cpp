#include "study/missingness.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "study/analysis_table.hpp"

namespace bordin {
namespace {

//! What of a client's data an analysis needs.
struct Needs {
  bool sessions = false;  // scores session by session
  bool outcomes = false;  // among them those of the primary outcome
  bool during = false;    // something of one session, such as a rating of session 3
  bool end = false;       // scores at the end of a completed therapy
  bool last = false;      // the last score, whenever it was, or the early alliance
  bool dropout = false;   // whether the client left
  bool followup = false;
  bool arm = false;
};

bool starts_with_number(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

//! The measure a client's column comes from: the one whose slug ends its name, else the first of its kind.
Measure const* measure_of(Study const& study, std::string const& name, Measures what) {
  auto const& measures = study.world().measures();
  for (auto const& measure : measures) {
    if (measure.of_alliance() == (what == Measures::alliance) && name.ends_with("_" + measure.slug())) return &measure;
  }
  auto const first = first_measure(measures, what);
  return first ? &measures[*first] : nullptr;
}

bool given_at_first_session(Measure const* measure) {
  return measure != nullptr && measure->schedule().given(1);
}

void add_client_column(Needs& needs, Study const& study, std::string const& name) {
  auto const is = [&](std::string const& stem) { return name == stem || name.starts_with(stem + "_"); };
  if (is("post") || is("change") || is("recovered") || is("reliable_change")) needs.end = true;
  if (is("last")) {
    auto const* measure = measure_of(study, name, Measures::symptoms);
    (given_at_first_session(measure) ? needs.last : measure->schedule().post ? needs.end : needs.during) = true;
  }
  if (is("alliance_early") || is("alliance_between") || is("alliance_within")) {
    bool const all_have_it =
        study.scenario().design.early_first() == 1 && given_at_first_session(measure_of(study, name, Measures::alliance));
    (all_have_it ? needs.last : needs.during) = true;
  } else if (name.starts_with("alliance_") && starts_with_number(name.substr(9))) {
    needs.during = true;
  }
  if (is("empathy") || is("goal_consensus") || is("collaboration")) needs.during = true;
  if (is("dropped_out")) needs.dropout = true;
  if (name.starts_with("followup")) needs.followup = true;
  if (is("arm")) needs.arm = true;
}

Needs needs_of_variables(Study const& study, std::vector<std::string> const& names) {
  Needs needs;
  auto const& layout = study.layout();
  auto const primary = first_measure(study.world().measures(), Measures::symptoms);
  for (auto const& name : names) {
    if (layout.clients.find(name) != nullptr) {
      add_client_column(needs, study, name);
    } else if (layout.sessions.find(name) != nullptr && name != "session" && name != "time") {
      needs.sessions = true;
      needs.outcomes |= primary && name == study.world().measures()[*primary].slug();
    }
  }
  return needs;
}

bool measured_at_every_session(Study const& study) {
  auto const primary = first_measure(study.world().measures(), Measures::symptoms);
  if (!primary) return false;
  auto const& schedule = study.world().measures()[*primary].schedule();
  for (int s = 0; s <= study.world().calendar().sessions; ++s) {
    if (!schedule.given(s)) return false;
  }
  return study.scenario().design.missing.questionnaires == 0;
}

class Reasons {
 public:
  explicit Reasons(Needs const& needs) : needs_(needs) {}

  void add(Missingness kind, std::string why) {
    if (kind == Missingness::none) return;
    if (kind == Missingness::at_random && !needs_.outcomes) why += ", which this analysis does not use: not ignorable";
    add_as_it_is(kind, std::move(why));
  }
  void add_as_it_is(Missingness kind, std::string why) {
    bool const known = std::any_of(all_.begin(), all_.end(), [&](auto const& r) { return r.why == why; });
    if (!known) all_.push_back({.kind = kind, .why = std::move(why)});
  }
  std::vector<MissingnessReason> worst_first() && {
    std::stable_sort(all_.begin(), all_.end(), [](auto const& a, auto const& b) { return a.kind > b.kind; });
    return std::move(all_);
  }

 private:
  Needs needs_;
  std::vector<MissingnessReason> all_;
};

bool arms_drop_out_differently(std::vector<Arm> const& arms) {
  auto const differs = [&](Arm const& arm) {
    return arm.effects.dropout != arms.front().effects.dropout ||
           arm.effects.dropout_curve.write() != arms.front().effects.dropout_curve.write();
  };
  return std::any_of(arms.begin(), arms.end(), differs);
}

void add_arms(Reasons& reasons, Study const& study, bool uses_arm) {
  auto const& scenario = study.scenario();
  if (!scenario.therapy.dropout.enabled || !arms_drop_out_differently(scenario.arms)) return;
  reasons.add_as_it_is(Missingness::at_random, std::string("dropout depends on the arm") +
                                                   (uses_arm ? "" : ", which this analysis does not use: not ignorable"));
}

void add_endings(Reasons& reasons, Study const& study, bool planned_too) {
  auto const& scenario = study.scenario();
  std::vector<ArmEffects> arms;
  for (auto const& arm : scenario.arms) arms.push_back(arm.effects);
  if (arms.empty()) arms.emplace_back();
  for (auto const& arm : arms) {
    for (auto const& entry : ending_rules()) {
      if (!planned_too && entry.ending != Ending::dropout) continue;
      auto const reason = entry.missingness(scenario.therapy, arm);
      if (reason.kind == Missingness::at_random && !measured_at_every_session(study)) {
        reasons.add(Missingness::not_at_random, std::string(ending_words()[static_cast<std::size_t>(entry.ending)]) +
                                                    " endings depend on symptoms that are not measured every time");
      } else {
        reasons.add(reason.kind, reason.why);
      }
    }
  }
}

void add_questionnaires(Reasons& reasons, MissingParameters const& missing) {
  if (missing.questionnaires == 0) return;
  if (missing.current_score != 0) {
    reasons.add(Missingness::not_at_random, "questionnaires are left out depending on the current symptoms");
  } else if (missing.last_score != 0) {
    reasons.add(Missingness::at_random, "questionnaires are left out depending on the last score");
  } else {
    reasons.add(Missingness::completely_at_random, "questionnaires are left out by chance");
  }
}

void add_attendance(Reasons& reasons, AttendanceParameters const& attendance, bool sessions) {
  if (attendance.not_engaging > 0) {
    bool const depends = attendance.expectation != 0 || attendance.severity != 0;
    reasons.add(depends ? Missingness::not_at_random : Missingness::completely_at_random,
                depends ? "who never engages depends on expectation and severity" : "some never engage, by chance");
  }
  if (sessions && attendance.missed > 0) reasons.add(Missingness::completely_at_random, "sessions are missed by chance");
}

}  // namespace

std::vector<MissingnessReason> missingness_of(Study const& study, AnalysisSpec const& analysis) {
  auto const needs = needs_of_variables(study, variables_of(analysis));
  auto const& scenario = study.scenario();
  Reasons reasons(needs);
  bool const of_sessions = needs.sessions || needs.during;
  if (of_sessions || needs.end) {
    add_endings(reasons, study, of_sessions);
    add_arms(reasons, study, needs.arm);
  }
  if (of_sessions || needs.end || needs.last) add_questionnaires(reasons, scenario.design.missing);
  if (of_sessions || needs.end || needs.last || needs.dropout)
    add_attendance(reasons, scenario.therapy.attendance, of_sessions);
  if (needs.followup && scenario.design.missing.followups > 0)
    reasons.add(Missingness::completely_at_random, "clients are not reached for the follow-up by chance");
  return std::move(reasons).worst_first();
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
