#pragma once

#include <array>
#include <optional>

#include "scenario/fields.hpp"
#include "therapy/alliance.hpp"
#include "therapy/dropout_curve.hpp"

namespace bordin {

//! Weights an arm lays on the components; alliance.weights where none is stated.
struct ArmWeights {
  std::optional<double> goal, task, bond;

  void describe(FieldVisitor& field);
  bool stated() const { return goal || task || bond; }
};

//! Therapists are told which clients are not on track, and care for the alliance with them.
struct FeedbackParameters {
  double alliance = 0;
  double behind = 0.5;

  void describe(FieldVisitor& field);
};

//! What an arm does to the therapies in it.
struct ArmEffects {
  double change = 0;
  double dropout = 0;
  double alliance = 0;
  ArmWeights weights;
  DropoutCurve dropout_curve;
  FeedbackParameters feedback;

  void describe(FieldVisitor& field);
};

}  // namespace bordin
