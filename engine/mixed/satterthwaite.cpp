#include "mixed/satterthwaite.hpp"

namespace bordin {

Satterthwaite::Satterthwaite(Curvature const& curvature, Parameters const& log_rho_slope, double degrees)
    : eigen_(curvature), log_rho_slope_(log_rho_slope), degrees_(degrees) {}

double Satterthwaite::df(Parameters const& log_variance_slope) const {
  constexpr double flat = 1e-9;
  Parameters const along = eigen_.eigenvectors().transpose() * (log_variance_slope + log_rho_slope_);
  auto const& curvature = eigen_.eigenvalues();
  double sum = 1 / degrees_;
  for (Eigen::Index i = 0; i < along.size(); ++i)
    if (curvature[i] > flat * curvature[curvature.size() - 1]) sum += along[i] * along[i] / curvature[i];
  return 1 / sum;
}

}  // namespace bordin
