#pragma once

#include "therapy/alliance.hpp"
#include "therapy/attendance.hpp"
#include "therapy/background.hpp"
#include "therapy/clinics.hpp"
#include "therapy/commitment.hpp"
#include "therapy/dropout.hpp"
#include "therapy/good_enough.hpp"
#include "therapy/people.hpp"
#include "therapy/rupture.hpp"
#include "therapy/symptoms.hpp"

namespace bordin {

//! How therapies end as planned.
struct EndingParameters {
  GoodEnoughLevel good_enough;
  double agreed = 0.08;

  void describe(FieldVisitor& field);
};

//! All parameters of the simulated world, each group declared beside its mechanism.
struct TherapyParameters {
  TherapistParameters therapists;
  ClientParameters clients;
  AllianceParameters alliance;
  SymptomParameters symptoms;
  DropoutParameters dropout;
  EndingParameters ending;
  RuptureParameters rupture;
  CommitmentParameters commitment;
  AttendanceParameters attendance;
  ClinicParameters clinics;
  ExperienceParameters experience;
  TrainingParameters training;

  void describe(FieldVisitor& field);
};

//! Everything that draws people in this world. Throws ScenarioError when shares or correlations are impossible.
People people_of(TherapyParameters const& parameters);

}  // namespace bordin
