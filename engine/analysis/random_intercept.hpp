#pragma once

#include <Eigen/Core>
#include <string>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! The profiled criterion of y = X beta + b_cluster + e, b ~ N(0, lambda s), e ~ N(0, s), as a function of the variance
//! ratio lambda = theta^2 alone; work per evaluation depends on the number of different cluster sizes, never on N.
//!
//! With t_k = 1 / (1 + k lambda) the weighted cross product of [Q r] (r = OLS residual) is C = W + sum_k t_k B_k: W within
//! clusters, B_k between the clusters of size k. All summands are positive semidefinite, so nothing cancels however large
//! lambda is. Criterion (REML) = sum_k m_k log(1 + k lambda) + log|Cxx| + 2 log|R| + n (1 + log(2 pi rho / n)), n = N - p,
//! with m_k clusters of size k and rho the Schur complement of Cxx in C; ML has n = N and no determinants.
class RandomInterceptProfile {
 public:
  RandomInterceptProfile(Design const& design, OrthogonalBasis const& basis, LeastSquares const& ls, bool reml);

  //! REML criterion or -2 log-likelihood, constants as in lme4.
  double criterion(double lambda);

  struct Derivatives {
    double slope;      //!< of the criterion, d/d lambda
    double curvature;  //!< d^2/d lambda^2
  };
  Derivatives derivatives(double lambda) const;

  //! What follows once lambda is known, on the basis Q and in units of y / scale.
  struct Solution {
    Eigen::VectorXd on_basis;    //!< what generalised least squares adds to the OLS coefficients
    Eigen::MatrixXd covariance;  //!< of the coefficients of Q at residual variance 1: Cxx^-1
    Eigen::MatrixXd change;      //!< d Cxx / d lambda
    double residual_variance;    //!< s
    double ratio_curvature;      //!< d^2 deviance / d lambda^2 at fixed s
    double mixed_curvature;      //!< d^2 deviance / d lambda d log s
  };
  Solution solve(double lambda) const;

  double degrees() const { return degrees_; }  //!< n: the deviance's second derivative in log s
  double mean_size() const { return counts_.dot(sizes_) / counts_.sum(); }
  double largest_size() const { return sizes_.maxCoeff(); }
  //! Why the two variances cannot be told from these data; empty when they can.
  std::string problem(double noise) const;

 private:
  struct Pieces;
  Eigen::MatrixXd between(Eigen::VectorXd const& weights) const;
  Pieces pieces(double lambda) const;

  bool reml_;
  Eigen::Index rank_;
  double degrees_;
  double constant_;          // what the criterion has besides lambda
  Eigen::VectorXd sizes_;    // k
  Eigen::VectorXd counts_;   // m_k
  Eigen::MatrixXd within_;   // W
  Eigen::MatrixXd between_;  // one column per size: the columns of B_k one below the other
  Eigen::MatrixXd c_;        // C and then its factor, while the criterion is evaluated
};

//! Why the two variances cannot be told from these data; empty when they can.
std::string random_intercept_problem(Design const& design, OrthogonalBasis const& basis, std::string const& group);

//! Two-level linear mixed model with a random intercept by REML or maximum likelihood. Fills estimates, standard errors,
//! degrees of freedom (Satterthwaite with exact derivatives, or infinite for Wald), variance, sigma, criterion, iterations
//! and status of `fit`, whose coefficients are there already, all NaN.
void fit_random_intercept(Design const& design, OrthogonalBasis const& basis, std::string const& group, DfMethod df,
                          Fit& fit);

}  // namespace bordin
