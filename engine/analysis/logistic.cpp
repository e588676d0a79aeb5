#include "analysis/logistic.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/cholesky.hpp"
#include "analysis/ols.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

double const* sizes_of(LogisticUnits const& units) {
  return units.sizes.size() == 0 ? nullptr : units.sizes.data();
}

// Columns that move along `direction` on the basis, compared in units of what they change in the linear predictor.
std::vector<std::string> moving_terms(VectorXd const& direction, OrthogonalBasis const& basis, Fit const& fit) {
  constexpr double noticeable = 1e-5;
  VectorXd const on_columns = basis.r_inverse() * direction;
  Eigen::MatrixXd const r = basis.r_inverse().inverse();
  VectorXd const moves = on_columns.cwiseAbs().cwiseProduct(r.colwise().norm().transpose());
  std::vector<std::string> terms;
  for (Index k = 0; k < basis.rank(); ++k)
    if (moves[k] > noticeable * moves.maxCoeff())
      terms.push_back(fit.coefficients[static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)])].term);
  if (terms.size() > 1) std::erase(terms, "(Intercept)");
  return terms;
}

}  // namespace

// ---- the maximum

void LogisticMaximum::start(LogisticUnits const& units) {
  Index const n = units.q.rows();
  Index const rank = units.q.cols();
  responses_.resize(n);
  for (auto* v : {&eta_, &eta_step_, &residual_, &weight_}) v->resize(n);
  for (auto* v : {&a_, &step_, &gradient_}) v->setZero(rank);
  information_.setZero(rank, rank);
  inverse_.setZero(rank, rank);
  iterations_ = 0;
  // The logit of the overall rate, as far as the columns can express a constant.
  double const rows = sizes_of(units) == nullptr ? static_cast<double>(n) : units.sizes.sum();
  double const rate = (units.events.sum() + .5) / (rows + 1);
  double const logit = std::log(rate / (1 - rate));
  eta_.setConstant(0);
  for (Index k = 0; k < rank; ++k) {
    // Units of several rows make Q no longer orthonormal: the rows count.
    double const inner = sizes_of(units) == nullptr ? units.q.col(k).sum() : units.q.col(k).dot(units.sizes);
    a_[k] = logit * inner;
    eta_ += a_[k] * units.q.col(k);
  }
  evaluate(units);
}

// Value, slope and curvature at eta.
void LogisticMaximum::evaluate(LogisticUnits const& units) {
  ++iterations_;
  Index const n = eta_.size();
  double const* sizes = sizes_of(units);
  value_ = responses_.at(eta_.data(), units.events.data(), sizes, n);
  Eigen::Map<VectorXd const> const mean(responses_.mean.data(), n);
  Eigen::Map<VectorXd const> const variance(responses_.variance.data(), n);
  if (sizes == nullptr) {
    residual_ = units.events - mean;
    weight_ = variance;
  } else {
    residual_ = units.events - units.sizes.cwiseProduct(mean);
    weight_ = units.sizes.cwiseProduct(variance);
  }
  for (Index k = 0; k < a_.size(); ++k) {
    gradient_[k] = units.q.col(k).dot(residual_);
    eta_step_ = weight_.cwiseProduct(units.q.col(k));
    for (Index l = 0; l <= k; ++l) {
      information_(k, l) = eta_step_.dot(units.q.col(l));
      information_(l, k) = information_(k, l);
    }
  }
}

// Newton's step and the inverse of the information; false where that is not positive definite.
bool LogisticMaximum::solve() {
  if (!cholesky::factorise(information_)) return false;
  cholesky::invert(information_, inverse_);
  step_.noalias() = inverse_ * gradient_;
  decrement_ = 2 * step_.dot(gradient_);
  return step_.allFinite();
}

// Takes Newton's step, or as much of it as does not lower the likelihood.
bool LogisticMaximum::advance(LogisticUnits const& units) {
  constexpr int most = 30;
  double const before = value_;
  double const noise = 1e-13 * std::abs(before);
  double whole = 1;  // part of the step that has been taken
  a_ += step_;
  eta_ += eta_step_;
  for (int i = 0; i < most; ++i) {
    evaluate(units);
    if (value_ >= before - noise) return true;
    double const back = whole / 2;
    a_ -= back * step_;
    eta_.setConstant(0);
    for (Index k = 0; k < a_.size(); ++k) eta_ += a_[k] * units.q.col(k);
    whole = back;
  }
  return false;
}

