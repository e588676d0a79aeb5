#pragma once

#include <optional>

#include "mixed/nested_fit.hpp"

namespace bordin {

//! An estimate with its confidence interval; NaN where the data do not determine it.
struct ShareInterval {
  double estimate = 0, lower = 0, upper = 0;
  bool boundary = false;  //!< the estimate is at the end of its range and the interval one-sided
};

//! Standard deviations of random effects and shares of variance (intraclass correlations) with confidence intervals.
//!
//! Wald intervals on the scale of the logarithm (standard deviations) and of the logit (shares), from the curvature of the
//! criterion in theta and log s. Columns of the Cholesky factor that vanished are held at 0. Where the likelihood does not
//! exclude that a variance is 0, whatever its estimate, such intervals fail (near 0 the logarithm reaches from nothing to
//! everything): it gets [0, U], U where the criterion, minimised over all other parameters that did not vanish, has risen
//! by the squared normal quantile that also makes the other intervals' ends. Other variances and the residual's are
//! there as they are estimated, or, where the variance itself is estimated as 0, as they are best at U.
class VarianceShares {
 public:
  enum class Of {
    all_variance,    //!< of one effect: that of all levels and the residual's. The intercept's share: at time 0
    between_groups,  //!< of one effect: that of all levels, for effects that residuals have no counterpart to, as slopes
  };

  //! `sums`: those that were fitted. References stay in use.
  void assign(NestedSums const& sums, NestedFit const& fit, double confidence);

  ShareInterval share(int level, int effect, Of of) const;
  ShareInterval standard_deviation(int level, int effect) const;  //!< in the units of y / Z
  ShareInterval residual_sd() const;

 private:
  struct Variance {  // relative to the residual variance
    double value = 0;
    Parameters slope;
  };
  struct Upper {
    double relative = 0, variance = 0;  // at the end of the interval: to the residual variance, in the units of y
    double share = 0, between = 0;      // with the other variances that are best there
  };

  Variance variance(int level, int effect) const;
  Variance total(int effect, Of of) const;
  //! Of a function of theta and the logarithm of the residual variance.
  double std_error(Parameters const& slope, double log_variance_slope) const;
  //! Empty where the likelihood excludes that the variance is 0.
  std::optional<Upper> end_from_zero(int level, int effect, double variance) const;
  void find_covariance();

  NestedSums const* sums_ = nullptr;
  NestedFit const* fit_ = nullptr;
  double quantile_ = 0;
  Curvature covariance_;  // of theta; NaN where it does not exist
};

}  // namespace bordin
