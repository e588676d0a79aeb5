#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenario/fields.hpp"

namespace bordin {

//! Shape of the course of change over sessions.
enum class CourseShape : std::int8_t { linear, log, exponential };

//! Symptoms: a lasting part that therapy changes, and a fluctuation from session to session.
//! Unit: SD of the latent intake score in the reference population.
struct SymptomParameters {
  CourseShape course = CourseShape::exponential;
  double rate = 0.15;
  std::int64_t reference_sessions = 12;
  double change = 1.0;
  double severity_slope = 0;
  double fluctuation_share = 0.20;
  double autocorrelation = 0.45;
  double relapse = 0;

  void describe(FieldVisitor& field);
};

//! g(0..sessions): the share of the whole change that is reached; g is 1 at the reference length and does not depend on
//! how many sessions a study has.
std::vector<double> course_of_change(SymptomParameters const& symptoms, int sessions);

}  // namespace bordin
