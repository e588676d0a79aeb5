#pragma once

#include <memory>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! Linear mixed models with nested grouping factors, up to four different random effects, REML or maximum likelihood. Keeps
//! its memory from one data set to the next.
class MixedModel {
 public:
  MixedModel();
  ~MixedModel();

  //! Fills estimates, standard errors, degrees of freedom, variances, sigma, criterion, iterations and status of `fit`,
  //! whose coefficients are there already, all NaN.
  void fit(DesignPlan const& plan, Design const& design, OrthogonalBasis const& basis, DfMethod df, Fit& fit);

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}  // namespace bordin
