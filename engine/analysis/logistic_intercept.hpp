#pragma once

#include <Eigen/Core>
#include <string>

#include "analysis/analysis.hpp"
#include "analysis/intercept_likelihood.hpp"
#include "analysis/logistic.hpp"

namespace bordin {

//! What a fit says of the clusters, on the logit scale; a row per cluster.
struct LogisticClusters {
  Eigen::VectorXd mode;              //!< conditional modes of theta u_j ("BLUPs")
  Eigen::VectorXd mode_sd;           //!< conditional SD, theta and coefficients taken as known
  double latent_icc = not_a_number;  //!< theta^2 / (theta^2 + pi^2 / 3)
};

//! Logistic regression with a random intercept of one grouping factor by maximum likelihood (InterceptLikelihood says how
//! the integral is done; one node = Laplace). Standard errors come from the inverse of the observed information of (theta,
//! beta), as in glmer; z tests. One object per thread: it keeps its memory from data set to data set.
class LogisticRandomIntercept {
 public:
  explicit LogisticRandomIntercept(int nodes) : likelihood_(nodes) {}

  //! Fills estimates, standard errors, infinite degrees of freedom, variance, criterion (-2 log-likelihood of the Bernoulli
  //! rows with all constants), iterations and status of `fit`, whose coefficients are there already, all NaN. `singular`
  //! (theta = 0) equals logistic regression.
  void fit(Design const& design, OrthogonalBasis const& basis, std::string const& group, Fit& fit);

  //! Of the last fit, if its status is ok or singular.
  LogisticClusters clusters() const;

 private:
  enum class End { inside, boundary, limitless, stalled };
  struct Point {
    Eigen::VectorXd a;
    double x = 0;  // log(1 + k lambda), lambda = theta^2
  };

  void set_sizes();
  End search(double lambda, Fit& fit);
  bool propose(double& decrement);
  bool advance();
  void evaluate(Point const& point);
  double theta_at(double x) const;
  void transform_derivatives(double x);
  double slope_at_zero();
  bool invert_information();
  void set_result(OrthogonalBasis const& basis, std::string const& group, double theta, Fit& fit);

  InterceptLikelihood likelihood_;
  LogisticMaximum plain_;
  double unit_ = 1;  // 1 / k
  double theta_ = 0;
  Point at_, trial_;
  Eigen::VectorXd slope_, step_;        // in (a, x)
  Eigen::MatrixXd curvature_, factor_;  // minus the Hessian in (a, x), and what is factorised
  Eigen::MatrixXd inverse_;
};

}  // namespace bordin
