#pragma once

#include <Eigen/Dense>
#include <array>

#include "therapy/alliance.hpp"
#include "therapy/symptoms.hpp"

namespace bordin {

//! The transient part of a therapy: fluctuation of goal, task, bond and symptoms, x = (w_goal, w_task, w_bond, e),
//!     x(s) = F x(s-1) + innovation,  F = [phi I, -kappa 1; -a', phi_e],  a = lag * weight.
//! Its stationary variances are alliance.session_share and symptoms.fluctuation_share.
struct SessionProcess {
  Eigen::Matrix4d step = Eigen::Matrix4d::Zero();               //!< F
  Eigen::Matrix4d covariance = Eigen::Matrix4d::Zero();         //!< P, stationary
  Eigen::Matrix4d start_factor = Eigen::Matrix4d::Zero();       //!< lower factor of P, for session 0
  Eigen::Matrix4d innovation_factor = Eigen::Matrix4d::Zero();  //!< lower factor of P - F P F'

  //! Covariance of the composite w* with itself `lag` sessions later.
  double composite_autocovariance(Composite const& composite, int lag) const;
};

//! Throws ScenarioError when alliance and symptoms would drive each other without bound, or when their effects on each
//! other are larger than the variances they must add up to.
SessionProcess session_process(AllianceParameters const& alliance, SymptomParameters const& symptoms);

}  // namespace bordin
