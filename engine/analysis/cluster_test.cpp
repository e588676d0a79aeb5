#include "analysis/cluster_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/symmetric_eigen.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void set_variance(std::string const& group, double value, Fit& fit) {
  fit.variances.resize(1);
  auto& variance = fit.variances.front();
  variance.group = group;
  variance.term1 = "(Intercept)";
  variance.value = value;
  variance.sd_or_correlation = std::sqrt(value);
}

}  // namespace

void ClusterTest::sum_clusters(Data const& data) {
  auto const& q = data.basis.q();
  Index const p = q.cols();
  auto const& cluster = data.design.cluster();
  auto const clusters = static_cast<Index>(data.design.clusters());
  sizes_.setZero(clusters);
  sums_.setZero(p + 1, clusters);
  for (Index i = 0; i < q.rows(); ++i) {
    Index const g = cluster[static_cast<std::size_t>(i)];
    sizes_[g] += 1;
    for (Index k = 0; k < p; ++k) sums_(k, g) += q(i, k);
    sums_(p, g) += data.ls.residual[i];
  }
}

// In units of (y / scale)^2.
ClusterVariances ClusterTest::variances(Data const& data) {
  constexpr double nothing = 1e-10;  // of the columns of Q, which have length 1, is left within clusters
  auto const& q = data.basis.q();
  auto const& cluster = data.design.cluster();
  Index const p = q.cols();
  Index const n = q.rows();
  within_.setZero(p + 1, p + 1);
  row_.resize(p + 1);
  for (Index i = 0; i < n; ++i) {
    Index const g = cluster[static_cast<std::size_t>(i)];
    for (Index k = 0; k < p; ++k) row_[k] = q(i, k) - sums_(k, g) / sizes_[g];
    row_[p] = data.ls.residual[i] - sums_(p, g) / sizes_[g];
    for (Index k = 0; k <= p; ++k)
      for (Index l = k; l <= p; ++l) within_(l, k) += row_[l] * row_[k];
  }
  square_ = within_.topLeftCorner(p, p).selfadjointView<Eigen::Lower>();
  values_.resize(p);
  vectors_.resize(p, p);
  symmetric_eigen(square_, values_, vectors_);
  double squares = within_(p, p);
  Index df = n - sizes_.size();
  for (Index k = 0; k < p; ++k) {
    if (values_[k] < nothing) continue;
    double const product = within_.row(p).head(p).dot(vectors_.col(k));
    squares -= product * product / values_[k];
    --df;
  }
  if (df < 1) return {};
  double const within = std::max(squares, 0.0) / static_cast<double>(df);
  double const count = static_cast<double>(n) - sums_.topRows(p).squaredNorm();
  double const between = (data.ls.residual_squares - within * static_cast<double>(n - p)) / count;
  return {.between = std::max(between, 0.0), .within = within};
}

// With mean 1, so that equal caseloads give exactly the unweighted test. False when caseloads differ and nothing says by
// how much that matters.
bool ClusterTest::set_weights(ClusterVariances const& variances) {
  weights_.setOnes(sizes_.size());
  if (sizes_.minCoeff() == sizes_.maxCoeff()) return true;
  weights_.array() = sizes_.array() / (sizes_.array() * variances.between + variances.within);
  weights_ /= weights_.mean();
  return weights_.allFinite();
}

void ClusterTest::add_step(MatrixXd const& q) {
  for (Index k = 0; k < q.cols(); ++k) step_[k] = (q.col(k).array() * weights_.array() * residual_.array()).sum();
  solved_ = inverse_.lazyProduct(step_);
  step_ = solved_;
  on_basis_ += step_;
  for (Index k = 0; k < q.cols(); ++k) residual_ -= q.col(k) * step_[k];
}

// Weighted least squares of the means / scale. Returns the weighted residual squares.
double ClusterTest::solve(Data const& data, double scale) {
  auto const& q = data.means_basis.q();
  Index const p = q.cols();
  square_.resize(p, p);
  for (Index k = 0; k < p; ++k)
    for (Index l = k; l < p; ++l)
      square_(l, k) = square_(k, l) = (q.col(k).array() * q.col(l).array() * weights_.array()).sum();
  values_.resize(p);
  vectors_.resize(p, p);
  symmetric_eigen(square_, values_, vectors_);
  square_ = vectors_ * values_.cwiseInverse().asDiagonal();
  inverse_ = square_.lazyProduct(vectors_.transpose());
  residual_ = data.means.y / scale;
  on_basis_.setZero(p);
  step_.resize(p);
  add_step(q);
  add_step(q);  // what a large mean cost in digits
  return (residual_.array().square() * weights_.array()).sum();
}

void ClusterTest::fit(Data const& data, std::string const& group, Fit& fit) {
  auto const& basis = data.means_basis;
  fit.status = FitStatus::ok;
  fit.message.clear();
  report_dependencies(data.means, basis, fit);
  auto const df = static_cast<double>(data.means.y.size() - basis.rank());
  if (df < 1)
    return not_estimable(fit,
                         fmt::format("{} clusters for {} coefficients leave nothing to estimate the residual variance from",
                                     data.means.y.size(), basis.rank()));
  if (data.ls.exact())
    return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance");
  sum_clusters(data);
  auto const components = variances(data);
  if (!set_weights(components))
    return not_estimable(fit,
                         fmt::format("groups of {} differ in size, and no rows are left to estimate the variance within "
                                     "them from, which the weights need",
                                     group));
  double const scale = binary_scale(data.means.y);
  double const squares = solve(data, scale);
  constexpr double rounding = 1e-13;
  if (!(std::sqrt(squares) > rounding * std::sqrt((data.means.y / scale).squaredNorm())))
    return not_estimable(fit, "the clusters' means are equal or fitted exactly: there is no residual variance");

  double const residual = std::sqrt(squares / df);
  fit.sigma = residual * scale;
  set_variance(group, components.between * data.ls.scale * data.ls.scale, fit);
  for (Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (!basis.estimable()[column]) continue;
    auto& coefficient = fit.coefficients[column];
    coefficient.estimate = basis.r_inverse().row(k).dot(on_basis_) * scale;
    step_ = basis.r_inverse().row(k).transpose();
    double const unit = step_.cwiseAbs().maxCoeff();
    step_ /= unit;
    coefficient.std_error = std::sqrt(step_.dot(inverse_.lazyProduct(step_))) * unit * residual * scale;
    coefficient.df = df;
  }
}

}  // namespace bordin
