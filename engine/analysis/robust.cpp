#include "analysis/robust.hpp"

#include <fmt/format.h>

#include <cmath>

#include "analysis/symmetric_eigen.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Names = std::vector<std::string>;

Coefficient& coefficient_of(OrthogonalBasis const& basis, Index k, Fit& fit) {
  return fit.coefficients[static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)])];
}

bool is_estimable(OrthogonalBasis const& basis, Index k) {
  return basis.estimable()[static_cast<std::size_t>(basis.kept()[static_cast<std::size_t>(k)])];
}

void forget_errors(Fit& fit) {
  for (auto& coefficient : fit.coefficients) coefficient.std_error = coefficient.df = not_a_number;
}

// coefficient k = `row` * `unit` on the basis; without the unit its square could vanish or overflow.
double take_row(OrthogonalBasis const& basis, Index k, VectorXd& row) {
  double const unit = basis.r_inverse().row(k).cwiseAbs().maxCoeff();
  row = basis.r_inverse().row(k).transpose() / unit;
  return unit;
}

std::string at_most(Names const& names) {
  constexpr std::size_t most = 8;
  if (names.size() <= most) return enumerate_words(names);
  Names first(names.begin(), names.begin() + most);
  first.emplace_back("others");
  return enumerate_words(first);
}

// The lower triangle of `square` += `factor` row row'.
void add_outer(VectorXd const& row, double factor, double* square) {
  Index const p = row.size();
  for (Index j = 0; j < p; ++j) {
    double const scaled = row[j] * factor;
    for (Index i = j; i < p; ++i) square[j * p + i] += row[i] * scaled;
  }
}

}  // namespace

void RobustErrors::hc3(OrthogonalBasis const& basis, LeastSquares const& ls, Fit& fit) {
  if (std::isnan(fit.sigma)) return;
  constexpr double all = 1 - 1e-10;
  auto const& q = basis.q();
  square_.setZero(basis.rank(), basis.rank());
  Names alone;
  for (Index i = 0; i < q.rows(); ++i) {
    row_ = q.row(i).transpose();
    double const leverage = row_.squaredNorm();
    if (leverage > all) {
      alone.push_back(std::to_string(i + 1));
      continue;
    }
    double const residual = ls.residual[i] / (1 - leverage);
    add_outer(row_, residual * residual, square_.data());
  }
  forget_errors(fit);
  if (!alone.empty())
    return not_estimable(fit,
                         fmt::format("HC3 divides by 1 - leverage, which is 0: the fit goes through the value of row {} "
                                     "(of the complete rows) whatever it is",
                                     at_most(alone)));
  auto const df = static_cast<double>(q.rows() - basis.rank());
  square_.triangularView<Eigen::StrictlyUpper>() = square_.transpose();
  for (Index k = 0; k < basis.rank(); ++k) {
    if (!is_estimable(basis, k)) continue;
    double const unit = take_row(basis, k, direction_);
    rotated_ = square_.lazyProduct(direction_);
    auto& coefficient = coefficient_of(basis, k, fit);
    coefficient.std_error = std::sqrt(direction_.dot(rotated_)) * unit * ls.scale;
    coefficient.df = df;
  }
}

void RobustErrors::sum_clusters(OrthogonalBasis const& basis, LeastSquares const& ls,
                                std::vector<std::int32_t> const& cluster, std::size_t clusters) {
  Index const p = basis.rank();
  auto const groups = static_cast<Index>(clusters);
  products_.setZero(p * p, groups);
  scores_.setZero(p, groups);
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    auto const row = static_cast<Index>(i);
    row_ = basis.q().row(row).transpose();
    add_outer(row_, 1, products_.col(cluster[i]).data());
    scores_.col(cluster[i]) += row_ * ls.residual[row];
  }
}

void RobustErrors::decompose(std::size_t clusters) {
  constexpr double none = 1e-12;  // what is left of an eigenvalue of I - Q_g Q_g' that is 0, as in clubSandwich
  Index const p = scores_.rows();
  auto const groups = static_cast<Index>(clusters);
  shares_.resize(p, groups);
  factors_.resize(p, groups);
  vectors_.resize(p, p);
  for (Index g = 0; g < groups; ++g) {
    Eigen::Map<MatrixXd> square(products_.col(g).data(), p, p);
    square.triangularView<Eigen::StrictlyUpper>() = square.transpose();
    symmetric_eigen(square, shares_.col(g), vectors_);
    square = vectors_;
    for (Index i = 0; i < p; ++i) {
      double const left = 1 - shares_(i, g);
      factors_(i, g) = left > none ? 1 / std::sqrt(left) : 0;
    }
    row_.noalias() = square.transpose() * scores_.col(g);
    scores_.col(g) = row_;
  }
}

