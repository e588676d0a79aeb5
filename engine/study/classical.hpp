#pragma once

#include <cstdint>
#include <optional>

#include "scenario/fields.hpp"

namespace bordin {

struct Scenario;

//! By which SD Cohen's d of a difference between arms at the last session is standardised: that of scores at intake or at
//! the last session (of the first arm, without therapists' variance if it has none), or of change per week, times the
//! weeks.
enum class Standardiser : std::int8_t { pre, post, slope };

//! The classical three-level growth model in the units of power tools (Magnusson et al. 2018, doi 10.1037/ccp0000333):
//! clients in therapists, random intercepts and linear slopes at both levels, independent residuals. Slopes are per week
//! and, as symptoms fall, negative: correlations are those of intercept and slope.
struct ClassicalParameters {
  std::optional<double> icc_pre_client;
  double icc_pre_therapist = 0;
  double icc_slope = 0;
  double variance_ratio = 0;
  double client_correlation = 0;
  double therapist_correlation = 0;
  double change = 0;
  double d = 0;
  Standardiser standardiser = Standardiser::pre;

  void describe(FieldVisitor& field);
  bool stated() const { return icc_pre_client.has_value(); }
};

//! What the growth model comes to in units of the scores of the primary outcome, intake variance = 1.
struct GrowthModel {
  double client_intercept, therapist_intercept;  //!< variances
  double client_slope, therapist_slope;          //!< variances, per week
  double client_covariance, therapist_covariance;
  double residual;

  //! Covariance of a client's scores at two times [weeks], and of two clients of one therapist.
  double of_client(double s, double t) const;
  double of_therapist(double s, double t) const;
};
GrowthModel growth_model(ClassicalParameters const& classical);

//! Where a scenario states the classical model, sets the parameters of the world to it and switches off all that the model
//! does not have. Instruments must be completed. Throws ScenarioError when it cannot be.
void apply_classical(Scenario& scenario);

}  // namespace bordin
