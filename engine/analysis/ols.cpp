#include "analysis/ols.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/text.hpp"

namespace bordin {
namespace {

// Residuals of an exact fit come out below 1e-15 of y times a small factor; real data never come near this.
constexpr double rounding = 1e-13;

std::vector<std::string> names_of(Fit const& fit) {
  std::vector<std::string> out;
  for (auto const& coefficient : fit.coefficients) out.push_back(coefficient.term);
  return out;
}

}  // namespace

LeastSquares::LeastSquares(Eigen::VectorXd const& y, OrthogonalBasis const& basis)
    : scale(binary_scale(y)), residual(y * (1 / scale)) {
  auto projection = orthogonalise(residual, basis.q(), basis.rank());
  on_basis = std::move(projection.on_basis);
  residual_squares = projection.rest * projection.rest;
  noise = rounding * projection.whole;
}

bool LeastSquares::exact() const {
  return !(std::sqrt(residual_squares) > noise);
}

void fit_ols(Design const& design, OrthogonalBasis const& basis, std::string const& unit, Fit& fit) {
  LeastSquares const ls(design.y, basis);
  set_estimates(basis, ls.on_basis, ls.scale, fit);
  fit.status = FitStatus::ok;
  report_dependencies(design, basis, fit);
  auto const df = static_cast<double>(design.y.size() - basis.rank());
  if (df < 1)
    return not_estimable(fit, fmt::format("{} {} for {} coefficients leave nothing to estimate the residual variance from",
                                          design.y.size(), unit, basis.rank()));
  if (ls.exact()) return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance");
  fit.sigma = std::sqrt(ls.residual_squares / df) * ls.scale;
  for (Eigen::Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (!basis.estimable()[column]) continue;
    fit.coefficients[column].std_error = fit.sigma * basis.r_inverse().row(k).stableNorm();
    fit.coefficients[column].df = df;
  }
}

void set_estimates(OrthogonalBasis const& basis, Eigen::VectorXd const& on_basis, double scale, Fit& fit) {
  for (Eigen::Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (basis.estimable()[column]) fit.coefficients[column].estimate = basis.r_inverse().row(k).dot(on_basis) * scale;
  }
}

void report_dependencies(Design const& design, OrthogonalBasis const& basis, Fit& fit) {
  if (basis.full_rank()) return;
  if (!design.empty_levels.empty())
    not_estimable(fit, fmt::format("no complete row has {}", enumerate_words(design.empty_levels, "or")));
  else
    not_estimable(fit, basis.dependencies(names_of(fit)));
}

void not_estimable(Fit& fit, std::string const& reason) {
  fit.status = FitStatus::not_estimable;
  if (!fit.message.empty()) fit.message += "; ";
  fit.message += reason;
}

}  // namespace bordin
