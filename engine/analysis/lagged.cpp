#include "analysis/lagged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/ols.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::Map;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void set_group(std::size_t at, std::string const& name, std::size_t count, Fit& fit) {
  fit.groups[at].name = name;
  fit.groups[at].count = count;
}

// A solution exists and is one: no pivot of the decomposition vanishes beside the others.
bool is_regular(Eigen::PartialPivLU<MatrixXd> const& lu) {
  auto const pivots = lu.matrixLU().diagonal().cwiseAbs();
  return pivots.minCoeff() > 1e-12 * pivots.maxCoeff();
}

}  // namespace

// ---- estimating equations, one column of theta_ per outcome; equation (regressor r, outcome e) is number e p + r

void LaggedModel::resize() {
  q_ = pairs_.outcomes();
  p_ = q_ + pairs_.same();
  Index const unknowns = q_ * p_;
  theta_.resize(p_, q_);
  powers_.resize(q_ * q_, pairs_.lags());
  changes_.resize(q_ * q_ * q_ * q_, pairs_.lags());
  score_.resize(unknowns);
  step_.resize(unknowns);
  jacobian_.resize(unknowns, unknowns);
}

void LaggedModel::sum_products() {
  totals_.setZero(pairs_.width() * pairs_.width(), 1 + pairs_.lags());
  for (Index i = 0; i < pairs_.clients(); ++i) {
    auto const products = pairs_.products(i).reshaped();
    auto const weights = pairs_.lag_weights(i);
    totals_.col(0) += products;
    for (Index k = 0; k < pairs_.lags(); ++k)
      if (weights[k] != 0) totals_.col(1 + k) += products * weights[k];
  }
}

// Phi^k and its derivatives by the elements of Phi, Phi(e, r) = theta(r, e).
void LaggedModel::set_powers() {
  auto const phi = theta_.topRows(q_).transpose();
  Index const size = q_ * q_;
  Map<MatrixXd>(powers_.col(0).data(), q_, q_).setIdentity();
  changes_.col(0).setZero();
  for (Index k = 1; k < powers_.cols(); ++k) {
    Map<MatrixXd const> const before(powers_.col(k - 1).data(), q_, q_);
    Map<MatrixXd>(powers_.col(k).data(), q_, q_) = phi.lazyProduct(before);
    for (Index e = 0; e < q_; ++e)
      for (Index r = 0; r < q_; ++r) {
        Index const at = (e * q_ + r) * size;
        Map<MatrixXd> change(changes_.col(k).data() + at, q_, q_);
        change = phi.lazyProduct(Map<MatrixXd const>(changes_.col(k - 1).data() + at, q_, q_));
        change.row(e) += before.row(r);
      }
  }
}

// R'U and U'U from sums of products of [W_t, R], R = [W_(t-1), Z_t].
void LaggedModel::set_residual_products(double const* products) {
  Map<MatrixXd const> const all(products, q_ + p_, q_ + p_);
  regressors_residuals_ = all.bottomLeftCorner(p_, q_);
  regressors_residuals_ -= all.bottomRightCorner(p_, p_).lazyProduct(theta_);
  residuals_ = all.topLeftCorner(q_, q_);
  residuals_ -= all.topRightCorner(q_, p_).lazyProduct(theta_);
  residuals_ -= theta_.transpose().lazyProduct(regressors_residuals_);
}

void LaggedModel::add_linear(double const* products, Map<VectorXd> score, Map<MatrixXd> jacobian) {
  Map<MatrixXd const> const all(products, q_ + p_, q_ + p_);
  set_residual_products(products);
  score += regressors_residuals_.reshaped();
  for (Index e = 0; e < q_; ++e) jacobian.block(e * p_, e * p_, p_, p_) -= all.bottomRightCorner(p_, p_);
}

// Adds B U'U for what is carried over, B = sum of h_k Phi^k, given with its derivatives by the elements of Phi.
void LaggedModel::add_correction(double const* products, double const* carried, double const* changes, double share,
                                 Map<VectorXd> score, Map<MatrixXd> jacobian) {
  set_residual_products(products);
  Map<MatrixXd const> const b(carried, q_, q_);
  for (Index e = 0; e < q_; ++e)
    for (Index r = 0; r < q_; ++r) score[e * p_ + r] += share * b.row(r).dot(residuals_.col(e));
  for (Index by_outcome = 0; by_outcome < q_; ++by_outcome)
    for (Index by = 0; by < p_; ++by) {
      auto column = jacobian.col(by_outcome * p_ + by);
      auto const product = regressors_residuals_.row(by);
      for (Index r = 0; r < q_; ++r) {
        for (Index e = 0; e < q_; ++e) column[e * p_ + r] -= share * b(r, by_outcome) * product[e];
        column[by_outcome * p_ + r] -= share * b.row(r).dot(product);
      }
      if (by >= q_) continue;
      Map<MatrixXd const> const change(changes + (by_outcome * q_ + by) * q_ * q_, q_, q_);
      for (Index e = 0; e < q_; ++e)
        for (Index r = 0; r < q_; ++r) column[e * p_ + r] += share * change.row(r).dot(residuals_.col(e));
    }
}

