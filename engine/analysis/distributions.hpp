#pragma once

namespace bordin {

//! Two-sided p-value of t with `df` degrees of freedom, which may be fractional; infinite df means the normal distribution.
//! NaN where a statistic or df is NaN or df is not positive; never throws. Relative error below 1e-12 (Boost.Math).
double two_sided_p(double statistic, double df);

//! The t (normal, for infinite df) quantile that `probability` lies below. NaN outside 0 < probability < 1; never throws.
double t_quantile(double probability, double df);

}  // namespace bordin
