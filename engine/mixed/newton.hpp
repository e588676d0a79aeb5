#pragma once

#include "mixed/covariance.hpp"

namespace bordin {

//! A criterion at one point, with exact gradient.
struct CriterionAt {
  double value = 0;
  Parameters gradient;
  Curvature curvature;  //!< second derivatives
};

//! What Newton's method minimises.
class Criterion {
 public:
  Criterion() = default;
  Criterion(Criterion const&) = delete;
  Criterion& operator=(Criterion const&) = delete;
  virtual ~Criterion() = default;
  //! False where the criterion does not exist.
  virtual bool evaluate(Parameters const& theta, CriterionAt& out) = 0;
  //! Writes the point evaluated last in another way that means the same model but suits the search better; true if so.
  virtual bool rewrite(Parameters& theta) = 0;
};

struct Minimum {
  Parameters theta;
  CriterionAt at;
  double decrement = 0;  //!< g' H^-1 g: about twice what the criterion could still fall
  int evaluations = 0;
  bool converged = false;
};

//! Newton's method with step control from `start`; where the criterion is not convex, along its curvature turned positive.
Minimum minimise(Criterion& criterion, Parameters const& start);

}  // namespace bordin
