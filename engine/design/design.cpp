#include "design/design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/errors.hpp"
#include "therapy/randomness.hpp"

namespace bordin {
namespace {

[[noreturn]] void refuse(std::string const& key, std::string const& problem) {
  throw ScenarioError({}, key, problem);
}

void check_list(Caseload const& caseload, std::int64_t therapists, std::string const& key) {
  if (caseload.listed() > 0 && static_cast<std::int64_t>(caseload.listed()) != therapists) {
    refuse(key, fmt::format("lists {} caseloads, but there are {} therapists; give one for each, or a distribution",
                            caseload.listed(), therapists));
  }
}

void check_early(DesignParameters const& design) {
  auto const& early = design.early_sessions;
  bool const two = early.size() == 2 && early[0] == std::floor(early[0]) && early[1] == std::floor(early[1]);
  if (!two || early[1] < early[0])
    refuse("design.early_sessions", "must be [first, last], two whole numbers with first not after last, such as [1, 3]");
  if (early[0] > static_cast<double>(design.sessions))
    refuse("design.early_sessions",
           fmt::format("begins at session {:.0f}, but design.sessions is {}; begin earlier", early[0], design.sessions));
}

void complete_nested(DesignParameters const& design, Arm& arm) {
  std::string const key = "arms." + arm.name;
  if (!arm.therapists) arm.therapists = design.therapists;
  if (!arm.has_therapists()) {
    if (!arm.clients) refuse(key, "has therapists = 0, so it must state its number of clients; add clients = ...");
    if (arm.caseload.kind() != Caseload::Kind::unset)
      refuse(key, "has no therapists, so it has no caseload; state clients alone");
    return;
  }
  if (arm.clients)
    refuse(key, "has therapists, so `caseload` says how many clients it has; leave `clients` out or write therapists = 0");
  if (arm.caseload.kind() == Caseload::Kind::unset) arm.caseload = design.caseload;
  check_list(arm.caseload, *arm.therapists, key + ".caseload");
}

void check_crossed(DesignParameters const& design, Arm const& arm) {
  if (arm.therapists || arm.clients || arm.caseload.kind() != Caseload::Kind::unset) {
    refuse("arms." + arm.name,
           "states therapists, caseload or clients of its own, but design.therapists_in_arms is \"crossed\": all "
           "therapists work in all "
           "arms. Leave them out, or write \"nested\"");
  }
  check_list(design.caseload, design.therapists, "design.caseload");
}

void check_clinics(DesignParameters const& design, std::vector<Arm> const& arms) {
  if (design.clinics_in_arms == ClinicsInArms::crossed) return;
  if (design.clinics == 0) refuse("design.clinics_in_arms", "is \"nested\", but design.clinics is 0; say how many per arm");
  if (arms.empty() || design.therapists_in_arms == TherapistsInArms::crossed)
    refuse("design.clinics_in_arms",
           "is \"nested\", which needs arms whose therapists are nested in them; write \"crossed\" or change the arms");
}

void check_followups(DesignParameters const& design) {
  auto const& weeks = design.followups;
  constexpr std::size_t most_followups = 100;
  if (weeks.size() > most_followups)
    refuse("design.followups", fmt::format("lists {}, but at most {} are possible", weeks.size(), most_followups));
  auto const occasions = static_cast<std::size_t>(design.sessions) + weeks.size();  // a number for each: randomness.hpp
  if (occasions > most_sessions)
    refuse("design.followups",
           fmt::format("lists {} after {} sessions, but there can be {} sessions and follow-ups together; ask for fewer",
                       weeks.size(), design.sessions, most_sessions));
  if (std::adjacent_find(weeks.begin(), weeks.end(), std::greater_equal<>()) != weeks.end())
    refuse("design.followups", "must be in order, each later than the one before, such as [13, 26]");
}

}  // namespace

void Arm::describe(FieldVisitor& field) {
  field.field("name", name, {.doc = "the arm's name; the first arm is the reference of analyses"});
  effects.describe(field);
  field.field("therapists", therapists,
              {.unit = "therapists",
               .min = 0,
               .max = most_therapists_in_arm,
               .doc = "therapists of this arm; design.therapists unless stated; 0 = an arm without therapists"});
  field.shape("caseload", caseload,
              {.unit = "clients", .doc = "clients per therapist of this arm; design.caseload unless stated"});
  field.field(
      "clients", clients,
      {.unit = "clients", .min = 1, .max = most_clients_of_therapist, .doc = "clients of an arm without therapists"});
}

void DesignParameters::describe(FieldVisitor& field) {
  field.field("therapists", therapists,
              {.unit = "therapists",
               .min = 1,
               .max = most_therapists_in_arm,
               .doc = "therapists: in all (cohort, crossed), or per arm where they are nested in arms"});
  field.shape("caseload", caseload, {.unit = "clients", .doc = "clients per therapist"});
  field.field("sessions", sessions, {.unit = "sessions", .min = 1, .max = most_sessions, .doc = "the maximum of sessions"});
  field.field("spacing", spacing, {.unit = "weeks", .min = 1e-3, .max = 1000, .doc = "weeks between sessions"});
  field.field("early_sessions", early_sessions,
              {.unit = "sessions",
               .min = 1,
               .max = most_sessions,
               .doc = "[first, last] session whose mean rating is the early alliance",
               .source = "early = sessions 1 to 5 in meta-analyses (Horvath et al. 2011)"});
  field.field("therapists_in_arms", therapists_in_arms, {"nested", "crossed"},
              {.doc = "each arm has therapists of its own (nested) or all therapists treat clients of all arms (crossed)"});
  field.field(
      "clinics", clinics,
      {.unit = "clinics",
       .min = 0,
       .max = most_therapists_in_arm,
       .doc = "clinics among which therapists are spread in turn: in all, or per arm where they are nested; 0 = none"});
  field.field(
      "clinics_in_arms", clinics_in_arms, {"crossed", "nested"},
      {.doc = "clinics have therapists of all arms (crossed), or each arm has clinics of its own (nested: a trial that "
              "randomises clinics)"});
  field.field("followups", followups,
              {.unit = "weeks",
               .min = 0,
               .max = 10'000,
               .doc = "weeks after the maximum of sessions at which clients are followed up, however their therapy ended"});
  field.group("missing", missing, {.doc = "what goes missing although the client is there"});
  field.field(
      "continue_after_ending", continue_after_ending,
      {.doc = "let the latent course (truth) of clients who left go on as if they had stayed; changes nothing observed"});
  field.field(
      "ratings", ratings,
      {.doc = "further ratings, each a column of clients in SDs: \"empathy\", \"goal_consensus\", \"collaboration\" "
              "(at session 3), \"expectation\", \"credibility\" (at intake)"});
}

void complete(DesignParameters& design, std::vector<Arm>& arms) {
  check_early(design);
  check_followups(design);
  check_clinics(design, arms);
  if (arms.size() == 1) refuse("arms", "has one arm; a trial has two or more, and a cohort has none: leave [[arms]] out");
  if (arms.size() > most_arms) refuse("arms", fmt::format("has {} arms; at most {} are possible", arms.size(), most_arms));
  for (auto& arm : arms)
    design.therapists_in_arms == TherapistsInArms::nested ? complete_nested(design, arm) : check_crossed(design, arm);
  if (arms.empty()) check_list(design.caseload, design.therapists, "design.caseload");
}

void forget_inherited(DesignParameters const& design, std::vector<Arm>& arms) {
  for (auto& arm : arms) {
    if (arm.therapists == design.therapists) arm.therapists.reset();
    if (arm.caseload.write() == design.caseload.write()) arm.caseload = {};
  }
}

}  // namespace bordin
