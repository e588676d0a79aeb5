#include "analysis/logistic_intercept.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "analysis/cholesky.hpp"
#include "analysis/ols.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double converged = 1e-8;  // Newton decrement of -2 log-likelihood

std::string counting_problem(Design const& design, std::string const& group) {
  if (design.clusters() < 2) return fmt::format("{} has only one group in the complete rows", group);
  if (design.clusters() == static_cast<std::size_t>(design.y.size()))
    return fmt::format("every group of {} has a single row", group);
  return "";
}

}  // namespace

// ---- the parameter x: it behaves like lambda near 0 and like its logarithm far out, so that one Newton method serves all

double LogisticRandomIntercept::theta_at(double x) const {
  return std::sqrt(std::expm1(x) * unit_);
}

void LogisticRandomIntercept::evaluate(Point const& point) {
  likelihood_.evaluate(point.a, theta_at(point.x));
}

// From (a, theta) to (a, x), and from maximising to minimising. d theta / d x = (lambda + 1/k) / (2 theta).
void LogisticRandomIntercept::transform_derivatives(double x) {
  Index const rank = slope_.size() - 1;
  double const theta = theta_at(x);
  double const speed = (theta * theta + unit_) / (2 * theta);
  double const change = speed - speed * speed / theta;  // d^2 theta / d x^2
  double const by_theta = likelihood_.gradient()[rank];
  slope_ = likelihood_.gradient();
  slope_[rank] *= speed;
  curvature_ = -likelihood_.hessian();
  curvature_.row(rank) *= speed;
  curvature_.col(rank) *= speed;
  curvature_(rank, rank) -= by_theta * change;
}

// ---- search

void LogisticRandomIntercept::set_sizes() {
  Index const d = likelihood_.gradient().size();
  for (auto* v : {&slope_, &step_}) v->resize(d);
  for (auto* m : {&curvature_, &factor_, &inverse_}) m->resize(d, d);
  at_.a.resize(d - 1);
  trial_.a.resize(d - 1);
}

// d log-likelihood / d lambda at lambda = 0, which is even in theta: half of the second derivative in theta.
double LogisticRandomIntercept::slope_at_zero() {
  likelihood_.evaluate(plain_.coefficients(), 0);
  Index const rank = plain_.coefficients().size();
  return likelihood_.hessian()(rank, rank) / 2;
}

// Newton's step where the curvature is positive definite; otherwise with as much added to the diagonal as makes it so.
// Returns whether nothing had to be added.
bool LogisticRandomIntercept::propose(double& decrement) {
  transform_derivatives(at_.x);
  Index const rank = slope_.size() - 1;
  double ridge = 0;
  for (int i = 0; i < 60; ++i) {
    factor_ = curvature_;
    if (ridge > 0)
      for (Index k = 0; k <= rank; ++k) factor_(k, k) += ridge * (std::abs(curvature_(k, k)) + .1 * (k == rank ? 1 : .1));
    if (cholesky::factorise(factor_)) {
      step_ = slope_;
      cholesky::solve(factor_, step_);
      decrement = 2 * step_.dot(slope_);
      return ridge == 0;
    }
    ridge = ridge == 0 ? 1e-3 : ridge * 4;
  }
  step_.setZero();
  decrement = not_a_number;
  return false;
}

// Goes along the step as far as the likelihood does not fall; false if it falls however short the step.
bool LogisticRandomIntercept::advance() {
  constexpr int most = 40;
  constexpr double farthest = 2.5;  // in x: a factor of 12 in the variance
  constexpr double closest = .1;    // of x: 0 itself is left to the check there
  double const before = likelihood_.value();
  double const by_x = step_[step_.size() - 1];
  double part = std::abs(by_x) > farthest ? farthest / std::abs(by_x) : 1;
  if (at_.x + part * by_x < closest * at_.x) part = (closest - 1) * at_.x / by_x;
  for (int i = 0; i < most; ++i) {
    trial_.a = at_.a + part * step_.head(at_.a.size());
    trial_.x = at_.x + part * by_x;
    evaluate(trial_);
    if (likelihood_.value() >= before - 1e-13 * std::abs(before)) {
      at_.a = trial_.a;
      at_.x = trial_.x;
      return true;
    }
    part /= 2;
  }
  evaluate(at_);
  return false;
}