// A direction in which no row's likelihood falls proves that there is no maximum.
bool LogisticMaximum::separates(LogisticUnits const& units) const {
  constexpr double nothing = 1e-6;
  double const* sizes = sizes_of(units);
  double const largest = eta_step_.cwiseAbs().maxCoeff();
  for (Index i = 0; i < eta_step_.size(); ++i) {
    if (std::abs(eta_step_[i]) <= nothing * largest) continue;
    double const rows = sizes == nullptr ? 1 : sizes[i];
    if (eta_step_[i] > 0 ? units.events[i] < rows : units.events[i] > 0) return false;
  }
  return true;
}

LogisticMaximum::End LogisticMaximum::find(LogisticUnits const& units) {
  constexpr int most = 60;
  constexpr int suspicious = 12;  // data with a maximum need fewer
  constexpr double converged = 1e-8;
  constexpr double far = 1e-12;  // a row's information, where digits run out
  start(units);
  while (iterations_ < most) {
    if (!solve()) return End::stalled;
    eta_step_.setConstant(0);
    for (Index k = 0; k < step_.size(); ++k) eta_step_ += step_[k] * units.q.col(k);
    double const largest = eta_step_.size() == 0 ? 0 : eta_step_.cwiseAbs().maxCoeff();
    if (largest < converged) {
      a_ += step_;
      return End::found;
    }
    bool const vanishing = weight_.minCoeff() < far;
    if (iterations_ >= suspicious && separates(units) && (vanishing || iterations_ > 2 * suspicious)) return End::separated;
    if (!advance(units)) return End::stalled;
  }
  return End::stalled;
}

// ---- the fit

bool report_unusable_outcome(Design const& design, Fit& fit) {
  double const events = design.y.sum();
  for (double const y : design.y) {
    if (y == 0 || y == 1) continue;
    not_estimable(fit, fmt::format("a logistic model needs an outcome of 0 and 1, but it is {} in some row", y));
    return true;
  }
  if (events > 0 && events < static_cast<double>(design.y.size())) return false;
  not_estimable(fit, fmt::format("the outcome is {} in every row", events > 0 ? 1 : 0));
  return true;
}

void report_no_maximum(LogisticMaximum const& maximum, LogisticMaximum::End end, OrthogonalBasis const& basis, Fit& fit) {
  if (end == LogisticMaximum::End::separated) {
    auto const terms = moving_terms(maximum.direction(), basis, fit);
    return not_estimable(fit, fmt::format("{} {} the outcomes 0 and 1 (separation): estimates grow without limit",
                                          enumerate_words(terms), terms.size() == 1 ? "separates" : "together separate"));
  }
  fit.status = FitStatus::not_converged;
  fit.newton_decrement = maximum.decrement();
  fit.message =
      fmt::format("the Newton decrement is {:.1e} after {} iterations", maximum.decrement(), maximum.iterations());
}

void set_logistic_coefficients(OrthogonalBasis const& basis, VectorXd const& on_basis, Eigen::MatrixXd const& covariance,
                               Fit& fit) {
  for (Index k = 0; k < basis.rank(); ++k) {
    auto const column = static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)]);
    if (!basis.estimable()[column]) continue;
    auto const row = basis.r_inverse().row(k);
    // The row's unit is taken out first, lest its square vanish or overflow.
    double const unit = row.cwiseAbs().maxCoeff();
    double variance = 0;
    for (Index l = k; l < basis.rank(); ++l)
      for (Index m = k; m < basis.rank(); ++m) variance += row[l] / unit * covariance(l, m) * (row[m] / unit);
    auto& coefficient = fit.coefficients[column];
    coefficient.estimate = row.dot(on_basis);
    coefficient.std_error = std::sqrt(variance) * unit;
    coefficient.df = std::numeric_limits<double>::infinity();
  }
}

void LogisticRegression::fit(Design const& design, OrthogonalBasis const& basis, Fit& fit) {
  if (report_unusable_outcome(design, fit)) return;
  Index const n = design.y.size();
  auto const end = maximum_.find({{basis.q().data(), n, basis.rank()}, {design.y.data(), n}, {design.y.data(), 0}});
  fit.iterations = maximum_.iterations();
  if (end != LogisticMaximum::End::found) return report_no_maximum(maximum_, end, basis, fit);
  fit.status = FitStatus::ok;
  fit.criterion = -2 * maximum_.log_likelihood();
  fit.newton_decrement = maximum_.decrement();
  set_logistic_coefficients(basis, maximum_.coefficients(), maximum_.covariance(), fit);
  report_dependencies(design, basis, fit);
}

}  // namespace bordin
