#pragma once

#include <Eigen/Core>

#include "mixed/crossed_profile.hpp"

namespace bordin {

//! A fitted mixed model with crossed random intercepts, in the units of Q and y it was given. Keeps its memory from one
//! data set to the next.
class CrossedFit {
 public:
  //! Minimises the criterion. `rows`: observations; `constant`: as in CrossedProfile. The reference stays in use.
  void fit(CrossedSums const& sums, int rows, bool reml, double constant);

  bool too_large() const { return too_large_; }  //!< refused: more groups than CrossedSums::most_dense_groups
  bool exists() const { return exists_; }        //!< the criterion could be computed
  bool converged() const { return converged_; }  //!< no neighbouring theta is better: certified by gradient and curvature
  double criterion() const { return minimum_.at.value; }
  double decrement() const { return minimum_.decrement; }
  int evaluations() const { return evaluations_; }
  double residual_variance() const { return profile_.rho() / degrees_; }
  double degrees() const { return degrees_; }
  //! SD of a factor's random intercepts relative to the residual SD, >= 0.
  double theta(int factor) const { return minimum_.theta[factor]; }
  bool singular() const;  //!< a theta is 0

  double coefficient(int i) const { return profile_.coefficient(i); }
  //! (Q'V^-1 Q)^-1 at residual variance 1.
  double inverse(int i, int j) const { return profile_.inverse(i, j); }
  CrossedProfile const& profile() const { return profile_; }
  Minimum const& minimum() const { return minimum_; }

 private:
  void search(Parameters const& start);
  bool evaluate(Parameters const& theta, CriterionAt& at);
  bool scoring_start(Parameters& theta);
  bool leave_saddle();
  bool lowered_along(int factor);
  bool falls_from_zero(int factor) const;
  void round_to_boundary();
  void certify();

  CrossedProfile profile_;
  Minimum minimum_;
  double degrees_ = 0;
  int evaluations_ = 0;
  bool too_large_ = false, exists_ = false, converged_ = false;
};

}  // namespace bordin
