#include "therapy/session_process.hpp"

#include <fmt/format.h>

#include "core/errors.hpp"
#include "therapy/correlation.hpp"

namespace bordin {
namespace {

using Eigen::Matrix3d;
using Eigen::Matrix4d;
using Eigen::Vector3d;

void refuse_explosion(AllianceParameters const& alliance, SymptomParameters const& symptoms, double kappa, double shift) {
  double const product = kappa / shift * alliance.lag;
  double const bound = (1 - alliance.autocorrelation) * (1 - symptoms.autocorrelation);
  if (product >= bound) {
    throw ScenarioError(
        {}, "alliance.kappa",
        fmt::format(
            "kappa {} and lag {} let alliance and symptoms drive each other without bound: kappa*lag*sum(weights)/norm "
            "is {:.3g} and must be below (1 - alliance.autocorrelation)(1 - symptoms.autocorrelation) = {:.3g}",
            kappa, alliance.lag, product, bound));
  }
}

}  // namespace

double SessionProcess::composite_autocovariance(Composite const& composite, int lag) const {
  Matrix4d moved = covariance;
  for (int k = 0; k < lag; ++k) moved = step * moved;
  Vector3d const v(composite.weight[0], composite.weight[1], composite.weight[2]);
  return v.dot(moved.topLeftCorner<3, 3>() * v);
}

SessionProcess session_process(AllianceParameters const& alliance, SymptomParameters const& symptoms) {
  auto const composite = composite_of(alliance.weights, alliance.loadings);
  bool const alliance_moves = alliance.session_share > 0;
  double const kappa = alliance_moves ? alliance.kappa : 0;
  double const lag = alliance_moves ? alliance.lag : 0;
  double const phi = alliance.autocorrelation;
  double const phi_e = symptoms.autocorrelation;
  if (kappa > 0 && lag > 0) refuse_explosion(alliance, symptoms, kappa, composite.shift);

  Matrix3d const r = component_correlations(alliance.loadings);
  Vector3d const a = lag * Vector3d(composite.weight[0], composite.weight[1], composite.weight[2]);
  Vector3d const ones = Vector3d::Ones();
  double const v_s = alliance.session_share;
  double const v_e = symptoms.fluctuation_share;
  // The innovations of alliance and symptoms are independent, which fixes their stationary covariance p.
  Matrix3d const left = (1 - phi * phi_e) * Matrix3d::Identity() - kappa * ones * a.transpose();
  Vector3d const p = left.partialPivLu().solve(-phi * v_s * (r * a) - kappa * phi_e * v_e * ones);

  SessionProcess process;
  process.step.topLeftCorner<3, 3>() = phi * Matrix3d::Identity();
  process.step.topRightCorner<3, 1>() = -kappa * ones;
  process.step.bottomLeftCorner<1, 3>() = -a.transpose();
  process.step(3, 3) = phi_e;
  process.covariance.topLeftCorner<3, 3>() = v_s * r;
  process.covariance.topRightCorner<3, 1>() = p;
  process.covariance.bottomLeftCorner<1, 3>() = p.transpose();
  process.covariance(3, 3) = v_e;

  Matrix4d innovation = process.covariance - process.step * process.covariance * process.step.transpose();
  innovation.topRightCorner<3, 1>().setZero();
  innovation.bottomLeftCorner<1, 3>().setZero();
  constexpr char const* what =
      "alliance.session_share, alliance.kappa, alliance.lag and symptoms.fluctuation_share (innovation variances of the "
      "session process)";
  process.start_factor = lower_factor(process.covariance, "alliance.kappa", what);
  process.innovation_factor = lower_factor(innovation, "alliance.kappa", what);
  return process;
}

}  // namespace bordin