void LaggedModel::evaluate(double share) {
  score_.setZero();
  jacobian_.setZero();
  Map<VectorXd> const score(score_.data(), score_.size());
  Map<MatrixXd> const jacobian(jacobian_.data(), jacobian_.rows(), jacobian_.cols());
  add_linear(totals_.col(0).data(), score, jacobian);
  if (share == 0) return;
  set_powers();
  for (Index k = 0; k < pairs_.lags(); ++k)
    add_correction(totals_.col(1 + k).data(), powers_.col(k).data(), changes_.col(k).data(), share, score, jacobian);
}

// ---- solution

// theta_ at the zero for this share of the correction. False when there is none on the branch that starts at the
// uncorrected estimate: the determinant keeps its sign there.
bool LaggedModel::newton(double share) {
  constexpr int most = 25;
  constexpr double converged = 1e-9;  // the step after that is below rounding
  double const sign = theta_.size() % 2 == 0 ? 1 : -1;
  for (int i = 0; i < most; ++i) {
    evaluate(share);
    ++iterations_;
    jacobian_ /= static_cast<double>(pairs_.pairs());
    score_ /= static_cast<double>(pairs_.pairs());
    lu_.compute(jacobian_);
    if (!(lu_.determinant() * sign > 0) || !is_regular(lu_)) return false;
    step_ = score_;
    solve_in_place(step_);
    theta_.reshaped() -= step_;
    double const size = step_.cwiseAbs().maxCoeff();
    if (!(size < 1e3)) return false;
    if (size < converged * (1 + theta_.cwiseAbs().maxCoeff())) return true;
  }
  return false;
}

// By hand: Eigen's triangular solver looks to clang's analyzer as if it lost memory.
void LaggedModel::solve_in_place(VectorXd& v) {
  auto const& lu = lu_.matrixLU();
  solved_ = lu_.permutationP() * v;
  for (Index i = 1; i < v.size(); ++i) solved_[i] -= lu.row(i).head(i).dot(solved_.head(i));
  for (Index i = v.size(); i-- > 0;) {
    Index const after = v.size() - 1 - i;
    solved_[i] = (solved_[i] - lu.row(i).tail(after).dot(solved_.tail(after))) / lu(i, i);
  }
  v = solved_;
}

// Brings the correction in by and by: the equations can have more than one solution, and the one continuously connected
// with the uncorrected estimate is meant.
bool LaggedModel::solve(LagBias bias) {
  iterations_ = 0;
  theta_.setZero();
  if (!newton(0)) return false;
  double share = 0;
  double stride = bias == LagBias::corrected ? .25 : 1;
  while (bias == LagBias::corrected && share < 1) {
    last_ = theta_;
    double const next = std::min(share + stride, 1.0);
    if (newton(next)) {
      share = next;
      continue;
    }
    theta_ = last_;
    stride /= 2;
    if (stride < 1e-2) return false;
  }
  return true;
}

// ---- standard errors

void LaggedModel::sum_clusters(LagBias bias, std::size_t clusters) {
  Index const unknowns = score_.size();
  auto const groups = static_cast<Index>(clusters);
  cluster_scores_.setZero(unknowns, groups);
  cluster_jacobians_.setZero(unknowns * unknowns, groups);
  clients_in_.assign(clusters, 0);
  for (Index i = 0; i < pairs_.clients(); ++i) {
    Index const g = pairs_.cluster(i);
    ++clients_in_[static_cast<std::size_t>(g)];
    Map<VectorXd> const score(cluster_scores_.col(g).data(), unknowns);
    Map<MatrixXd> const jacobian(cluster_jacobians_.col(g).data(), unknowns, unknowns);
    auto const products = pairs_.products(i);
    add_linear(products.data(), score, jacobian);
    if (bias == LagBias::kept) continue;
    carried_.noalias() = powers_ * pairs_.lag_weights(i);
    carried_changes_.noalias() = changes_ * pairs_.lag_weights(i);
    add_correction(products.data(), carried_.data(), carried_changes_.data(), 1, score, jacobian);
  }
}

// Squares of what leaving a cluster out changes, summed over clusters, per coefficient of y. False when nothing determines
// some coefficient without one of the clusters.
bool LaggedModel::leave_clusters_out() {
  Index const unknowns = score_.size();
  variances_.setZero(p_);
  for (Index g = 0; g < cluster_scores_.cols(); ++g) {
    if (clients_in_[static_cast<std::size_t>(g)] == 0) continue;
    without_ = jacobian_ - Map<MatrixXd const>(cluster_jacobians_.col(g).data(), unknowns, unknowns);
    lu_.compute(without_);
    if (!is_regular(lu_)) return false;
    step_ = cluster_scores_.col(g);
    solve_in_place(step_);
    variances_ += step_.head(p_).cwiseAbs2();
  }
  return true;
}

