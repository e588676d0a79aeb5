#include "analysis/distributions.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "core/quiet_policy.hpp"

namespace bordin {
namespace {

using StudentsT = boost::math::students_t_distribution<double, QuietPolicy>;
using Normal = boost::math::normal_distribution<double, QuietPolicy>;

// From here on t and normal agree to 1e-9 even in the tails of interest, while series for t begin to lose digits.
constexpr double practically_infinite = 1e10;

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

bool valid(double df) {
  return df > 0;  // false for NaN
}

}  // namespace

double two_sided_p(double statistic, double df) {
  if (std::isnan(statistic) || !valid(df)) return undefined;
  double const t = std::abs(statistic);
  if (std::isinf(t)) return 0;
  if (df >= practically_infinite) return std::erfc(t / std::sqrt(2.0));
  return 2 * boost::math::cdf(StudentsT(df), -t);
}

double t_quantile(double probability, double df) {
  if (!(probability > 0 && probability < 1) || !valid(df)) return undefined;
  if (df >= practically_infinite) return boost::math::quantile(Normal(), probability);
  return boost::math::quantile(StudentsT(df), probability);
}

}  // namespace bordin
