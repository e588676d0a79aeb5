#pragma once

#include <vector>

#include "mixed/nested_profile.hpp"

namespace bordin {

//! A fitted mixed model with nested grouping factors, in the units of Q, y and Z it was given. Keeps its memory from one
//! data set to the next.
class NestedFit {
 public:
  //! Minimises the criterion. `rows`: observations; `constant`: as in NestedProfile.
  void fit(NestedSums const& sums, std::vector<CovarianceBlock> const& blocks, int rows, bool reml, double constant);

  bool exists() const { return exists_; }        //!< the criterion could be computed
  bool converged() const { return converged_; }  //!< no neighbouring G is better: certified by gradient and curvature
  double criterion() const { return minimum_.at.value; }
  double decrement() const { return minimum_.decrement; }
  int evaluations() const { return evaluations_; }
  double residual_variance() const { return profile_.rho() / degrees_; }
  double degrees() const { return degrees_; }
  //! G of a block relative to the residual variance, effects in the order they were given.
  Effects covariance(std::size_t block) const;
  //! Standard deviations of the block's principal parts (pivots) that are 0.
  int vanished(std::size_t block) const;
  bool singular() const;

  double coefficient(int i) const { return profile_.coefficient(i); }
  //! (Q'V^-1 Q)^-1 at residual variance 1.
  double inverse(int i, int j) const { return profile_.inverse(i, j); }
  NestedProfile const& profile() const { return profile_; }
  CovarianceStructure const& structure() const { return structure_; }
  Minimum const& minimum() const { return minimum_; }

 private:
  void search(Parameters const& start);
  bool leave_saddle();
  bool lowered_along(std::size_t block, Eigen::Ref<Eigen::VectorXd const> const& direction);
  void round_to_boundary();

  NestedProfile profile_;
  CovarianceStructure structure_;
  std::vector<CovarianceBlock> blocks_;
  Minimum minimum_;
  std::vector<double> packed_;
  double degrees_ = 0;
  int evaluations_ = 0;
  bool exists_ = false, converged_ = false;
};

//! Where the search starts: covariances by the method of moments, from least squares within each innermost group. Packed
//! as NestedTask::covariance; false when groups are too small for that.
bool moment_start(NestedSums const& sums, int rows, std::vector<double>& packed);

}  // namespace bordin