// The first regressor that others determine, once everybody's means are taken out.
Index LaggedModel::first_collinear() {
  constexpr double tolerance = 1e-12;  // of its squares
  Map<MatrixXd const> const all(totals_.col(0).data(), q_ + p_, q_ + p_);
  eliminated_ = all.bottomRightCorner(p_, p_);
  for (Index k = 0; k < p_; ++k) {
    double const pivot = eliminated_(k, k);
    if (!(pivot > tolerance * all(q_ + k, q_ + k))) return k;
    for (Index j = k + 1; j < p_; ++j) {
      double const factor = eliminated_(j, k) / pivot;
      for (Index i = k + 1; i < p_; ++i) eliminated_(i, j) -= factor * eliminated_(i, k);
    }
  }
  return p_;
}

std::string LaggedModel::problem(std::string const& client, Fit const& fit) {
  if (!pairs_.problem().empty()) return pairs_.problem();
  auto const term = [&](Index k) { return fit.coefficients[static_cast<std::size_t>(k)].term; };
  if (pairs_.constant()) return fmt::format("{} does not vary within any {}", term(*pairs_.constant()), client);
  if (pairs_.pairs() - pairs_.clients() - p_ < 1)
    return fmt::format("{} pairs of adjacent sessions of {} groups of {} are too few for {} coefficients", pairs_.pairs(),
                       pairs_.clients(), client, p_);
  if (Index const k = first_collinear(); k < p_)
    return fmt::format("{} is a linear combination of earlier columns, once the means of every {} are taken out", term(k),
                       client);
  return "";
}

void LaggedModel::fit(LaggedData const& data, LagBias bias, std::string const& client, std::string const& cluster,
                      Fit& fit) {
  fit.status = FitStatus::ok;
  fit.message.clear();
  pairs_.read(data);
  fit.observations = static_cast<std::size_t>(pairs_.pairs());
  fit.groups.resize(data.cluster.empty() ? 1 : 2);
  set_group(0, client, static_cast<std::size_t>(pairs_.clients()), fit);
  resize();
  if (pairs_.problem().empty() && !pairs_.constant()) sum_products();
  auto const reason = problem(client, fit);
  if (!reason.empty()) return not_estimable(fit, reason);
  if (!solve(bias)) {
    fit.status = FitStatus::not_converged;
    fit.message =
        "the corrected equations have no solution near the uncorrected estimate: too few sessions or too strong an "
        "autoregression";
    fit.iterations = iterations_;
    return;
  }
  fit.iterations = iterations_;
  set_estimates(bias, data.cluster.empty() ? static_cast<std::size_t>(pairs_.clients()) : data.clusters,
                data.cluster.empty() ? client : cluster, fit);
}

void LaggedModel::set_estimates(LagBias bias, std::size_t clusters, std::string const& name, Fit& fit) {
  constexpr double exact = 1e-24;
  evaluate(bias == LagBias::corrected ? 1 : 0);
  set_residual_products(totals_.col(0).data());
  double const unit = pairs_.unit(0);
  for (Index k = 0; k < p_; ++k)
    fit.coefficients[static_cast<std::size_t>(k)].estimate = theta_(k, 0) * (unit / pairs_.unit(k));
  if (!(residuals_(0, 0) > exact * totals_(0, 0)))
    return not_estimable(fit, "the response is constant or fitted exactly: there is no residual variance");
  auto const df = static_cast<double>(pairs_.pairs() - pairs_.clients() - p_);
  fit.sigma = std::sqrt(residuals_(0, 0) / df) * unit;

  sum_clusters(bias, clusters);
  auto const used = std::count_if(clients_in_.begin(), clients_in_.end(), [](int n) { return n > 0; });
  set_group(fit.groups.size() - 1, name, static_cast<std::size_t>(used), fit);
  if (used < 2) return not_estimable(fit, fmt::format("{} has only one group with pairs of adjacent sessions", name));
  lu_.compute(jacobian_);
  step_ = score_;
  solve_in_place(step_);
  last_step_ = step_.head(p_);
  if (!leave_clusters_out())
    return not_estimable(fit, fmt::format("without one group of {} nothing would determine the coefficients", name));
  auto const groups = static_cast<double>(used);
  variances_ *= (groups - 1) / groups;
  fit.newton_decrement = (last_step_.array().square() / variances_.array()).maxCoeff();
  for (Index k = 0; k < p_; ++k) {
    auto& coefficient = fit.coefficients[static_cast<std::size_t>(k)];
    coefficient.std_error = std::sqrt(variances_[k]) * (unit / pairs_.unit(k));
    coefficient.df = groups - 1;
  }
}

}  // namespace bordin
