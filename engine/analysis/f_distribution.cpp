#include "analysis/f_distribution.hpp"

#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

namespace policies = boost::math::policies;

// As for t: errors come back as NaN or infinity.
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>, policies::rounding_error<policies::ignore_error>,
                     policies::indeterminate_result_error<policies::ignore_error>, policies::promote_double<false>>;
using FisherF = boost::math::fisher_f_distribution<double, Quiet>;

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

bool valid(double df1, double df2) {
  return df1 > 0 && df2 > 0 && std::isfinite(df1) && std::isfinite(df2);
}

}  // namespace

double f_upper_p(double statistic, double df1, double df2) {
  if (std::isnan(statistic) || !valid(df1, df2)) return undefined;
  if (statistic <= 0) return 1;
  if (std::isinf(statistic)) return 0;
  return boost::math::cdf(boost::math::complement(FisherF(df1, df2), statistic));
}

double f_quantile(double probability, double df1, double df2) {
  if (!(probability > 0 && probability < 1) || !valid(df1, df2)) return undefined;
  return boost::math::quantile(FisherF(df1, df2), probability);
}

}  // namespace bordin
