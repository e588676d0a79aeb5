#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "design/caseload.hpp"
#include "design/missing.hpp"
#include "scenario/fields.hpp"
#include "therapy/arm_effects.hpp"

namespace bordin {

//! Whether each arm has therapists of its own or all therapists work in all arms.
enum class TherapistsInArms : std::int8_t { nested = 0, crossed = 1 };

//! Whether the same clinics have therapists of all arms, or each arm has clinics of its own.
enum class ClinicsInArms : std::int8_t { crossed = 0, nested = 1 };

//! One arm of a trial. An arm with therapists = 0 has none (waiting list, self-help): a partially nested design.
struct Arm {
  std::string name;
  ArmEffects effects;
  std::optional<std::int64_t> therapists;
  Caseload caseload;
  std::optional<std::int64_t> clients;

  void describe(FieldVisitor& field);
  bool has_therapists() const { return therapists.value_or(1) > 0; }
};

//! Who meets whom, how often, and when the alliance counts as early.
struct DesignParameters {
  std::int64_t therapists = 50;
  Caseload caseload = Caseload(20);
  std::int64_t sessions = 12;
  double spacing = 1;
  std::vector<double> early_sessions{1, 3};
  TherapistsInArms therapists_in_arms = TherapistsInArms::nested;
  std::int64_t clinics = 0;
  ClinicsInArms clinics_in_arms = ClinicsInArms::crossed;
  std::vector<double> followups = {};
  MissingParameters missing;
  bool continue_after_ending = false;
  std::vector<std::string> ratings;

  void describe(FieldVisitor& field);
  int early_first() const { return static_cast<int>(early_sessions[0]); }
  int early_last() const { return static_cast<int>(early_sessions[1]); }
};

//! Fills in what arms leave to the design and refuses what cannot be. No arms = a naturalistic cohort.
//! Throws ScenarioError.
void complete(DesignParameters& design, std::vector<Arm>& arms);
//! Takes back what complete() wrote into arms that state nothing of their own, so that a scenario that is written and read
//! again still follows `design`.
void forget_inherited(DesignParameters const& design, std::vector<Arm>& arms);

}  // namespace bordin
