#include "analysis/gauss_hermite.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

#include "core/errors.hpp"

namespace bordin {
namespace {

using Eigen::Index;

// The sum of squares of the first `count` orthonormal Hermite polynomials: one over the node's weight. Weights taken from
// eigenvectors, as Golub and Welsch do it, lose the far nodes, whose weights are tiny.
double sum_of_squares(Index count, double z) {
  double before = 0;
  double polynomial = 1;
  double sum = 0;
  for (Index j = 0; j < count; ++j) {
    sum += polynomial * polynomial;
    auto const n = static_cast<double>(j);
    double const next = (z * polynomial - std::sqrt(n) * before) / std::sqrt(n + 1);
    before = polynomial;
    polynomial = next;
  }
  return sum;
}

}  // namespace

GaussHermite::GaussHermite(int count) : nodes(count), log_weights(count) {
  BORDIN_EXPECT(count >= 1 && count <= 100);
  Index const n = count;
  // Golub & Welsch (1969): nodes are the eigenvalues of the Jacobi matrix of the polynomials' recurrence.
  Eigen::VectorXd const diagonal = Eigen::VectorXd::Zero(n);
  Eigen::VectorXd const beside = Eigen::VectorXd::LinSpaced(n - 1, 1, static_cast<double>(n - 1)).cwiseSqrt();
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside, Eigen::EigenvaluesOnly);
  nodes = (solver.eigenvalues() - solver.eigenvalues().reverse()) / 2;
  for (Index k = 0; k < n; ++k) log_weights[k] = -std::log(sum_of_squares(n, nodes[k]));
}

}  // namespace bordin
