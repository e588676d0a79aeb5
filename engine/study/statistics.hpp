#pragma once

#include <cstdint>
#include <vector>

#include "core/moments.hpp"

namespace bordin {

//! A column. NaN is missing: a row with a missing value among those a statistic looks at is left out.
using Numbers = std::vector<double>;
//! To which therapist, client ... a row belongs.
using Groups = std::vector<std::int32_t>;

PairMoments pair_moments(Numbers const& x, Numbers const& y);
double correlation(Numbers const& x, Numbers const& y);
//! Correlation of x and y with the linear part of `given` taken out of both.
double partial_correlation(Numbers const& x, Numbers const& y, Numbers const& given);
//! Share of the variance of y that all predictors explain together (least squares).
double joint_r_squared(std::vector<Numbers> const& predictors, Numbers const& y);
//! What a straight line on x leaves of y.
Numbers residuals(Numbers const& y, Numbers const& x);
//! (mean a - mean b) / SD within both.
double standardised_difference(Numbers const& a, Numbers const& b);

//! One-way layout with groups of unequal size by analysis of variance: unbiased, so `between` can be negative.
struct OneWayLayout {
  double mean = 0;
  double between = 0;  //!< variance of the groups' effects
  double within = 0;
};
OneWayLayout one_way_layout(Numbers const& values, Groups const& group);
//! between / (between + within)
double anova_icc(Numbers const& values, Groups const& group);

//! Correlation of the groups' effects on x and y, and within groups, from the same analysis of variance of both.
struct CorrelationParts {
  double between = 0;
  double within = 0;
};
CorrelationParts correlation_parts(Numbers const& x, Numbers const& y, Groups const& group);

//! Variances of three levels: of the outer groups, of the inner groups in them, and within these. The outer part is that of
//! the inner groups' means.
struct NestedLayout {
  double outer = 0;
  double inner = 0;
  double within = 0;
};
NestedLayout nested_layout(Numbers const& values, Groups const& inner, Groups const& outer_of_inner);

//! Reliability of the mean of `times` measurements when that of one is `reliability` (Spearman 1910, Brown 1910).
double spearman_brown(double reliability, double times);

//! SD of a normal effect on the logit whose inverse logit has this mean and variance over groups; 0 for no variance.
double logit_normal_sd(double mean, double variance);
//! How groups differ in a yes-or-no outcome, as the SD of a normal effect on the logit. Moment estimator: the variance
//! between groups by analysis of variance is taken for that of the groups' probabilities, and the logit-normal distribution
//! with this mean and variance is found by quadrature.
double latent_sd(Numbers const& yes, Groups const& group);

//! Standardised coefficients of y(s + 1) on x(s) and y(s), each person's mean taken out of both. Rows are one per person
//! and occasion, an occasion after the other. With few occasions both are biased downwards: about -(1 + phi) / (T - 1) for
//! `own` (Nickell 1981).
struct LaggedEffects {
  double cross = 0;  //!< of x(s)
  double own = 0;    //!< of y(s)
};
LaggedEffects lagged_effects(Numbers const& x, Numbers const& y, Groups const& person);

//! Probability that one of a is above one of b (area under the ROC curve), ties counted half.
double probability_above(Numbers const& a, Numbers const& b);

//! Of a yes-or-no column it is the share of yes.
double mean(Numbers const& values);

}  // namespace bordin
