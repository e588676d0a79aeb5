#pragma once

#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! Least squares with what the mixed model needs again: y = Q a + residual, in units of y / scale.
struct LeastSquares {
  LeastSquares(Eigen::VectorXd const& y, OrthogonalBasis const& basis);

  double scale;              //!< a power of two, so that squares of y can neither overflow nor vanish
  Eigen::VectorXd on_basis;  //!< a
  Eigen::VectorXd residual;
  double residual_squares;
  double noise;  //!< a residual no longer than this is nothing but rounding

  //! Nothing is left of y: there is no variance to estimate.
  bool exact() const;
};

//! Ordinary least squares: estimates, classical standard errors and N - p degrees of freedom go to `fit` (whose
//! coefficients are there already, all NaN), with sigma and the status. Coefficients that the data do not determine stay
//! NaN. `unit` is what a row is called in messages.
void fit_ols(Design const& design, OrthogonalBasis const& basis, std::string const& unit, Fit& fit);

//! estimate = R^-1 `on_basis` * scale for the kept columns that are estimable.
void set_estimates(OrthogonalBasis const& basis, Eigen::VectorXd const& on_basis, double scale, Fit& fit);

//! Says in `fit` which coefficients the data do not determine, and why; does nothing when they determine all.
void report_dependencies(Design const& design, OrthogonalBasis const& basis, Fit& fit);

//! Marks a fit as not estimable for one more reason.
void not_estimable(Fit& fit, std::string const& reason);

}  // namespace bordin
