#include "mixed/kenward_roger.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

namespace bordin {
namespace {

using Eigen::Index;

std::size_t as_size(Index i) {
  return static_cast<std::size_t>(i);
}

// Smallest eigenvalue of the information, scaled to a diagonal of 1, that is not rounding.
constexpr double rounding = 1e-10;

// The F distribution that has the moments of Kenward and Roger's statistic, from their A1 and A2 for `q` contrasts.
KenwardRoger::FTest matched(double a1, double a2, double q) {
  double const b = (a1 + 6 * a2) / (2 * q);
  double const g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2);
  double const all = 3 * q + 2 * (1 - g);
  double const v0 = 1 + g / all * b;
  double const v1 = 1 - (q - g) / all * b;
  double const v2 = 1 - (q + 2 - g) / all * b;
  double const mean = 1 - a2 / q;
  bool const both_vanish = std::abs(mean) < 1e-14 && std::abs(v1) < 1e-14;
  double const ratio = both_vanish ? 1 : mean / v1;
  double const rho = ratio * ratio * (std::abs(v0) < 1e-10 ? 0 : v0) / (v2 * q);
  double const df = 4 + (q + 2) / (q * rho - 1);
  double const scaling = std::abs(df - 2) < 0.01 ? 1 : df * mean / (df - 2);
  return {.statistic = 0, .numerator = q, .denominator = df, .scaling = scaling};
}

}  // namespace

std::size_t VarianceDerivatives::pair(int i, int j) {
  auto const low = as_size(std::min(i, j)), high = as_size(std::max(i, j));
  return high * (high + 1) / 2 + low;
}

void VarianceDerivatives::resize(int parameters, int coefficients) {
  covariance.resize(coefficients, coefficients);
  log_determinant_first.resize(parameters);
  log_determinant_second.resize(parameters, parameters);
  first.resize(as_size(parameters));
  second.resize(pair(0, parameters));
  for (auto& matrix : first) matrix.resize(coefficients, coefficients);
  for (auto& matrix : second) matrix.resize(coefficients, coefficients);
}

// Euler: the sum of phi_i d f / d phi_i over all parameters is -1 times f for f = Q'V^-1 Q, -2 times f for its first
// derivatives; it is the number of rows for f = log|V| and -1 times f for the first derivatives of that.
void VarianceDerivatives::add_residual_variance(Eigen::Ref<Eigen::VectorXd const> const& phi, double rows) {
  int const s = parameters() - 1;
  factor_.compute(covariance);
  precision_.setIdentity(covariance.rows(), covariance.cols());
  factor_.solveInPlace(precision_);
  first[as_size(s)] = -precision_;
  for (int i = 0; i < s; ++i) first[as_size(s)] -= phi[i] * first[as_size(i)];
  log_determinant_first[s] = rows - phi.dot(log_determinant_first.head(s));
  for (int j = 0; j <= s; ++j) {
    auto& own = second[pair(j, s)];
    own = -2 * first[as_size(j)];
    double determinant = -log_determinant_first[j];
    for (int i = 0; i < s; ++i) {
      own -= phi[i] * second[pair(i, j)];
      determinant -= phi[i] * log_determinant_second(i, j);
    }
    log_determinant_second(s, j) = log_determinant_second(j, s) = determinant;
  }
}

void KenwardRoger::assign(VarianceDerivatives const& derivatives) {
  derivatives_ = &derivatives;
  product_.resize(derivatives.first.size());
  for (std::size_t i = 0; i < product_.size(); ++i) product_[i].noalias() = derivatives.covariance * derivatives.first[i];
  find_information();
  adjust();
}

// Twice the expected information of the REML criterion.
void KenwardRoger::find_information() {
  int const parameters = derivatives_->parameters();
  Information information = -derivatives_->log_determinant_second;
  for (int i = 0; i < parameters; ++i)
    for (int j = i; j < parameters; ++j) {
      auto const& second = derivatives_->second[VarianceDerivatives::pair(i, j)];
      information(i, j) += -derivatives_->covariance.cwiseProduct(second).sum() +
                           product_[as_size(i)].cwiseProduct(product_[as_size(j)].transpose()).sum();
      information(j, i) = information(i, j);
    }
  invert(information);
}

