#pragma once

#include <cstdint>

#include "scenario/fields.hpp"

namespace bordin {

//! How a client's therapy ended. Written to files as these numbers.
enum class Ending : std::int8_t { dropout = 0, good_enough = 1, agreed = 2, maximum = 3 };
Words const& ending_words();

//! Discrete-time hazard of leaving after a session, as a logit. Positive coefficients of the alliance keep clients.
struct DropoutParameters {
  bool enabled = true;
  double baseline = -3.19;
  double log_session = -0.50;
  double early_alliance = 0.275;
  double current_alliance = 0.10;
  double severity = 0.10;
  double gain = 0.20;
  double rupture = 0.59;

  void describe(FieldVisitor& field);
};

//! Therapy may end as planned because the client is well enough ...
struct GoodEnoughLevel {
  double probability = 0.45;
  double level = -1.3;
  double level_sd = 0.2;
  double least_improvement = 0.8;

  void describe(FieldVisitor& field);
};

//! ... or because it was agreed to, whatever the score.
struct EndingParameters {
  GoodEnoughLevel good_enough;
  double agreed = 0.08;

  void describe(FieldVisitor& field);
};

}  // namespace bordin
