#include "therapy/correlation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/errors.hpp"

namespace bordin {

Eigen::MatrixXd lower_factor(Eigen::MatrixXd const& matrix, std::string const& key, std::string const& what) {
  double const smallest =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(matrix, Eigen::EigenvaluesOnly).eigenvalues().minCoeff();
  if (smallest < -1e-9) {
    throw ScenarioError(
        {}, key,
        fmt::format("{} contradict each other: the matrix has the eigenvalue {:.3g} and must have none below 0. "
                    "Move them nearer to 0",
                    what, smallest));
  }
  Eigen::MatrixXd lower = Eigen::MatrixXd::Zero(matrix.rows(), matrix.cols());
  for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
    double const left = matrix(j, j) - lower.row(j).head(j).squaredNorm();
    if (left < 1e-12) continue;
    lower(j, j) = std::sqrt(left);
    for (Eigen::Index i = j + 1; i < matrix.rows(); ++i)
      lower(i, j) = (matrix(i, j) - lower.row(i).head(j).dot(lower.row(j).head(j))) / lower(j, j);
  }
  return lower;
}

Eigen::Matrix3d component_correlations(AllianceLoadings const& loadings) {
  auto const load = loadings.array();
  Eigen::Vector3d const l(load[0], load[1], load[2]);
  Eigen::Matrix3d r = l * l.transpose();
  r.diagonal().setOnes();
  return r;
}

}  // namespace bordin
