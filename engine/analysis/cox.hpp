#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/concordance.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/orthogonal_basis.hpp"
#include "analysis/partial_likelihood.hpp"
#include "analysis/risk_sets.hpp"

namespace bordin {

//! Where a Cox model's standard errors come from: the information, or the score residuals summed by cluster (coxph's
//! `cluster =`; every row is a cluster of its own where the design names none).
enum class CoxErrors : std::uint8_t { model, clustered };

//! Tests of all coefficients at once, chi-square with `df` degrees of freedom; NaN after a fit without estimates.
struct CoxTests {
  double likelihood_ratio = not_a_number;
  double score = not_a_number;
  double wald = not_a_number;  //!< with the covariance of the standard errors; NaN if clusters are too few to invert that
  double df = not_a_number;
};

//! Cox's proportional hazards h0(t) exp(x'b) for right-censored times, ties by Efron: Newton's method with exact
//! derivatives on an orthonormal basis of the covariates, so that their units and means do not matter. An object keeps its
//! memory: further fits of data sets of the same size allocate nothing unless something is wrong with them.
class CoxRegression {
 public:
  //! x = covariates without an intercept, y = times; `event` 1 = left, 0 = censored; `basis` = cox_basis(design.x, ...).
  //! Fills estimates, standard errors, infinite degrees of freedom (z), criterion (-2 log partial likelihood), Newton
  //! decrement, iterations and status of `fit`, whose coefficients are there already, all NaN.
  void fit(Design const& design, Eigen::VectorXd const& event, OrthogonalBasis const& basis, CoxErrors errors, Fit& fit);

  //! What follows are properties of the last fit, NaN or empty if that has no estimates.
  double null_log_likelihood() const { return null_log_likelihood_; }
  CoxTests tests();
  //! Harrell's C, as survival::concordance has it.
  double concordance();

  struct HazardStep {
    double time = 0;
    double cumulative = 0;
  };
  //! Efron's estimate for a row with x = 0 after each time with an event, as basehaz(centered = FALSE); for the design
  //! fitted last.
  std::vector<HazardStep> baseline_hazard(Design const& design) const;

 private:
  enum class End : std::uint8_t { converged, infinite, stuck };

  End maximise(Fit& fit);
  bool climb(double spread);
  bool found_infinite();
  std::string not_at_risk(Design const& design, Fit const& fit);
  std::string infinite_estimates(Design const& design, OrthogonalBasis const& basis, Fit const& fit) const;
  void set_covariance(Design const& design, CoxErrors errors);
  void report_no_errors(Design const& design, std::vector<std::string> const& of, Fit& fit);
  std::vector<std::string> set_results(Design const& design, OrthogonalBasis const& basis, Fit& fit);

  RiskSets sets_;
  PartialLikelihood likelihood_;
  Concordance concordance_;
  Eigen::VectorXd at_;         // coefficients of the basis where `likelihood_` was evaluated last
  Eigen::VectorXd estimates_;  // of the basis
  Eigen::VectorXd step_, trial_;
  Eigen::LLT<Eigen::MatrixXd> cholesky_;
  Eigen::MatrixXd scores_, influence_, covariance_;  // clusters x columns, the same, columns x columns
  Eigen::VectorXd risk_;                             // (x - mean)'b per row of data
  double baseline_shift_ = 0;                        // log of the hazard at z = 0 relative to x = 0
  double null_log_likelihood_ = not_a_number;
  double score_test_ = not_a_number;
  double log_likelihood_ = not_a_number;
};

//! Of [1 X]: what a constant does is no covariate's effect. Tolerance as for OrthogonalBasis.
OrthogonalBasis cox_basis(Eigen::MatrixXd const& x, double tolerance);

}  // namespace bordin
