#include "analysis/fixed_clusters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Columns = std::vector<Index>;

Eigen::MatrixXd selected(Eigen::MatrixXd const& x, Columns const& columns) {
  Eigen::MatrixXd out(x.rows(), static_cast<Index>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) out.col(static_cast<Index>(i)) = x.col(columns[i]);
  return out;
}

// Some columns of the rows as means of clusters and deviations from them.
struct Parted {
  Eigen::MatrixXd means;
  Eigen::MatrixXd deviations;
};

class Clusters {
 public:
  explicit Clusters(Design const& design)
      : of_row_(design.cluster()), sizes_(Eigen::VectorXd::Zero(static_cast<Index>(design.clusters()))) {
    for (auto const cluster : of_row_) sizes_[cluster] += 1;
  }

  Index count() const { return sizes_.size(); }
  Eigen::VectorXd const& sizes() const { return sizes_; }

  bool constant(Eigen::Ref<Eigen::VectorXd const> const& x) const {
    Eigen::VectorXd seen = Eigen::VectorXd::Constant(count(), not_a_number);
    for (Index row = 0; row < x.size(); ++row) {
      double& value = seen[at(row)];
      if (std::isnan(value)) value = x[row];
      if (value != x[row]) return false;
    }
    return true;
  }

  Eigen::VectorXd means(Eigen::Ref<Eigen::VectorXd const> const& x) const {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(count());
    for (Index row = 0; row < x.size(); ++row) sums[at(row)] += x[row];
    return sums.cwiseQuotient(sizes_);
  }

  // Twice: the mean of the deviations is what rounding left of it.
  void part(Eigen::Ref<Eigen::VectorXd> x, Eigen::Ref<Eigen::VectorXd> means_of_x) const {
    means_of_x.setZero();
    for (int pass = 0; pass < 2; ++pass) {
      Eigen::VectorXd const own = means(x);
      for (Index row = 0; row < x.size(); ++row) x[row] -= own[at(row)];
      means_of_x += own;
    }
  }

  Parted parted(Eigen::MatrixXd columns) const {
    Parted out{Eigen::MatrixXd(count(), columns.cols()), std::move(columns)};
    for (Index c = 0; c < out.means.cols(); ++c) part(out.deviations.col(c), out.means.col(c));
    return out;
  }

 private:
  Index at(Index row) const { return of_row_[static_cast<std::size_t>(row)]; }

  std::vector<std::int32_t> const& of_row_;
  Eigen::VectorXd sizes_;
};

// A part of the coefficients as a fit of its own.
Fit part_of(Fit const& fit, Columns const& columns) {
  Fit part;
  part.status = FitStatus::ok;
  for (auto const c : columns) part.coefficients.push_back({.term = fit.coefficients[static_cast<std::size_t>(c)].term});
  return part;
}

void put_back(Fit& part, Columns const& columns, Fit& fit) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    fit.coefficients[static_cast<std::size_t>(columns[i])] = part.coefficients[i];
  if (part.status != FitStatus::ok) not_estimable(fit, part.message);
}

// `std_error`: of the coefficient in a row of the inverse of R.
template <class StdError>
void set_errors(OrthogonalBasis const& basis, double df, StdError const& std_error, Fit& part) {
  for (Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (!basis.estimable()[column]) continue;
    part.coefficients[column].std_error = std_error(basis.r_inverse().row(k));
    part.coefficients[column].df = df;
  }
}

// Deviations carry the rounding of what they were taken from.
double tolerance_of_deviations(Eigen::MatrixXd const& raw, Eigen::MatrixXd const& deviations, double tolerance) {
  double worst = 1;
  for (Index c = 0; c < raw.cols(); ++c) worst = std::max(worst, raw.col(c).stableNorm() / deviations.col(c).stableNorm());
  return std::min(tolerance * worst, 1e-3);
}

}  // namespace

void fit_fixed_clusters(Design const& design, double tolerance, std::string const& group, Fit& fit) {
  Clusters const clusters(design);
  Columns within, between;
  for (Index c = 0; c < design.x.cols(); ++c) (clusters.constant(design.x.col(c)) ? between : within).push_back(c);

  double const scale = binary_scale(design.y);
  Parted y = clusters.parted(design.y / scale);
  Eigen::MatrixXd const raw = selected(design.x, within);
  Parted x = clusters.parted(raw);
  double const own_tolerance = tolerance_of_deviations(raw, x.deviations, tolerance);
  OrthogonalBasis const basis(std::move(x.deviations), own_tolerance);
  if (!basis.finite()) return not_estimable(fit, "products of columns too large for double precision");

  auto const df = static_cast<double>(design.y.size() - clusters.count() - basis.rank());
  if (df < 1)
    return not_estimable(fit, fmt::format("{} rows of {} groups of {} leave nothing to estimate the residual variance from",
                                          design.y.size(), clusters.count(), group));
  double const rounding = 1e-13 * (design.y / scale).norm();
  Eigen::VectorXd residual = y.deviations.col(0);
  auto const [on_basis, whole, rest] = orthogonalise(residual, basis.q(), basis.rank());
  if (!(rest > rounding))
    return not_estimable(fit, fmt::format("nothing varies within any {}: there is no residual variance", group));
  double const s = rest / std::sqrt(df);
  fit.status = FitStatus::ok;
  fit.sigma = s * scale;

  Fit part = part_of(fit, within);
  set_estimates(basis, on_basis, scale, part);
  set_errors(
      basis, df, [&](auto const& row) { return s * row.norm() * scale; }, part);
  report_dependencies(design, basis, part);
  put_back(part, within, fit);
  if (!basis.full_rank()) return;  // the means cannot be adjusted

  OrthogonalBasis const means_basis(clusters.parted(selected(design.x, between)).means, tolerance);
  if (!means_basis.finite()) return not_estimable(fit, "products of columns too large for double precision");
  Eigen::MatrixXd const adjustment = x.means * basis.r_inverse();
  Eigen::VectorXd means = y.means.col(0) - adjustment * on_basis;
  Eigen::VectorXd const on_means = orthogonalise(means, means_basis.q(), means_basis.rank()).on_basis;
  auto const std_error = [&](auto const& row) {
    Eigen::VectorXd const weights = means_basis.q() * row.transpose();  // of the clusters' means
    double const own = (weights.array().square() / clusters.sizes().array()).sum();
    return s * std::sqrt(own + (adjustment.transpose() * weights).squaredNorm()) * scale;
  };
  part = part_of(fit, between);
  set_estimates(means_basis, on_means, scale, part);
  set_errors(means_basis, df, std_error, part);
  report_dependencies(design, means_basis, part);
  put_back(part, between, fit);
}

}  // namespace bordin