LogisticRandomIntercept::End LogisticRandomIntercept::search(double lambda, Fit& fit) {
  constexpr int most = 100;
  constexpr double limit = 100;     // of theta: an intraclass correlation of .9997
  constexpr double nothing = 1e-9;  // of x
  constexpr double exact = 1e-18;   // of the decrement
  constexpr double small = 1e-2;    // of a step in x or on the basis
  // A random intercept stretches the other coefficients by about this factor (Zeger, Liang & Albert 1988).
  at_.a = plain_.coefficients() * std::sqrt(1 + .346 * lambda);
  at_.x = std::log1p(lambda / unit_);
  evaluate(at_);
  double before = std::numeric_limits<double>::infinity();  // the last decrement
  for (int i = 0; i < most; ++i) {
    ++fit.iterations;
    bool const convex = propose(fit.newton_decrement);
    // Where the likelihood is nearly flat, the decrement alone says nothing: parameters may be on their way to infinity.
    bool const near = convex && fit.newton_decrement < converged && step_.cwiseAbs().maxCoeff() < small;
    // Where rounding ends quadratic convergence, no step makes the decrement smaller.
    if (near && (fit.newton_decrement < exact || fit.newton_decrement > before / 4)) return End::inside;
    if (at_.x < nothing) return End::boundary;
    if (theta_at(at_.x) > limit) return End::limitless;
    before = near ? fit.newton_decrement : std::numeric_limits<double>::infinity();
    if (!advance()) return near ? End::inside : End::stalled;
  }
  return End::stalled;
}

// ---- the fit

// Covariance of (a, theta).
bool LogisticRandomIntercept::invert_information() {
  factor_ = -likelihood_.hessian();
  if (!cholesky::factorise(factor_)) return false;
  cholesky::invert(factor_, inverse_);
  return true;
}

void LogisticRandomIntercept::set_result(OrthogonalBasis const& basis, std::string const& group, double theta, Fit& fit) {
  theta_ = theta;
  fit.variances.resize(1);
  auto& variance = fit.variances.front();
  variance.group = group;
  variance.term1 = "(Intercept)";
  variance.term2.clear();
  variance.value = theta * theta;
  variance.sd_or_correlation = theta;
  if (theta == 0) {
    fit.status = FitStatus::singular;
    fit.message = fmt::format("the variance of {} is estimated as 0", group);
    fit.criterion = -2 * plain_.log_likelihood();
    fit.newton_decrement = plain_.decrement();
    set_logistic_coefficients(basis, plain_.coefficients(), plain_.covariance(), fit);
  } else {
    fit.status = FitStatus::ok;
    fit.criterion = -2 * likelihood_.value();
    set_logistic_coefficients(basis, at_.a, inverse_, fit);
  }
}

void LogisticRandomIntercept::fit(Design const& design, OrthogonalBasis const& basis, std::string const& group, Fit& fit) {
  if (report_unusable_outcome(design, fit)) return;
  auto const counting = counting_problem(design, group);
  if (!counting.empty()) return not_estimable(fit, counting);
  likelihood_.load(design, basis);
  if (!likelihood_.data().varies_within())
    return not_estimable(
        fit, fmt::format("within every group of {} all outcomes are the same: its variance has no limit", group));
  set_sizes();
  auto const plain = plain_.find(likelihood_.data().units());
  fit.iterations = plain_.iterations();
  if (plain != LogisticMaximum::End::found) return report_no_maximum(plain_, plain, basis, fit);

  double const slope = slope_at_zero();
  double const information = likelihood_.squared_information() / 2;  // of lambda at 0
  unit_ = 1 / likelihood_.mean_information();
  constexpr double nothing = 1e-10;
  bool const falls = slope <= nothing * std::sqrt(information);  // from theta = 0 on
  auto const end = search(falls ? unit_ : slope / information, fit);
  bool const inside = end == End::inside && !(falls && likelihood_.value() <= plain_.log_likelihood());
  if (end == End::limitless && likelihood_.value() > plain_.log_likelihood())
    return not_estimable(
        fit, fmt::format("outcomes hardly vary within the groups of {}: its variance grows without limit", group));
  if (inside ? !invert_information() : !falls) {
    fit.status = FitStatus::not_converged;
    fit.message = fmt::format("the Newton decrement is {:.1e} after {} iterations", fit.newton_decrement, fit.iterations);
    return;
  }
  if (!inside) likelihood_.evaluate(plain_.coefficients(), 0);
  set_result(basis, group, inside ? theta_at(at_.x) : 0, fit);
  report_dependencies(design, basis, fit);
}

LogisticClusters LogisticRandomIntercept::clusters() const {
  double const variance = theta_ * theta_;
  return {theta_ * likelihood_.modes(), theta_ * likelihood_.scales(),
          variance / (variance + std::numbers::pi * std::numbers::pi / 3)};
}

}  // namespace bordin
