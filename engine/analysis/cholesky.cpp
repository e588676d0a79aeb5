#include "analysis/cholesky.hpp"

#include <cmath>

namespace bordin::cholesky {

using Eigen::Index;

bool factorise(Eigen::MatrixXd& m) {
  for (Index k = 0; k < m.cols(); ++k) {
    for (Index i = k; i < m.rows(); ++i)
      for (Index j = 0; j < k; ++j) m(i, k) -= m(i, j) * m(k, j);
    if (!(m(k, k) > 0 && std::isfinite(m(k, k)))) return false;
    double const pivot = std::sqrt(m(k, k));
    for (Index i = k; i < m.rows(); ++i) m(i, k) /= pivot;
  }
  return true;
}

void solve(Eigen::MatrixXd const& l, Eigen::Ref<Eigen::VectorXd> v) {
  for (Index k = 0; k < v.size(); ++k) {
    for (Index j = 0; j < k; ++j) v[k] -= l(k, j) * v[j];
    v[k] /= l(k, k);
  }
  for (Index k = v.size() - 1; k >= 0; --k) {
    for (Index i = k + 1; i < v.size(); ++i) v[k] -= l(i, k) * v[i];
    v[k] /= l(k, k);
  }
}

void invert(Eigen::MatrixXd const& factor, Eigen::MatrixXd& inverse) {
  inverse.setIdentity();
  for (Index k = 0; k < inverse.cols(); ++k) solve(factor, inverse.col(k));
}

}  // namespace bordin::cholesky
