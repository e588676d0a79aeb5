#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

#include "mixed/covariance.hpp"
#include "mixed/crossed_sums.hpp"
#include "mixed/kenward_roger.hpp"
#include "mixed/newton.hpp"

namespace bordin {

//! The profiled criterion of a linear mixed model with crossed random intercepts, V = I + sum_k phi_k Z_k Z_k', as a
//! function of theta_k, the SD of factor k relative to the residual SD, phi_k = theta_k^2.
//!
//! The factor set apart (0) has the diagonal Z_0'Z_0. With V_0 = I + phi_0 Z_0 Z_0', the others side by side as Z,
//! S = Z'V_0^-1 Z and Theta the diagonal matrix of their theta, log|V| = log|V_0| + log|I + Theta S Theta|, and
//! P = Theta (I + Theta S Theta)^-1 Theta gives everything else: V^-1 = V_0^-1 - V_0^-1 Z P Z'V_0^-1. A theta of 0 is an
//! ordinary point. V is linear in phi, so with T = Z'V^-1 Z (all factors) and A = Z'V^-1 [Q y] the derivatives of log|V|
//! are tr T_kk and -|T_kl|^2, those of [Q y]'V^-1 [Q y] are -A_k'A_k and A_k'T_kl A_l + A_l'T_lk A_k. T_00 is never formed.
//! Criterion and constants as in NestedProfile.
class CrossedProfile : public Criterion {
 public:
  //! `constant`: what the criterion has beside this. The reference stays in use.
  void assign(CrossedSums const& sums, double degrees, bool reml, double constant);

  bool evaluate(Parameters const& theta, CriterionAt& out) override;
  bool rewrite(Parameters& /*theta*/) override { return false; }
  bool last_was(Parameters const& theta) const { return last_.size() == theta.size() && last_ == theta; }

  // What the last evaluation found.
  double rho() const { return rho_; }
  //! Coefficients on Q, and (Q'V^-1 Q)^-1 at residual variance 1.
  double coefficient(int i) const { return coefficients_[i]; }
  double inverse(int i, int j) const { return inverse_(i, j); }
  //! Their derivatives with respect to theta: of log rho, and of inverse(i, j).
  Parameters const& log_rho_slope() const { return log_rho_slope_; }
  double inverse_slope(int parameter, int i, int j) const;
  //! d criterion / d phi, and what its second derivative is on average if the model holds.
  Parameters const& variance_slope() const { return slope_; }
  Curvature const& expected_curvature() const { return expected_; }

  //! In the variances phi_k and, last, in the residual variance.
  void derivatives(VarianceDerivatives& out) const;
  //! Conditional modes of a factor's random effects, in units of y, and their conditional variances given theta at residual
  //! variance 1, which take the coefficients for known.
  void modes(int factor, Eigen::VectorXd& modes, Eigen::VectorXd& variances) const;

 private:
  void weigh();
  bool invert();
  void sum_list();
  bool solve_columns();
  void sum_residuals();
  void trace_apart();
  void trace_block(std::size_t b);
  void trace_blocks(std::size_t a, std::size_t b);
  void compose(CriterionAt& out);
  bool is_large(CrossedSums::Block const& block) const;
  double variance_through_list(int group) const;
  double projected_trace(int k) const;
  double projected_norm(int k, int l) const;
  double log_rho_curvature(int k, int l) const;
  std::size_t pair(int k, int l) const {
    return static_cast<std::size_t>(k) * static_cast<std::size_t>(sums_->factors()) + static_cast<std::size_t>(l);
  }
  Eigen::MatrixXd& product(int k, int l) { return products_[pair(k, l)]; }
  Eigen::MatrixXd const& product(int k, int l) const { return products_[pair(k, l)]; }

  CrossedSums const* sums_ = nullptr;
  bool reml_ = false;
  double degrees_ = 0, constant_ = 0;
  Parameters last_, phi_;

  Eigen::VectorXd weights_;             // 1 / (1 + phi_0 rows)
  Eigen::VectorXd thetas_;              // of the listed groups
  Eigen::MatrixXd s_, f_, p_, fp_;      // S; F'F with F = Z_0'V_0^-1 Z; P; F'F P
  Eigen::MatrixXd j_, t_;               // I - P S; T of the list
  Eigen::MatrixXd zc_, pzc_, scratch_;  // [Q y]'V_0^-1 Z, and times P
  Eigen::MatrixXd a_, a_apart_, fa_;    // A' of the list and of the factor apart, y less Q b; A_0'F
  Eigen::MatrixXd c_;                   // [Q y]'V^-1 [Q y]
  Eigen::LLT<Eigen::MatrixXd> factor_c_;
  Eigen::VectorXd coefficients_;
  Eigen::MatrixXd inverse_;
  double rho_ = 0, log_determinant_ = 0;

  Parameters traces_;                                           // tr T_kk
  Curvature norms_;                                             // |T_kl|^2
  std::vector<Eigen::MatrixXd> squares_, products_, weighted_;  // A_k'A_k; A_k'T_kl A_l; (Q'V^-1 Q)^-1 A_k'A_k
  Parameters slope_, log_rho_slope_;
  Curvature expected_;
};

}  // namespace bordin
