#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "study/study.hpp"

namespace bordin::testing {

//! One way a part of the world can be: settings, and instruments or arms as TOML.
struct Choice {
  std::vector<std::string> settings;
  std::string text = "";
};

//! A part of the world and the ways it can be. The first is chosen half of the time, so that many parts stay plain.
struct Part {
  char const* name;
  std::vector<Choice> choices;
};

//! By session, beyond the longest therapy of these.
inline std::string const shares_gone =
    "[0.2, 0.2, 0.25, 0.4, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.55, "
    "0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.7, 0.8]";

//! An instrument for follow-ups, which others need not be for.
inline std::string const asked_later = "[[instruments]]\nname = \"BDI-II\"\nwhen = [\"pre\", \"follow-up\"]\n";

inline std::vector<Part> const& parts_of_the_world() {  // NOLINT(readability-function-size): a table
  static std::vector<Part> const parts{
      {"size",
       {{{"design.therapists=6", "design.caseload=7"}},
        {{"design.therapists=1", "design.caseload=1"}},
        {{"design.therapists=8", "design.caseload={negative_binomial={mean=1, dispersion=0.5}}"}},
        {{"design.therapists=20", "design.caseload={poisson={mean=17}}"}},
        {{"design.therapists=2", "design.caseload=256"}},
        {{"design.therapists=4", "design.caseload=4"}}}},
      {"sessions",
       {{{"design.sessions=12"}},
        {{"design.sessions=1", "design.early_sessions=[1, 1]"}},
        {{"design.sessions=2", "design.early_sessions=[1, 2]"}},
        {{"design.sessions=3", "design.early_sessions=[2, 3]"}},
        {{"design.sessions=7", "design.spacing=2", "design.early_sessions=[1, 5]"}},
        {{"design.sessions=40"}}}},
      {"therapists",
       {{{}},
        {{"therapists.distribution=\"skewed\""}},
        {{"therapists.distribution=\"heavy-tailed\"", "therapists.alliance_share=0.3"}},
        {{"therapists.distribution=\"two kinds\""}},
        {{"therapists.severity_sd=0.3", "therapists.ability_severity_correlation=0.3",
          "therapists.direct_severity_correlation=-0.2", "therapists.ability_direct_correlation=0.4",
          "therapists.ability_retention_correlation=-0.3", "therapists.direct_retention_correlation=0.2"}},
        {{"therapists={alliance_share=0, direct_sd=0, retention_sd=0, repair_sd=0}"}}}},
      {"clients",
       {{{}},
        {{"clients.distribution=\"skewed\""}},
        {{"clients.distribution=\"heavy-tailed\""}},
        {{"clients.distribution=\"two kinds\"", "clients.alliance_severity_correlation=-0.2"}},
        {{"clients.change_sd=0"}},
        {{"clients.alliance_expectation_correlation=0.3", "clients.severity_expectation_correlation=-0.2",
          "clients.severity_change_correlation=0.3", "clients.expectation_change_correlation=0.2"}}}},
      {"background",
       {{{}},
        {{"experience={mean_years=8, alliance=0.02, change=-0.01}"}},
        {{"training={share=0.5, alliance=0.4}"}},
        {{"experience={mean_years=3, alliance=-0.02}", "training={share=0.9, alliance=-0.3}"}},
        {{"experience.mean_years=5"}}}},
      {"clinics", {{{}}, {{"design.clinics=3", "clinics={alliance_share=0.03, direct_sd=0.1}"}}, {{"design.clinics=2"}}}},
      {"alliance",
       {{{}},
        {{"alliance.growth=0.2", "alliance.lift=0.3", "alliance.mean=0.5"}},
        {{"alliance.kappa=0.09", "alliance.lag=0.13"}},
        {{"alliance.autocorrelation=-0.4", "alliance.match_share=0"}},
        {{"alliance.session_share=0"}},
        {{"alliance.effect=0", "alliance.effect_therapist=0.5", "alliance.effect_session=0.2"}}}},
      {"rule",
       {{{}},
        {{"alliance.rule=\"weakest link\""}},
        {{"alliance.rule=\"weakest link\"", "alliance.tolerance=2"}},
        {{"alliance.rule=\"weakest link\"", "alliance.tolerance=0.01"}}}},
      {"necessary alliance",
       {{{}},
        {{"alliance.necessary={enabled=true, threshold=-0.5, dropout=1}"}},
        {{"alliance.necessary={enabled=true, threshold=-2, dropout=0}"}}}},
      {"symptoms",
       {{{}},
        {{"symptoms.course=\"linear\"", "symptoms.severity_slope=0.3"}},
        {{"symptoms.course=\"log\"", "symptoms.fluctuation_share=0"}},
        {{"symptoms.severity_slope=-2", "symptoms.reference_sessions=6"}}}},
      {"commitment",
       {{{}},
        {{"commitment.enabled=true"}},
        {{"commitment={enabled=true, hope_inertia=0, faith_inertia=1, dropout=1, work=0.5}"}},
        {{"commitment={enabled=true, dropout=0, work=0}"}}}},
      {"ruptures",
       {{{}},
        {{"rupture.enabled=true"}},
        {{"rupture={enabled=true, onset=1, decay=0}"}},
        {{"rupture={enabled=true, onset=0, decay=1, repair=-3}"}},
        {{"rupture={enabled=true, onset=0, decay=0.8, repair=2}"}},
        {{"rupture={enabled=true, onset=-1, decay=0.9, repair=-2, sensitivity=1, false_alarm=0}"}},
        {{"rupture={enabled=true, onset=1, decay=0.97, repair=-2, gain=0.5, improvement=0}"}}}},
      {"attendance",
       {{{}},
        {{"attendance.missed=0.3"}},
        {{"attendance={not_engaging=0.2, severity=0.5}"}},
        {{"attendance={not_engaging=0.5, expectation=0, missed=0.1}"}}}},
      {"missing questionnaires",
       {{{}},
        {{"design.missing.questionnaires=0.2"}},
        {{"design.missing={questionnaires=0.2, last_score=0.8}"}},
        {{"design.missing={questionnaires=0.3, last_score=0.3, current_score=0.7}"}}}},
      {"dropout",
       {{{}},
        {{"dropout.enabled=false"}},
        {{"dropout.curve=" + shares_gone}},
        {{"dropout.curve={weibull={gone=0.6, shape=0.7}}"}},
        {{"dropout.baseline=-1"}},
        {{"dropout.baseline=3"}},
        {{"dropout={baseline=-2, early_alliance=1, current_alliance=1, severity=1, gain=1, rupture=2}"}}}},
      {"endings",
       {{{}},
        {{"ending.agreed=0", "ending.good_enough.probability=0"}},
        {{"ending.agreed=0.4", "ending.good_enough.probability=0"}},
        {{"ending.agreed=0", "ending.good_enough={probability=0.5, level=0}"}},
        {{"ending.agreed=0.02", "ending.good_enough={probability=1, level=1, level_sd=0, least_improvement=0}"}}}},
      {"after the ending", {{{}}, {{"design.continue_after_ending=true"}}}},
      {"ratings",
       {{{}},
        {{"design.ratings=[\"empathy\", \"credibility\"]"}},
        {{"design.ratings=[\"expectation\", \"goal_consensus\", \"collaboration\"]"}}}},
      {"arms",
       {{{}},
        {{}, "[[arms]]\nname = \"A\"\nchange = 0.3\nalliance = 0.4\n[[arms]]\nname = \"B\"\ndropout = 1\n"},
        {{}, R"(
[[arms]]
name = "A"
weights = { goal = 1, bond = 3 }
[[arms]]
name = "B"
therapists = 3
caseload = 9
[[arms]]
name = "C"
weights = { goal = 0, task = 0, bond = 1 }
feedback = { alliance = 0.5 }
)"},
        {{"design.therapists_in_arms=\"crossed\""}, R"(
[[arms]]
name = "A"
weights = { bond = 2 }
[[arms]]
name = "B"
feedback = { alliance = 1, behind = -0.5 }
[[arms]]
name = "C"
alliance = -0.5
)"},
        {{}, "[[arms]]\nname = \"A\"\nfeedback = { alliance = 0.5, behind = 0 }\n[[arms]]\nname = \"B\"\n"},
        {{}, R"(
[[arms]]
name = "therapy"
[[arms]]
name = "waiting list"
therapists = 0
clients = 21
change = -1.0
)"},
        {{}, R"(
[[arms]]
name = "self-help"
therapists = 0
clients = 300
[[arms]]
name = "guided"
dropout_curve = { weibull = { gone = 0.5, shape = 2 } }
[[arms]]
name = "therapy"
alliance = 0.3
)"},
        {{}, "[[arms]]\nname = \"A\"\ndropout_curve = " + shares_gone + "\n[[arms]]\nname = \"B\"\n"},
        {{"design.clinics=2", "design.clinics_in_arms=\"nested\""}, "[[arms]]\nname = \"A\"\n[[arms]]\nname = \"B\"\n"}}},
      {"instruments",
       {{{}, "[[instruments]]\nname = \"CORE-OM\"\n[[instruments]]\nname = \"WAI-SR\"\n"},
        {{}},
        {{}, "[[instruments]]\nname = \"z-score\"\n[[instruments]]\nname = \"alliance-z-score\"\n"},
        {{}, R"(
[[instruments]]
name = "PHQ-9"
when = ["pre", "post", "follow-up"]
[[instruments]]
name = "OQ-45"
when = ["pre", "every session", "post", "follow-up"]
[[instruments]]
name = "WAI-SR items"
)"},
        {{}, R"(
[[instruments]]
name = "CORE-OM"
when = ["pre", "every session", "post", "follow-up"]
[[instruments]]
name = "WAI-SR"
subscales = ["task", "bond"]
[[instruments]]
name = "WAI-T"
preset = "WAI-SR"
rater = "therapist"
when = ["session 3", "post"]
[[instruments]]
name = "WAI-O"
preset = "WAI-SR items"
rater = "observer"
own_view = 0.5
prospects = 0.3
bias = -0.4
when = ["session 3"]
subscales = ["bond"]
)"},
        {{}, R"(
[[instruments]]
name = "WAI-SR items"
[[instruments]]
name = "WAI-SR"
when = ["post"]
[[instruments]]
name = "WAI-T"
preset = "WAI-SR items"
rater = "therapist"
)"},
        {{}, R"(
[[instruments]]
name = "GAD-7"
when = ["session 3"]
[[instruments]]
name = "fine"
range = [0, 4]
mean = 1.8
sd = 0.7
step = 0.1
reliability = 0.8
when = ["post"]
[[instruments]]
name = "WAI-SR"
when = ["sessions 1-3"]
)"},
        {{}, R"(
[[instruments]]
name = "GAD-7"
when = ["post"]
[[instruments]]
name = "CORE-10"
when = ["every session"]
[[instruments]]
name = "coarse"
range = [0, 60]
mean = 30
sd = 11
step = 2.5
reliability = 0.9
)"},
        {{}, R"(
[[instruments]]
name = "z-score"
when = ["pre", "sessions 2-3", "session 6", "post", "follow-up"]
[[instruments]]
name = "alliance-z-score"
rater = "observer"
own_view = 0.4
when = ["post"]
)"}}},
      {"follow-ups",
       {{{}},
        {{"design.followups=[13]"}, asked_later},
        {{"design.followups=[4, 26, 52]", "symptoms.relapse=0.02", "design.missing.followups=0.3"}, asked_later},
        {{"design.followups=[0, 1000]", "symptoms.relapse=1", "design.missing.followups=1"}, asked_later}}}};
  return parts;
}

//! One choice of each part, by number.
using Combination = std::vector<std::size_t>;

//! Only the bits of std::mt19937 are the same everywhere; the standard's distributions are not.
inline Combination random_combination(std::mt19937& bits) {
  Combination combination;
  for (auto const& part : parts_of_the_world()) {
    auto const others = part.choices.size() - 1;
    bool const plain = (bits() >> 16) % 2 == 0;
    std::size_t const other = 1 + (bits() >> 8) % others;
    combination.push_back(plain ? 0 : other);
  }
  return combination;
}

inline std::string described(Combination const& combination) {
  std::string text;
  for (std::size_t p = 0; p < combination.size(); ++p) {
    auto const& choice = parts_of_the_world()[p].choices[combination[p]];
    for (auto const& setting : choice.settings) text += setting + "\n";
    if (!choice.text.empty()) text += choice.text + "\n";
  }
  return text;
}

//! Throws ScenarioError where the choices do not go together.
inline Scenario scenario_of(Combination const& combination) {
  std::string text = "title = \"a combination\"\n";
  std::vector<Node> overrides;
  for (std::size_t p = 0; p < combination.size(); ++p) {
    auto const& choice = parts_of_the_world()[p].choices[combination[p]];
    for (auto const& setting : choice.settings) overrides.push_back(parse_assignment(setting));
    text += choice.text;
  }
  std::string const followed = ", \"follow-up\"";
  bool const has_followups = combination.back() > 0;
  for (std::size_t at = 0; !has_followups && (at = text.find(followed)) != std::string::npos;)
    text.erase(at, followed.size());
  return parse_scenario(text, "combination", overrides);
}

}  // namespace bordin::testing
