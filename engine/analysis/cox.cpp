#include "analysis/cox.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "analysis/ols.hpp"
#include "core/text.hpp"

namespace bordin {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// Columns of z have mean square 1.
double factor_of(OrthogonalBasis const& basis) {
  return std::sqrt(static_cast<double>(basis.q().rows()));
}

// The names of x's columns as a basis of [1 X] counts them.
std::vector<std::string> names_of(Fit const& fit) {
  std::vector<std::string> out{"a constant"};
  for (auto const& coefficient : fit.coefficients) out.push_back(coefficient.term);
  return out;
}

std::vector<std::string> constant_columns(MatrixXd const& x, Fit const& fit) {
  std::vector<std::string> out;
  for (Index j = 0; j < x.cols(); ++j)
    if (x.col(j).minCoeff() == x.col(j).maxCoeff()) out.push_back(fit.coefficients[static_cast<std::size_t>(j)].term);
  return out;
}

std::string dependencies(MatrixXd const& x, OrthogonalBasis const& basis, std::string const& whom, Fit const& fit) {
  auto const constant = constant_columns(x, fit);
  if (constant.empty()) return fmt::format("{} in {}", basis.dependencies(names_of(fit)), whom);
  return fmt::format("{} {} the same value in {}", enumerate_words(constant), constant.size() == 1 ? "has" : "have", whom);
}

// What can be seen before anything is computed.
std::string problem_of(Design const& design, VectorXd const& event, OrthogonalBasis const& basis) {
  if (design.x.cols() == 0) return "there is no coefficient to estimate";
  if (design.y.size() == 0) return "there are no complete rows";
  if (!design.y.allFinite()) return "a time is infinite or missing";
  if (!(event.array() == 0 || event.array() == 1).all()) return "events must be 0 (censored) or 1 (happened)";
  if (!basis.finite()) return "products of columns too large for double precision";
  auto const events = static_cast<Index>(event.sum());
  if (events == 0) return "no event happens: all times are censored";
  if (basis.rank() - 1 > events)
    return fmt::format("{} {} too few for {} coefficients", events, events == 1 ? "event is" : "events are",
                       basis.rank() - 1);
  return "";
}

}  // namespace

OrthogonalBasis cox_basis(MatrixXd const& x, double tolerance) {
  MatrixXd with_constant(x.rows(), x.cols() + 1);
  with_constant << VectorXd::Ones(x.rows()), x;
  return {std::move(with_constant), tolerance};
}

void CoxRegression::fit(Design const& design, VectorXd const& event, OrthogonalBasis const& basis, CoxErrors errors,
                        Fit& fit) {
  null_log_likelihood_ = score_test_ = log_likelihood_ = not_a_number;
  auto const problem = problem_of(design, event, basis);
  if (!problem.empty()) return not_estimable(fit, problem);
  if (!basis.full_rank())
    not_estimable(fit, design.empty_levels.empty()
                           ? dependencies(design.x, basis, "every row", fit)
                           : fmt::format("no complete row has {}", enumerate_words(design.empty_levels, "or")));
  if (basis.rank() == 1) return;

  sets_.sort(design.y, event);
  likelihood_.load(sets_, basis.q(), factor_of(basis));
  at_.setZero(basis.rank() - 1);
  likelihood_.evaluate(at_);
  auto const absent = not_at_risk(design, fit);
  if (!absent.empty()) return not_estimable(fit, absent);

  auto const end = maximise(fit);
  if (end == End::infinite) return not_estimable(fit, infinite_estimates(design, basis, fit));
  log_likelihood_ = likelihood_.value();
  fit.criterion = -2 * log_likelihood_;
  set_covariance(design, errors);
  auto const without_error = set_results(design, basis, fit);
  if (end == End::stuck) {
    fit.status = FitStatus::not_converged;
    fit.message =
        std::isnan(fit.newton_decrement)
            ? "effects came out so large that the likelihood is flat to all digits there"
            : fmt::format("the Newton decrement is {:.1e} after {} iterations", fit.newton_decrement, fit.iterations);
  } else if (basis.full_rank()) {
    fit.status = FitStatus::ok;
  }
  if (end == End::converged && !without_error.empty()) report_no_errors(design, without_error, fit);
}

void CoxRegression::report_no_errors(Design const& design, std::vector<std::string> const& of, Fit& fit) {
  covariance_.setConstant(not_a_number);
  if (design.clusters() == 1) return not_estimable(fit, "standard errors by cluster need at least two clusters");
  not_estimable(fit,
                fmt::format("no cluster differs from the others in its score of {}: there is no standard error by cluster",
                            enumerate_words(of)));
}

