#include "analysis/symmetric_eigen.hpp"

#include <cmath>

namespace bordin {
namespace {

using Eigen::Index;

// Columns p and q of `m` become c p - s q and s p + c q.
void rotate(double* p, double* q, Index rows, double c, double s) {
  for (Index i = 0; i < rows; ++i) {
    double const a = p[i];
    double const b = q[i];
    p[i] = c * a - s * b;
    q[i] = s * a + c * b;
  }
}

// Makes element (p, q) zero; rows follow from columns by symmetry.
void annihilate(Eigen::Ref<Eigen::MatrixXd> m, Eigen::Ref<Eigen::MatrixXd> vectors, Index p, Index q) {
  double const element = m(p, q);
  double const theta = (m(q, q) - m(p, p)) / (2 * element);
  double const t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  double const c = 1 / std::sqrt(t * t + 1);
  double const s = t * c;
  double const first = m(p, p) - t * element;
  double const second = m(q, q) + t * element;
  rotate(m.col(p).data(), m.col(q).data(), m.rows(), c, s);
  m.row(p) = m.col(p).transpose();
  m.row(q) = m.col(q).transpose();
  m(p, p) = first;
  m(q, q) = second;
  m(p, q) = m(q, p) = 0;
  rotate(vectors.col(p).data(), vectors.col(q).data(), m.rows(), c, s);
}

}  // namespace

void symmetric_eigen(Eigen::Ref<Eigen::MatrixXd> matrix, Eigen::Ref<Eigen::VectorXd> values,
                     Eigen::Ref<Eigen::MatrixXd> vectors) {
  constexpr int most = 30;  // sweeps; it converges quadratically, usually in 3 to 6
  constexpr double negligible = 1e-16;
  vectors.setIdentity();
  double const floor = matrix.size() == 0 ? 0 : negligible * negligible * matrix.diagonal().cwiseAbs().maxCoeff();
  bool done = false;
  for (int sweep = 0; sweep < most && !done; ++sweep) {
    done = true;
    for (Index q = 1; q < matrix.cols(); ++q)
      for (Index p = 0; p < q; ++p) {
        double const size = std::abs(matrix(p, q));
        if (size <= floor || size <= negligible * std::sqrt(std::abs(matrix(p, p) * matrix(q, q)))) continue;
        annihilate(matrix, vectors, p, q);
        done = false;
      }
  }
  values = matrix.diagonal();
}

}  // namespace bordin
