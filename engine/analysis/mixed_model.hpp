#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "mixed/nested_fit.hpp"

namespace bordin {

//! A fitted model with nested factors, for further questions. The references are to what the MixedModel keeps.
struct NestedModel {
  NestedSums const& sums;
  NestedFit const& fit;
  std::vector<CovarianceBlock> const& blocks;  //!< as DesignPlan::blocks, factors as levels
  std::vector<double> units;                   //!< per column of Z: its effects in the units of y and Z, of 1 in the sums
  double constant = 0;                         //!< of the criterion, see NestedProfile
};

//! Linear mixed models with nested grouping factors, up to four different random effects, REML or maximum likelihood. Keeps
//! its memory from one data set to the next.
class MixedModel {
 public:
  MixedModel();
  ~MixedModel();

  //! Fills estimates, standard errors, degrees of freedom, variances, sigma, criterion, iterations and status of `fit`,
  //! whose coefficients are there already, all NaN.
  //! `tolerance`: see OrthogonalBasis.
  void fit(DesignPlan const& plan, Design& design, double tolerance, DfMethod df, Fit& fit);

  //! The model fitted last; none where factors cross, or nothing could be fitted.
  std::optional<NestedModel> nested() const;

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}  // namespace bordin
