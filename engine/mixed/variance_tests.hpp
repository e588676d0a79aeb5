#pragma once

namespace bordin {

//! What a null hypothesis takes out of the covariance matrices of the random effects.
enum class Removed {
  covariances,     //!< no variance: a point inside the parameter space
  one_effect,      //!< one random effect with its variance and its covariances with the effects that stay
  several_effects  //!< more than one variance
};

struct VarianceTest {
  double statistic = 0;  //!< difference of the criteria, not below 0
  double p_value = 0;
};

//! Likelihood-ratio test of nested models that differ in `parameters` variances and covariances; both fitted by ML, or both
//! by REML with the same coefficients.
//!
//! A variance of 0 lies on the boundary, and the statistic is distributed as a mixture of chi-squares (Self & Liang 1987;
//! Stram & Lee 1994). one_effect: 1/2 chi2(d-1) + 1/2 chi2(d), d = `parameters`: 1/2 chi2(0) + 1/2 chi2(1) for a variance,
//! 1/2 chi2(1) + 1/2 chi2(2) for a random slope and its covariance with the intercept. several_effects: the weights depend
//! on the data, but those of even and of odd degrees of freedom add up to 1/2 each (Shapiro 1988), so that the same formula
//! is an upper bound of the p-value. covariances: chi2(d).
VarianceTest test_variances(double criterion_without, double criterion_with, int parameters, Removed removed);

//! P(chi2(df) > x); df = 0 is a point mass at 0. NaN for NaN.
double chi_square_tail(double x, int df);

}  // namespace bordin
