#pragma once

#include <Eigen/Core>

namespace bordin {

//! Gauss-Hermite quadrature for a standard normal u: E f(u) = sum_k exp(log_weights[k]) f(nodes[k]), exact for polynomials
//! of degree 2K - 1. Nodes ascend and lie symmetrically; the middle one of an odd number is exactly 0.
struct GaussHermite {
  explicit GaussHermite(int count);  //!< 1 to 100 nodes

  Eigen::VectorXd nodes;
  Eigen::VectorXd log_weights;
};

}  // namespace bordin
