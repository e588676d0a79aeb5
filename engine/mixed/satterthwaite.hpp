#pragma once

#include <Eigen/Cholesky>

#include "mixed/covariance.hpp"

namespace bordin {

//! Satterthwaite's degrees of freedom of l'b: 2 V^2 / (g'Ag), V = Var(l'b) as a function of theta and of the residual
//! variance s, g its gradient, A = 2 H^-1 with H the Hessian of the deviance in the same parameters.
//!
//! From the profiled criterion with curvature P, n = its degrees and w = d log rho / d theta, H in (theta, log s) is
//! [P + n w w', -n w; -n w', n], whose inverse gives df = 1 / (1/n + u'P^-1 u) with u = d log(V/s) / d theta + w.
//! Directions without curvature (redundant parameters where G is singular) are left out, as lmerTest does.
class Satterthwaite {
 public:
  Satterthwaite(Curvature const& curvature, Parameters const& log_rho_slope, double degrees);

  //! `log_variance_slope`: d log(V/s) / d theta.
  double df(Parameters const& log_variance_slope) const;

 private:
  Eigen::LLT<Curvature> factor_;
  Curvature inverse_;  // without the flat directions; only where there are some
  bool flat_ = false;
  Parameters log_rho_slope_;
  double degrees_;
};

}  // namespace bordin
