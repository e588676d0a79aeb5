#pragma once

#include <array>
#include <vector>

#include "therapy/alliance.hpp"
#include "therapy/course.hpp"
#include "therapy/dropout_curve.hpp"

namespace bordin {

//! Discrete-time hazard of leaving after a session, as a logit. Positive coefficients of the alliance keep clients. A curve
//! that is stated takes the place of the hazard.
struct DropoutParameters {
  bool enabled = true;
  double baseline = -3.23;
  double log_session = -0.50;
  double early_alliance = 0.285;
  double current_alliance = 0.10;
  double severity = 0.10;
  double gain = 0.20;
  double rupture = 0.59;
  DropoutCurve curve;

  void describe(FieldVisitor& field);
};

inline constexpr int early_sessions = 3;  //!< of the hazard

//!     logit h(s) = baseline + log_session ln(s) - early_alliance A_early - current_alliance A(s) + severity X - gain D(s)
//!                  - Q_j + arm + rupture [one is open] - commitment + necessary [alliance below the threshold]
//! A_early is the mean alliance of the first three sessions, those held so far, over its implied undisturbed SD.
class DropoutHazard final : public EndingRule {
 public:
  struct Constants {
    float now = 0, severity = 0, gain = 0, rupture = 0, arm = 0;
    std::array<float, early_sessions> early_scale{};  //!< early_alliance / implied SD of the mean of 1, 2, 3 sessions
    std::vector<float> at_session = {};               //!< baseline + log_session ln(s)
    bool commitment_acts = false;
    float commitment = 0;
    bool necessary = false;
    float threshold = 0, without_alliance = 0;  //!< of the necessary alliance: where, and what is added below it
  };

  DropoutHazard(TherapyParameters const& parameters, ArmEffects const& arm, int sessions);
  bool ends(EndingMoment const& moment, float uniform) const override;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

std::unique_ptr<EndingRule> make_dropout(TherapyParameters const& parameters, ArmEffects const& arm,
                                         Calendar const& calendar);
MissingnessReason missingness_of_dropout(TherapyParameters const& parameters, ArmEffects const& arm);

}  // namespace bordin