// Covariates that do not vary among those at risk at the first event never matter. The information at 0 tells; whether its
// smallness is rounding, only a basis of the rows at risk does.
std::string CoxRegression::not_at_risk(Design const& design, Fit const& fit) {
  constexpr double suspicious = 1e-8;
  constexpr double tolerance = 1e-7;  // float32 data have linear relations no more exact
  cholesky_.compute(likelihood_.information());
  auto const unit = static_cast<double>(sets_.events());
  if (cholesky_.info() == Eigen::Success && cholesky_.matrixLLT().diagonal().cwiseAbs2().minCoeff() > suspicious * unit)
    return "";
  auto const first = static_cast<Index>(sets_.event_times().front().first);
  MatrixXd at_risk(design.x.rows() - first, design.x.cols());
  for (Index i = 0; i < at_risk.rows(); ++i)
    at_risk.row(i) = design.x.row(likelihood_.data_row(static_cast<std::size_t>(i)));
  auto const basis = cox_basis(at_risk, tolerance);
  if (basis.rank() == likelihood_.gradient().size() + 1) return "";
  return dependencies(at_risk, basis, "all rows still at risk when the first event happens", fit);
}

// ---- search

// Ends when the criterion has converged, and takes one full step more: the location converges half as many digits later.
CoxRegression::End CoxRegression::maximise(Fit& fit) {
  constexpr int most = 100;
  constexpr double converged = 1e-20;
  constexpr double still = 1e-4;  // on the scale of log hazards: flat is not enough, it has to stand still as well
  null_log_likelihood_ = likelihood_.value();
  for (fit.iterations = 0; fit.iterations < most;) {
    ++fit.iterations;
    cholesky_.compute(likelihood_.information());
    step_ = likelihood_.gradient();
    cholesky_.solveInPlace(step_);
    estimates_ = at_;
    fit.newton_decrement = likelihood_.gradient().dot(step_);
    if (fit.iterations == 1) score_test_ = fit.newton_decrement;
    if (cholesky_.info() != Eigen::Success || !std::isfinite(fit.newton_decrement)) {
      fit.newton_decrement = not_a_number;
      break;
    }
    double const spread = likelihood_.spread(step_);
    if (fit.newton_decrement < converged && spread < still) {
      estimates_ += step_;
      return End::converged;
    }
    if (found_infinite()) return End::infinite;
    if (!climb(spread)) break;
  }
  return End::stuck;
}

// The likelihood rises for ever along a direction in which whoever has an event is always the highest of those at risk.
// Newton's steps turn into that direction.
bool CoxRegression::found_infinite() {
  constexpr double far = 6;  // on the scale of log hazards; before that nobody needs to ask
  constexpr double tolerance = 1e-5;
  return likelihood_.spread(at_) > far && likelihood_.is_recession(step_, tolerance);
}

bool CoxRegression::climb(double spread) {
  constexpr double longest = 20;  // on the scale of log hazards
  constexpr double rounding = 1e-13;
  constexpr int halvings = 40;
  double const before = likelihood_.value();
  double length = std::min(1.0, longest / spread);
  for (int i = 0; i < halvings; ++i, length /= 2) {
    trial_ = at_ + length * step_;
    likelihood_.evaluate(trial_);
    double const value = likelihood_.value();
    if (!std::isfinite(value) || value < before - rounding * std::abs(before)) continue;
    at_ = trial_;
    return true;
  }
  likelihood_.evaluate(at_);
  return false;
}

std::string CoxRegression::infinite_estimates(Design const& design, OrthogonalBasis const& basis, Fit const& fit) const {
  constexpr double matters = 1e-3;  // a variable's part in the direction
  VectorXd parts = VectorXd::Zero(design.x.cols());
  for (Index k = 1; k < basis.rank(); ++k) {
    auto const column = basis.kept()[static_cast<std::size_t>(k)] - 1;
    auto const x = design.x.col(column);
    parts[column] = (x.maxCoeff() - x.minCoeff()) * basis.r_inverse().row(k).tail(step_.size()).dot(step_);
  }
  std::vector<std::string> names;
  double largest = parts.cwiseAbs().maxCoeff();
  bool rises = false;
  for (Index j = 0; j < parts.size(); ++j) {
    if (!(std::abs(parts[j]) > matters * largest)) continue;
    names.push_back(fit.coefficients[static_cast<std::size_t>(j)].term);
    rises = parts[j] > 0;
  }
  if (names.size() == 1)
    return fmt::format("{} has no finite estimate: whoever has an event always has the {} {} of all at risk then", names[0],
                       rises ? "highest" : "lowest", names[0]);
  return fmt::format(
      "{} have no finite estimates: whoever has an event is always the highest of all at risk then in a combination of "
      "them",
      enumerate_words(names));
}