// Scaled first: parameters have different units.
void KenwardRoger::invert(Information const& information) {
  using Scale = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_parameters + 1, 1>;
  Scale scale = information.diagonal();
  for (auto& x : scale) x = x > 0 ? 1 / std::sqrt(x) : 0;
  Information const scaled = scale.asDiagonal() * information * scale.asDiagonal();
  identified_ = false;
  weights_.setConstant(information.rows(), information.cols(), std::numeric_limits<double>::quiet_NaN());
  if (!scaled.allFinite()) return;
  Eigen::SelfAdjointEigenSolver<Information> const eigen(scaled);
  auto const& values = eigen.eigenvalues();
  identified_ = values[0] > rounding;
  Scale const inverse = values.unaryExpr([](double x) { return x > rounding ? 2 / x : 0; });
  Information const root = scale.asDiagonal() * eigen.eigenvectors();
  weights_ = root.lazyProduct(inverse.asDiagonal() * root.transpose());
}

// covariance + 2 covariance (sum of W_ij (Q_ij - P_i covariance P_j)) covariance, Q_ij half of the second derivative.
void KenwardRoger::adjust() {
  auto const& d = *derivatives_;
  int const parameters = d.parameters();
  sum_.setZero(d.covariance.rows(), d.covariance.cols());
  for (int i = 0; i < parameters; ++i) {
    change_.setZero(sum_.rows(), sum_.cols());
    for (int j = 0; j < parameters; ++j) {
      change_ += weights_(i, j) * d.first[as_size(j)];
      if (j <= i) sum_ += (i == j ? 0.5 : 1.0) * weights_(i, j) * d.second[VarianceDerivatives::pair(i, j)];
    }
    sum_.noalias() -= product_[as_size(i)].transpose() * change_;
  }
  change_.noalias() = d.covariance * sum_;
  adjusted_ = d.covariance;
  adjusted_.noalias() += 2 * change_ * d.covariance;
}

double KenwardRoger::variance(Eigen::Ref<Eigen::VectorXd const> const& contrast) const {
  double sum = 0;
  for (Index i = 0; i < contrast.size(); ++i) sum += contrast[i] * adjusted_.col(i).dot(contrast);
  return sum;
}

double KenwardRoger::degrees_of_freedom(Eigen::Ref<Eigen::VectorXd const> const& contrast) const {
  auto const& d = *derivatives_;
  auto const p = contrast.size();
  auto const along = [&](Index i) { return d.covariance.col(i).dot(contrast); };
  double own = 0;
  for (Index i = 0; i < p; ++i) own += contrast[i] * along(i);
  Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_parameters + 1, 1> slope(d.parameters());
  for (int k = 0; k < d.parameters(); ++k) {
    double sum = 0;
    for (Index i = 0; i < p; ++i) sum += along(i) * product_[as_size(k)].col(i).dot(contrast);
    slope[k] = sum;
  }
  return 2 * own * own / slope.dot(weights_.lazyProduct(slope));
}

KenwardRoger::FTest KenwardRoger::f_test(Eigen::Ref<Eigen::MatrixXd const> const& contrasts,
                                         Eigen::Ref<Eigen::VectorXd const> const& coefficients) const {
  auto const& d = *derivatives_;
  Eigen::MatrixXd const along = d.covariance * contrasts.transpose();
  Eigen::LLT<Eigen::MatrixXd> const own(contrasts * along);
  std::vector<Eigen::MatrixXd> slopes;  // (L Phi L')^-1 L Phi P Phi L'
  for (auto const& first : d.first) slopes.emplace_back(own.solve(along.transpose() * first * along));
  double a1 = 0, a2 = 0;
  for (Index i = 0; i < weights_.rows(); ++i)
    for (Index j = 0; j < weights_.cols(); ++j) {
      a1 += weights_(i, j) * slopes[as_size(i)].trace() * slopes[as_size(j)].trace();
      a2 += weights_(i, j) * slopes[as_size(i)].cwiseProduct(slopes[as_size(j)].transpose()).sum();
    }
  auto out = matched(a1, a2, static_cast<double>(contrasts.rows()));
  Eigen::VectorXd const estimate = contrasts * coefficients;
  Eigen::LLT<Eigen::MatrixXd> const adjusted(contrasts * adjusted_ * contrasts.transpose());
  bool const exists = out.denominator > 0 && out.scaling > 0;
  out.statistic = exists ? out.scaling * estimate.dot(adjusted.solve(estimate)) / out.numerator
                         : std::numeric_limits<double>::quiet_NaN();
  return out;
}

}  // namespace bordin