// Of one direction: the variance's estimate v, and under the working model with residual variance 1 its mean and half its
// own variance. P_gh = p_g'(I - H)_gh p_h, p_g = A_g Q_g direction: E v = sum_g P_gg, Var v = 2 sum_gh P_gh^2.
struct RobustErrors::Moments {
  double estimate;
  double mean;
  double half_variance;
};

RobustErrors::Moments RobustErrors::moments(VectorXd const& direction, std::size_t clusters) {
  Index const p = direction.size();
  auto const groups = static_cast<Index>(clusters);
  weights_.resize(p, groups);
  Moments out{};
  for (Index g = 0; g < groups; ++g) {
    Eigen::Map<MatrixXd const> const vectors(products_.col(g).data(), p, p);
    rotated_.noalias() = vectors.transpose() * direction;
    double score = 0;
    double own = 0;  // P_gg: (I - H)_gg between two A_g is 1 where L < 1, and nothing cancels
    for (Index i = 0; i < p; ++i) {
      double const factor = factors_(i, g);
      score += factor * rotated_[i] * scores_(i, g);
      own += factor > 0 ? shares_(i, g) * rotated_[i] * rotated_[i] : 0;
      rotated_[i] *= shares_(i, g) * factor;
    }
    weights_.col(g).noalias() = vectors * rotated_;
    out.estimate += score * score;
    out.mean += own;
    out.half_variance += own * own;
  }
  out.half_variance += sum_of_squared_products(clusters);
  return out;
}

// sum over g != h of P_gh^2 = (w_g'w_h)^2, w_g = Q_g'p_g: all pairs at once as |sum w_g w_g'|^2 less those of a cluster
// with itself; pair by pair where that would cancel digits because few clusters have all the weight.
double RobustErrors::sum_of_squared_products(std::size_t clusters) {
  constexpr double enough = 1e-3;
  Index const p = weights_.rows();
  auto const groups = static_cast<Index>(clusters);
  square_.setZero(p, p);
  double own = 0;
  for (Index g = 0; g < groups; ++g) {
    row_ = weights_.col(g);
    add_outer(row_, 1, square_.data());
    double const length = row_.squaredNorm();
    own += length * length;
  }
  double all = 0;
  for (Index j = 0; j < p; ++j) {
    all += square_(j, j) * square_(j, j);
    for (Index i = j + 1; i < p; ++i) all += 2 * square_(i, j) * square_(i, j);
  }
  if (all - own > enough * all) return all - own;
  double sum = 0;
  for (Index g = 1; g < groups; ++g)
    for (Index h = 0; h < g; ++h) {
      double const product = weights_.col(g).dot(weights_.col(h));
      sum += 2 * product * product;
    }
  return sum;
}

void RobustErrors::cr2(OrthogonalBasis const& basis, LeastSquares const& ls, std::vector<std::int32_t> const& cluster,
                       std::size_t clusters, std::string const& group, Fit& fit) {
  if (std::isnan(fit.sigma)) return;
  forget_errors(fit);
  if (clusters < 2) return not_estimable(fit, fmt::format("{} has only one group in the complete rows", group));
  sum_clusters(basis, ls, cluster, clusters);
  decompose(clusters);
  constexpr double nothing = 1e-8;
  Names unknown;
  Names partly;
  for (Index k = 0; k < basis.rank(); ++k) {
    if (!is_estimable(basis, k)) continue;
    double const unit = take_row(basis, k, direction_);
    auto const v = moments(direction_, clusters);
    double const seen = v.mean / direction_.squaredNorm();  // 1 when v is unbiased under the working model
    auto& coefficient = coefficient_of(basis, k, fit);
    if (seen < nothing) {
      unknown.push_back(coefficient.term);
      continue;
    }
    if (seen < 1 - nothing) partly.push_back(coefficient.term);
    coefficient.std_error = std::sqrt(v.estimate) * unit * ls.scale;
    coefficient.df = v.mean * v.mean / v.half_variance;
  }
  if (!partly.empty())
    fit.message += fmt::format("{}the CR2 standard error of {} misses what rests on single groups of {} alone",
                               fit.message.empty() ? "" : "; ", at_most(partly), group);
  if (!unknown.empty())
    not_estimable(fit, fmt::format("no two groups of {} can be compared for {}: nothing shows its variance between groups",
                                   group, at_most(unknown)));
}

}  // namespace bordin
