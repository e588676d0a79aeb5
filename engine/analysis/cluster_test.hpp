#pragma once

#include <Eigen/Core>
#include <string>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! Variance between and within clusters by the method of moments: the analysis of variance of a regression, Henderson's
//! (1953, Biometrics 9:226) method 3. Within: residual of the regression inside clusters. Between: the residual squares of
//! least squares on all rows have expectation within (N - p) + between (N - sum_g |sum of q over cluster g|^2). With
//! arms as the only predictor this is (MSB - MSW) / n0, the estimator of Donner & Klar (2000).
struct ClusterVariances {
  double between = not_a_number;  //!< not below 0
  double within = not_a_number;   //!< NaN where no cluster has rows to spare
};

//! The weighted test of cluster means: least squares on the means (`cluster_means`) with minimum-variance weights
//! 1 / (between + within / n_j), proportional to n_j / (1 + (n_j - 1) icc), and t with J - p degrees of freedom (Kerry &
//! Bland 2001, Stat Med 20:377; Hayes & Moulton 2017, ch. 10). With equal caseloads every weight is 1 and for two arms of
//! J clusters it is the pooled t test with 2 (J - 1) degrees of freedom. fit.sigma is the residual SD of the
//! means at the weights' mean, fit.variances the variance between clusters.
//!
//! The buffers are kept: one object per thread, and no fit that is ok allocates after the first of its size.
class ClusterTest {
 public:
  //! One data set and its least squares: of the rows, and `means` = cluster_means(design) with the basis of its columns.
  struct Data {
    Design const& design;
    OrthogonalBasis const& basis;
    LeastSquares const& ls;
    Design const& means;
    OrthogonalBasis const& means_basis;
  };

  //! `fit` has its coefficients already, all NaN.
  void fit(Data const& data, std::string const& group, Fit& fit);

 private:
  void sum_clusters(Data const& data);
  ClusterVariances variances(Data const& data);
  bool set_weights(ClusterVariances const& variances);
  double solve(Data const& data, double scale);
  void add_step(Eigen::MatrixXd const& q);

  Eigen::VectorXd sizes_;
  Eigen::MatrixXd sums_;  // per cluster, of the rows of Q and the residual below
  Eigen::VectorXd row_;
  Eigen::MatrixXd within_;  // cross products within clusters of [Q residual]
  Eigen::MatrixXd square_;
  Eigen::VectorXd values_;
  Eigen::MatrixXd vectors_;

  Eigen::VectorXd weights_;
  Eigen::VectorXd residual_;  // of the means
  Eigen::VectorXd on_basis_;
  Eigen::VectorXd step_;
  Eigen::VectorXd solved_;
  Eigen::MatrixXd inverse_;  // of Q'WQ
};

}  // namespace bordin
