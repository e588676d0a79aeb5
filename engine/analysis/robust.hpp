#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! Standard errors of least squares that do not rest on equal variances (HC3) or independent rows (CR2). They replace the
//! classical std_error and df of a `fit` that fit_ols has filled; where fit_ols could not estimate a residual variance,
//! nothing is changed. What they cannot say is NaN, with status not_estimable and the reason.
//!
//! The buffers are kept: one object per thread, and no fit that is ok allocates after the first of its size.
class RobustErrors {
 public:
  //! HC3 (MacKinnon & White 1985, J Econometrics 29:305; Long & Ervin 2000, Am Stat 54:217): residuals divided by
  //! 1 - leverage, t with N - p degrees of freedom as is usual practice. A row with leverage 1 leaves it undefined.
  void hc3(OrthogonalBasis const& basis, LeastSquares const& ls, Fit& fit);

  //! CR2 with Satterthwaite degrees of freedom per coefficient, independent rows as working model (Bell & McCaffrey 2002,
  //! Survey Methodology 28:169; Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672). `cluster` has 0 .. clusters-1 per row,
  //! `group` is its name. Whatever a cluster's residuals cannot show (they are 0 there in every sample: its indicator
  //! variable, say) is left out by a generalised inverse; coefficients that rest on it are named in the message.
  void cr2(OrthogonalBasis const& basis, LeastSquares const& ls, std::vector<std::int32_t> const& cluster,
           std::size_t clusters, std::string const& group, Fit& fit);

 private:
  struct Moments;
  void sum_clusters(OrthogonalBasis const& basis, LeastSquares const& ls, std::vector<std::int32_t> const& cluster,
                    std::size_t clusters);
  void decompose(std::size_t clusters);
  Moments moments(Eigen::VectorXd const& direction, std::size_t clusters);
  double sum_of_squared_products(std::size_t clusters);

  // With S_g = Q_g'Q_g = V L V' for the rows of cluster g, all that is needed of its N_g x N_g matrices is p x p:
  // A_g Q_g = Q_g V (1 - L)^-1/2 V', A_g = (I - Q_g Q_g')^-1/2, for eigenvalues L below 1. One column per cluster:
  Eigen::MatrixXd products_;  // S_g, then V
  Eigen::MatrixXd scores_;    // Q_g'e_g, then V'Q_g'e_g
  Eigen::MatrixXd shares_;    // L
  Eigen::MatrixXd factors_;   // (1 - L)^-1/2, 0 where L = 1
  Eigen::MatrixXd weights_;   // Q_g'A_g Q_g times the direction in work

  Eigen::MatrixXd square_;
  Eigen::MatrixXd vectors_;
  Eigen::VectorXd row_;
  Eigen::VectorXd direction_;
  Eigen::VectorXd rotated_;
};

}  // namespace bordin
