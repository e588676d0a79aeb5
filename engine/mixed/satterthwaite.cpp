#include "mixed/satterthwaite.hpp"

#include <Eigen/Eigenvalues>

namespace bordin {
namespace {

constexpr double flat = 1e-9;  // relative to the largest curvature

}  // namespace

Satterthwaite::Satterthwaite(Curvature const& curvature, Parameters const& log_rho_slope, double degrees)
    : factor_(curvature), log_rho_slope_(log_rho_slope), degrees_(degrees) {
  auto const pivots = factor_.matrixLLT().diagonal().cwiseAbs2();
  flat_ = factor_.info() != Eigen::Success || !(pivots.minCoeff() > 1e-7 * pivots.maxCoeff());
  if (!flat_) return;
  Eigen::SelfAdjointEigenSolver<Curvature> const eigen(curvature);
  Parameters weights = eigen.eigenvalues();
  double const largest = weights[weights.size() - 1];
  for (double& weight : weights) weight = weight > flat * largest ? 1 / weight : 0;
  inverse_ = eigen.eigenvectors() * weights.asDiagonal() * eigen.eigenvectors().transpose();
}

double Satterthwaite::df(Parameters const& log_variance_slope) const {
  Parameters const u = log_variance_slope + log_rho_slope_;
  double const quadratic = flat_ ? u.dot(inverse_ * u) : factor_.matrixL().solve(u).eval().squaredNorm();
  return 1 / (1 / degrees_ + quadratic);
}

}  // namespace bordin
