#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/logistic_units.hpp"

namespace bordin {

//! Maximum likelihood of a logistic regression by Newton's method with step halving. Keeps its memory.
class LogisticMaximum {
 public:
  enum class End { found, separated, stalled };

  End find(LogisticUnits const& units);

  double log_likelihood() const { return value_; }
  Eigen::VectorXd const& coefficients() const { return a_; }      //!< on the basis Q
  Eigen::MatrixXd const& covariance() const { return inverse_; }  //!< of these: the inverse of the information
  //! When separated: moving along it, every row's likelihood grows or stays for ever. Otherwise the last step.
  Eigen::VectorXd const& direction() const { return step_; }
  double decrement() const { return decrement_; }  //!< slope' curvature^-1 slope of -2 log-likelihood
  int iterations() const { return iterations_; }

 private:
  void start(LogisticUnits const& units);
  void evaluate(LogisticUnits const& units);
  bool solve();
  bool advance(LogisticUnits const& units);
  bool separates(LogisticUnits const& units) const;

  LogisticResponses responses_;
  Eigen::VectorXd a_, step_, gradient_, eta_, eta_step_, residual_, weight_;
  Eigen::MatrixXd information_, inverse_;
  double value_ = 0;
  double decrement_ = 0;
  int iterations_ = 0;
};

//! Logistic regression of y in {0, 1}. Fills estimates, standard errors (inverse of the information), infinite degrees of
//! freedom, criterion = -2 log-likelihood and status of a fit whose coefficients are there already, all NaN. One object per
//! thread: it keeps its memory from data set to data set.
class LogisticRegression {
 public:
  void fit(Design const& design, OrthogonalBasis const& basis, Fit& fit);

 private:
  LogisticMaximum maximum_;
};

//! Estimates and standard errors of the columns of X from coefficients on the basis and their covariance, and z tests.
void set_logistic_coefficients(OrthogonalBasis const& basis, Eigen::VectorXd const& on_basis,
                               Eigen::MatrixXd const& covariance, Fit& fit);

//! Whether `fit` had to be marked as not estimable before any fitting: a value other than 0 and 1, or always the same.
bool report_unusable_outcome(Design const& design, Fit& fit);

//! Says in `fit` why the likelihood of the model without groups has no maximum, or that it was not found.
void report_no_maximum(LogisticMaximum const& maximum, LogisticMaximum::End end, OrthogonalBasis const& basis, Fit& fit);

}  // namespace bordin
