#pragma once

namespace bordin {

//! P(F > statistic), F with `df1` and `df2` degrees of freedom. NaN where anything is NaN or not positive df; never throws.
double f_upper_p(double statistic, double df1, double df2);

//! The F quantile that `probability` lies below. NaN outside 0 < probability < 1; never throws.
double f_quantile(double probability, double df1, double df2);

}  // namespace bordin
