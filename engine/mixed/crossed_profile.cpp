#include "mixed/crossed_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

// From here on, in units of the largest group's rows, I - J keeps its digits and spares products of matrices.
constexpr double large = 1e-2;

std::size_t as_size(int n) {
  return static_cast<std::size_t>(n);
}

void mirror_lower(MatrixXd& matrix) {
  matrix.triangularView<Eigen::StrictlyUpper>() = matrix.transpose();
}

double trace_of_product(MatrixXd const& a, MatrixXd const& b) {
  return a.cwiseProduct(b.transpose()).sum();
}

}  // namespace

void CrossedProfile::assign(CrossedSums const& sums, double degrees, bool reml, double constant) {
  sums_ = &sums;
  reml_ = reml;
  degrees_ = degrees;
  constant_ = constant + degrees * (1 + std::log(2 * std::numbers::pi / degrees));
  last_.resize(0);
  auto const r = sums.columns(), m = sums.dense(), k = sums.factors();
  weights_.resize(sums.groups_apart());
  thetas_.resize(m);
  for (auto* matrix : {&s_, &f_, &p_, &fp_, &j_, &t_}) matrix->resize(m, m);
  for (auto* matrix : {&zc_, &pzc_, &a_, &fa_, &scratch_}) matrix->resize(r, m);
  a_apart_.resize(r, sums.groups_apart());
  c_.resize(r, r);
  coefficients_.resize(r - 1);
  inverse_.resize(r - 1, r - 1);
  squares_.resize(as_size(k));
  products_.resize(as_size(k * k));
  weighted_.resize(as_size(k));
  for (auto& matrix : squares_) matrix.resize(r, r);
  for (auto& matrix : products_) matrix.resize(r, r);
  for (auto& matrix : weighted_) matrix.resize(r - 1, r - 1);
  for (auto* parameters : {&traces_, &slope_, &log_rho_slope_}) parameters->resize(k);
  for (auto* curvature : {&norms_, &expected_}) curvature->resize(k, k);
}

bool CrossedProfile::evaluate(Parameters const& theta, CriterionAt& out) {
  last_ = theta;
  phi_ = theta.cwiseAbs2();
  weigh();
  if (!invert()) return false;
  sum_list();
  if (!solve_columns()) return false;
  sum_residuals();
  trace_apart();
  for (std::size_t a = 0; a < sums_->blocks().size(); ++a) {
    trace_block(a);
    for (std::size_t b = 0; b <= a; ++b) trace_blocks(a, b);
  }
  compose(out);
  return std::isfinite(out.value) && rho_ > 0;
}

// Everything under V_0: what is within the groups apart, plus what is between them as far as V_0 lets it count.
void CrossedProfile::weigh() {
  s_ = sums_->within_list();
  zc_ = sums_->within_sums();
  c_ = sums_->within_columns();
  f_.setZero();
  log_determinant_ = 0;
  double const phi = phi_[sums_->apart()];
  for (int i = 0; i < sums_->groups_apart(); ++i) {
    double const rows = sums_->group_rows(i);
    double const weight = weights_[i] = 1 / (1 + phi * rows);
    if (rows == 0) continue;
    log_determinant_ += std::log1p(phi * rows);
    auto const sums = sums_->group_sums().col(i);
    c_.noalias() += weight / rows * sums * sums.transpose();
    for (auto const& b : sums_->cells(i)) {
      zc_.col(b.group) += weight / rows * b.rows * sums;
      for (auto const& a : sums_->cells(i)) {
        if (a.group < b.group) continue;
        s_(a.group, b.group) += weight / rows * a.rows * b.rows;
        f_(a.group, b.group) += weight * weight * a.rows * b.rows;
      }
    }
  }
  mirror_lower(s_);
  mirror_lower(f_);
}

