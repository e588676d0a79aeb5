#pragma once

#include "analysis/design_matrix.hpp"
#include "analysis/nested_anova.hpp"
#include "analysis/variance_rows.hpp"

namespace bordin {

//! `y ~ arm + (1 | therapist)` by analysis of variance: arms as treatment contrasts whose standard errors come from the
//! mean square of therapists within arms, with its degrees of freedom. Exact for equal caseloads; with others the arms are
//! not estimable, but what the F test of therapists says stands. Keeps its memory.
class AnovaContrasts {
 public:
  //! `alpha`: 1 - coverage of the interval of the intraclass correlation. Takes nothing of `design` apart.
  void fit(DesignPlan const& plan, Design const& design, double alpha, Fit& fit);

  //! Of the last fit: sd has the exact F test of therapists, icc its exact interval (equal caseloads).
  Coefficient row(VarianceRow const& row) const;
  //! Fills variance_tests and icc of `fit`.
  void describe_variances(DesignPlan const& plan, Fit& fit) const;

 private:
  std::string arms_problem(DesignPlan const& plan, Design const& design);
  void set_contrasts(Design const& design, Fit& fit);

  NestedAnalysis analysis_;
  NestedAnova found_;
  std::vector<std::int32_t> arm_;  // of every row: the column of X that is 1 there, 0 = the reference
  Eigen::VectorXd sizes_, means_;  // of arms
};

}  // namespace bordin
