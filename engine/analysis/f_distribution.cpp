#include "analysis/f_distribution.hpp"

#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <limits>

#include "core/quiet_policy.hpp"

namespace bordin {
namespace {

using FisherF = boost::math::fisher_f_distribution<double, QuietPolicy>;

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