bool CrossedProfile::invert() {
  for (auto const& block : sums_->blocks())
    thetas_.segment(block.first, block.groups).setConstant(std::abs(last_[block.factor]));
  auto const theta = thetas_.asDiagonal();
  j_ = theta * s_ * theta;
  j_.diagonal().array() += 1;
  Eigen::LLT<Eigen::Ref<MatrixXd>> const factor(j_);
  if (factor.info() != Eigen::Success) return false;
  log_determinant_ += 2 * j_.diagonal().array().log().sum();
  p_.setZero();
  p_.diagonal() = thetas_;
  factor.solveInPlace(p_);
  p_ = theta * p_;
  return true;
}

bool CrossedProfile::is_large(CrossedSums::Block const& block) const {
  return phi_[block.factor] * block.largest_group > large;
}

// J = I - P S, so that J Phi = P: a choice that keeps digits for small and for large variances. Along with it A.
void CrossedProfile::sum_list() {
  pzc_.noalias() = zc_ * p_;
  for (auto const& block : sums_->blocks()) {
    auto const columns = [&](MatrixXd& matrix) { return matrix.middleCols(block.first, block.groups); };
    if (is_large(block)) {
      columns(j_) = columns(p_) / phi_[block.factor];
      columns(a_) = columns(pzc_) / phi_[block.factor];
    } else {
      columns(j_).noalias() = -p_ * columns(s_);
      j_.block(block.first, block.first, block.groups, block.groups).diagonal().array() += 1;
      columns(a_) = columns(zc_);
      columns(a_).noalias() -= pzc_ * columns(s_);
    }
  }
}

// [Q y] is freed of what the listed groups predict, U = P Z'V_0^-1 [Q y], and pays U'Phi^-1 U for it: the minimum over U,
// so that its rounding counts in second order only.
bool CrossedProfile::solve_columns() {
  c_.noalias() -= pzc_ * zc_.transpose();
  scratch_ = zc_;
  scratch_.noalias() -= pzc_ * s_;
  c_.noalias() -= scratch_ * pzc_.transpose();
  for (auto const& block : sums_->blocks()) {
    auto const a = a_.middleCols(block.first, block.groups);
    c_.noalias() += phi_[block.factor] * a * a.transpose();
  }
  factor_c_.compute(c_);
  if (factor_c_.info() != Eigen::Success) return false;
  auto const p = c_.rows() - 1;
  auto const& factor = factor_c_.matrixLLT();
  rho_ = factor(p, p) * factor(p, p);
  auto const lower = factor.topLeftCorner(p, p).triangularView<Eigen::Lower>();
  inverse_.setIdentity();
  lower.solveInPlace(inverse_);
  lower.transpose().solveInPlace(inverse_);
  coefficients_ = factor.row(p).head(p).transpose();
  lower.transpose().solveInPlace(coefficients_);
  return true;
}

// From y to y - Q b in A, and the same for the factor apart.
void CrossedProfile::sum_residuals() {
  auto const p = c_.rows() - 1;
  a_.row(p).noalias() -= coefficients_.transpose() * a_.topRows(p);
  fa_.setZero();
  for (int i = 0; i < sums_->groups_apart(); ++i) {
    auto own = a_apart_.col(i);
    own = sums_->group_sums().col(i);
    for (auto const& cell : sums_->cells(i)) own -= cell.rows * pzc_.col(cell.group);
    own *= weights_[i];
    own[p] -= coefficients_.dot(own.head(p));
    for (auto const& cell : sums_->cells(i)) fa_.col(cell.group) += weights_[i] * cell.rows * own;
  }
}

// b'P b with b the rows that a group apart shares with the list.
double CrossedProfile::variance_through_list(int group) const {
  double sum = 0;
  for (auto const& b : sums_->cells(group))
    for (auto const& a : sums_->cells(group)) sum += a.rows * b.rows * p_(a.group, b.group);
  return sum;
}

