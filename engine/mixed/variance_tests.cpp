#include "mixed/variance_tests.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

#include "core/quiet_policy.hpp"

namespace bordin {

double chi_square_tail(double x, int df) {
  if (std::isnan(x) || df < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x <= 0) return df == 0 && x == 0 ? 0 : 1;
  if (df == 0 || std::isinf(x)) return 0;
  return boost::math::gamma_q(df / 2.0, x / 2, QuietPolicy());
}

VarianceTest test_variances(double criterion_without, double criterion_with, int parameters, Removed removed) {
  double const difference = criterion_without - criterion_with;
  VarianceTest out{.statistic = difference < 0 ? 0 : difference, .p_value = 1};
  if (std::isnan(difference)) out.p_value = difference;
  if (!(difference > 0)) return out;
  double const all = chi_square_tail(difference, parameters);
  out.p_value = removed == Removed::covariances ? all : (all + chi_square_tail(difference, parameters - 1)) / 2;
  return out;
}

}  // namespace bordin
