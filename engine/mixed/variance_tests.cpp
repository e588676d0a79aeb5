#include "mixed/variance_tests.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

namespace policies = boost::math::policies;
// Errors come back as NaN or infinity, never as exceptions.
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;

}  // namespace

double chi_square_tail(double x, int df) {
  if (std::isnan(x) || df < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x <= 0) return df == 0 && x == 0 ? 0 : 1;
  if (df == 0 || std::isinf(x)) return 0;
  return boost::math::gamma_q(df / 2.0, x / 2, Quiet());
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