// T_00 = D - F P F', D diagonal.
void CrossedProfile::trace_apart() {
  int const k = sums_->apart();
  fp_.noalias() = f_ * p_;
  double trace = 0, norm = trace_of_product(fp_, fp_);
  auto& square = squares_[as_size(k)];
  square.noalias() = a_apart_ * a_apart_.transpose();
  auto& own = product(k, k);
  scratch_.noalias() = fa_ * p_;
  own.noalias() = -scratch_ * fa_.transpose();
  for (int i = 0; i < sums_->groups_apart(); ++i) {
    double const d = sums_->group_rows(i) * weights_[i];
    double const taken = weights_[i] * weights_[i] * variance_through_list(i);
    trace += d - taken;
    norm += d * (d - 2 * taken);
    own.noalias() += d * a_apart_.col(i) * a_apart_.col(i).transpose();
  }
  traces_[k] = trace;
  norms_(k, k) = norm;
}

// What listed factor b has in common with the one apart: T_0b = F J_b.
void CrossedProfile::trace_block(std::size_t b) {
  auto const& block = sums_->blocks()[b];
  int const apart = sums_->apart(), k = block.factor;
  auto const j = j_.middleCols(block.first, block.groups);
  auto const fp = fp_.middleCols(block.first, block.groups);
  auto t = t_.middleCols(block.first, block.groups);
  if (is_large(block)) {
    norms_(apart, k) = fp.cwiseProduct(j).sum() / phi_[k];
  } else {
    t = f_.middleCols(block.first, block.groups);
    t.noalias() -= fp_ * s_.middleCols(block.first, block.groups);
    norms_(apart, k) = t.cwiseProduct(j).sum();
  }
  norms_(k, apart) = norms_(apart, k);
  auto const a = a_.middleCols(block.first, block.groups);
  squares_[as_size(k)].noalias() = a * a.transpose();
  auto fj = scratch_.middleCols(block.first, block.groups);
  fj.noalias() = fa_ * j;
  product(apart, k).noalias() = fj * a.transpose();
  product(k, apart) = product(apart, k).transpose();
}

// T_ab = S_a J_b = (I - J)_ab / phi_a, and the same with a and b exchanged.
void CrossedProfile::trace_blocks(std::size_t a, std::size_t b) {
  auto const& row = sums_->blocks()[a];
  auto const& column = sums_->blocks()[b];
  auto t = t_.block(row.first, column.first, row.groups, column.groups);
  if (is_large(row)) {
    t = j_.block(row.first, column.first, row.groups, column.groups) / -phi_[row.factor];
    if (a == b) t.diagonal().array() += 1 / phi_[row.factor];
  } else if (is_large(column)) {
    t = j_.block(column.first, row.first, column.groups, row.groups).transpose() / -phi_[column.factor];
  } else {
    t.noalias() = s_.middleRows(row.first, row.groups) * j_.middleCols(column.first, column.groups);
  }
  if (a == b) traces_[row.factor] = t.trace();
  norms_(row.factor, column.factor) = norms_(column.factor, row.factor) = t.squaredNorm();
  auto ta = scratch_.middleCols(column.first, column.groups);
  ta.noalias() = a_.middleCols(row.first, row.groups) * t;
  product(row.factor, column.factor).noalias() = ta * a_.middleCols(column.first, column.groups).transpose();
  if (a != b) product(column.factor, row.factor) = product(row.factor, column.factor).transpose();
}

