#pragma once

#include <Eigen/Dense>
#include <string>

#include "therapy/alliance.hpp"

namespace bordin {

//! Lower triangular L with L L' = `matrix`, zeros in a column where a variance is used up (a singular matrix is allowed).
//! Throws ScenarioError for `key` when the matrix has an eigenvalue below -1e-9, so that nothing can have it as its
//! covariances; `what` names the matrix in the message.
Eigen::MatrixXd lower_factor(Eigen::MatrixXd const& matrix, std::string const& key, std::string const& what);

//! Correlations of goal, task and bond at every level.
Eigen::Matrix3d component_correlations(AllianceLoadings const& loadings);

}  // namespace bordin