// ---- results

void CoxRegression::set_covariance(Design const& design, CoxErrors errors) {
  Index const columns = at_.size();
  if (errors == CoxErrors::model) {
    covariance_.setIdentity(columns, columns);
    cholesky_.solveInPlace(covariance_);
    return;
  }
  scores_.resize(design.cluster().empty() ? design.x.rows() : static_cast<Index>(design.clusters()), columns);
  likelihood_.sum_scores(design.cluster(), scores_);
  // V = H^-1 U'U H^-1
  covariance_.noalias() = scores_.transpose().lazyProduct(scores_);
  cholesky_.solveInPlace(covariance_);
  influence_ = covariance_.transpose();
  cholesky_.solveInPlace(influence_);
  covariance_ = influence_;
}

// Returns whose standard errors would be rounding and nothing else.
std::vector<std::string> CoxRegression::set_results(Design const& design, OrthogonalBasis const& basis, Fit& fit) {
  constexpr double vanishing = 1e-14;
  std::vector<std::string> without_error;
  double const factor = factor_of(basis);
  Index const columns = estimates_.size();
  auto const reference = static_cast<Index>(likelihood_.data_row(0));
  baseline_shift_ = likelihood_.predictor(0);
  risk_.setZero(design.x.rows());
  for (Index k = 1; k < basis.rank(); ++k) {
    auto const column = basis.kept()[static_cast<std::size_t>(k)] - 1;
    auto const to_unit = basis.r_inverse().row(k).tail(columns);
    double const estimate = factor * to_unit.dot(estimates_);
    // From x itself, so that equal rows have equal risks to the last bit.
    double const mean = design.x.col(column).mean();
    risk_.array() += (design.x.col(column).array() - mean) * estimate;
    baseline_shift_ -= design.x(reference, column) * estimate;
    if (!basis.estimable()[static_cast<std::size_t>(column) + 1]) continue;
    auto& coefficient = fit.coefficients[static_cast<std::size_t>(column)];
    coefficient.estimate = estimate;
    // The row's unit is taken out first, lest its square vanish or overflow.
    double const unit = to_unit.cwiseAbs().maxCoeff();
    trial_ = to_unit.transpose() / unit;
    step_.noalias() = covariance_.lazyProduct(trial_);
    double const variance = trial_.dot(step_);
    step_ = trial_;
    cholesky_.solveInPlace(step_);
    double const by_model = trial_.dot(step_);
    if (variance > vanishing * by_model) {
      coefficient.std_error = factor * unit * std::sqrt(variance);
      coefficient.df = std::numeric_limits<double>::infinity();
    } else {
      without_error.push_back(coefficient.term);
    }
  }
  return without_error;
}

CoxTests CoxRegression::tests() {
  constexpr double singular = 1e-10;
  if (std::isnan(log_likelihood_)) return {};
  CoxTests out{2 * (log_likelihood_ - null_log_likelihood_), score_test_, not_a_number,
               static_cast<double>(estimates_.size())};
  cholesky_.compute(covariance_);
  auto const left = cholesky_.matrixLLT().diagonal().array().square();
  if (cholesky_.info() != Eigen::Success || !(left > singular * covariance_.diagonal().array()).all()) return out;
  auto const& lower = cholesky_.matrixLLT();
  for (Index k = 0; k < estimates_.size(); ++k)
    trial_[k] = (estimates_[k] - lower.row(k).head(k).dot(trial_.head(k))) / lower(k, k);
  out.wald = trial_.squaredNorm();
  return out;
}

double CoxRegression::concordance() {
  return std::isnan(log_likelihood_) ? not_a_number : concordance_(sets_, risk_);
}

std::vector<CoxRegression::HazardStep> CoxRegression::baseline_hazard(Design const& design) const {
  std::vector<HazardStep> out;
  if (std::isnan(log_likelihood_)) return out;
  auto const hazard = likelihood_.cumulative_hazard();
  for (std::size_t g = 0; g < hazard.size(); ++g) {
    auto const row = sets_.order()[sets_.event_times()[g].first];
    out.push_back({design.y[row], hazard[g] * std::exp(baseline_shift_)});
  }
  return out;
}

}  // namespace bordin