// From derivatives in phi to those in theta.
void CrossedProfile::compose(CriterionAt& out) {
  auto const p = c_.rows() - 1;
  int const factors = sums_->factors();
  out.value = constant_ + degrees_ * std::log(rho_) + log_determinant_;
  if (reml_) out.value += 2 * factor_c_.matrixLLT().diagonal().head(p).array().log().sum();
  out.gradient.resize(factors);
  out.curvature.resize(factors, factors);
  for (int k = 0; k < factors; ++k) {
    auto const& square = squares_[as_size(k)];
    weighted_[as_size(k)].noalias() = inverse_ * square.topLeftCorner(p, p);
    log_rho_slope_[k] = 2 * last_[k] * -square(p, p) / rho_;
    slope_[k] = projected_trace(k) - degrees_ * square(p, p) / rho_;
    out.gradient[k] = 2 * last_[k] * slope_[k];
  }
  for (int k = 0; k < factors; ++k)
    for (int l = 0; l <= k; ++l) {
      double const norm = projected_norm(k, l);
      double const curvature = degrees_ * log_rho_curvature(k, l) - norm;
      expected_(k, l) = expected_(l, k) = norm - projected_trace(k) * projected_trace(l) / degrees_;
      out.curvature(k, l) = out.curvature(l, k) = 4 * last_[k] * last_[l] * curvature + (k == l ? 2 * slope_[k] : 0);
    }
}

// tr T_kk, for REML with V^-1 less what it gives to the coefficients.
double CrossedProfile::projected_trace(int k) const {
  return traces_[k] - (reml_ ? weighted_[as_size(k)].trace() : 0);
}

double CrossedProfile::projected_norm(int k, int l) const {
  if (!reml_) return norms_(k, l);
  auto const p = inverse_.rows();
  return norms_(k, l) - 2 * product(k, l).topLeftCorner(p, p).cwiseProduct(inverse_).sum() +
         weighted_[as_size(k)].cwiseProduct(weighted_[as_size(l)].transpose()).sum();
}

// The second derivative in phi.
double CrossedProfile::log_rho_curvature(int k, int l) const {
  auto const p = inverse_.rows();
  auto const& a = squares_[as_size(k)];
  auto const& b = squares_[as_size(l)];
  double taken = 0;
  for (Index i = 0; i < p; ++i) taken += a(i, p) * inverse_.col(i).dot(b.col(p).head(p));
  return 2 * (product(k, l)(p, p) - taken) / rho_ - a(p, p) * b(p, p) / (rho_ * rho_);
}

double CrossedProfile::inverse_slope(int parameter, int i, int j) const {
  return 2 * last_[parameter] * weighted_[as_size(parameter)].row(i).dot(inverse_.col(j));
}

void CrossedProfile::derivatives(VarianceDerivatives& out) const {
  auto const p = inverse_.rows();
  int const factors = sums_->factors();
  out.resize(factors + 1, static_cast<int>(p));
  out.covariance = inverse_;
  out.log_determinant_first.head(factors) = traces_;
  out.log_determinant_second.topLeftCorner(factors, factors) = -norms_;
  for (int k = 0; k < factors; ++k) {
    out.first[as_size(k)] = -squares_[as_size(k)].topLeftCorner(p, p);
    for (int l = 0; l <= k; ++l)
      out.second[VarianceDerivatives::pair(k, l)] = product(k, l).topLeftCorner(p, p) + product(l, k).topLeftCorner(p, p);
  }
  out.add_residual_variance(phi_, degrees_ + static_cast<double>(reml_ ? p : 0));
}

// u = phi Z'V^-1 (y - Q b). Given y it varies by P among the listed groups.
void CrossedProfile::modes(int factor, Eigen::VectorXd& modes, Eigen::VectorXd& variances) const {
  auto const p = inverse_.rows();
  if (factor == sums_->apart()) {
    double const phi = phi_[factor];
    modes = phi * a_apart_.row(p).transpose();
    variances.resize(modes.size());
    for (int i = 0; i < variances.size(); ++i) {
      double const weight = weights_[i];
      variances[i] = phi * weight + phi * weight * phi * weight * variance_through_list(i);
    }
    return;
  }
  auto const is_factor = [&](auto const& block) { return block.factor == factor; };
  auto const& block = *std::find_if(sums_->blocks().begin(), sums_->blocks().end(), is_factor);
  modes = phi_[factor] * a_.row(p).segment(block.first, block.groups).transpose();
  variances = p_.diagonal().segment(block.first, block.groups);
}

}  // namespace bordin
