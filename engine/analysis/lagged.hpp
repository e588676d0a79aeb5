#pragma once

#include <Eigen/Core>
#include <Eigen/LU>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/lagged_pairs.hpp"

namespace bordin {

//! What is done about the bias that centring at a client's own few sessions brings into autoregressions.
enum class LagBias : std::uint8_t { kept, corrected };

//! Session-to-session model within clients: y_t on y_(t-1), columns of t-1 and columns of t, all centred at the client's
//! means over pairs of adjacent sessions.
//!
//! Centring makes y_(t-1) depend on later and earlier errors, so that autoregression is underestimated by about (1 + rho) /
//! T however many clients there are (Nickell 1981, Econometrica 49:1417). The correction solves estimating equations that
//! have expectation 0 at the truth for any number of sessions, whatever the first one was like: with W = [y, lagged],
//! W_t = Phi W_(t-1) + Gamma Z_t + client + U_t, residuals U~ and n pairs of a client,
//!     sum over clients of  W~_(t-1)' U~ + sum_k h_k Phi^k U~'U~ = 0,   Z~' U~ = 0,
//! the multivariate form of the adjusted profile score (Lancaster 2002, Rev Econ Stud 69:647; Dhaene & Jochmans 2016,
//! Econometric Theory 32:1178) and of bias-corrected moments (Bun & Carree 2005, J Bus Econ Stat 23:200; Juodis 2013, Econ
//! Lett 118:435; Breitung, Kripfganz & Hayakawa 2022, Econometrics and Statistics 24:116). All columns of W are treated
//! alike, so x may depend on earlier y and share errors of its session. Assumes: errors of a client uncorrelated over
//! sessions with constant (co)variances, Z and the pattern of missing sessions independent of the errors.
//!
//! Standard errors: clusters are left out one at a time, the equations linear about the solution (exact without the
//! correction, where it is the jackknife CV3 of MacKinnon, Nielsen & Webb 2023, J Appl Econometrics 38:671); t with
//! clusters - 1 degrees of freedom.
class LaggedModel {
 public:
  //! Coefficients of `fit`, which are there already, all NaN: y_(t-1), the lagged columns, the others. `client` is the
  //! name of who is followed, `cluster` of what is independent.
  void fit(LaggedData const& data, LagBias bias, std::string const& client, std::string const& cluster, Fit& fit);

 private:
  void resize();
  void sum_products();
  std::string problem(std::string const& client, Fit const& fit);
  Eigen::Index first_collinear();

  void set_powers();
  void set_residual_products(double const* products);
  void add_linear(double const* products, Eigen::Map<Eigen::VectorXd> score, Eigen::Map<Eigen::MatrixXd> jacobian);
  void add_correction(double const* products, double const* carried, double const* changes, double share,
                      Eigen::Map<Eigen::VectorXd> score, Eigen::Map<Eigen::MatrixXd> jacobian);
  void evaluate(double share);
  bool newton(double share);
  void solve_in_place(Eigen::VectorXd& v);
  bool solve(LagBias bias);

  void sum_clusters(LagBias bias, std::size_t clusters);
  bool leave_clusters_out();
  void set_estimates(LagBias bias, std::size_t clusters, std::string const& name, Fit& fit);

  LaggedPairs pairs_;
  Eigen::Index q_ = 0;  // outcomes, W
  Eigen::Index p_ = 0;  // regressors, [W_(t-1), Z_t]
  Eigen::MatrixXd eliminated_;
  Eigen::MatrixXd totals_;  // products summed over clients, and weighted by h_k per further column
  Eigen::MatrixXd theta_;   // p x q, [Phi Gamma]'
  Eigen::MatrixXd last_;
  Eigen::MatrixXd powers_;   // Phi^k, one column each
  Eigen::MatrixXd changes_;  // and its derivatives by the elements of Phi
  Eigen::VectorXd carried_;
  Eigen::VectorXd carried_changes_;
  Eigen::MatrixXd regressors_residuals_;
  Eigen::MatrixXd residuals_;
  Eigen::VectorXd score_;
  Eigen::MatrixXd jacobian_;
  Eigen::PartialPivLU<Eigen::MatrixXd> lu_;
  Eigen::VectorXd step_;
  Eigen::VectorXd solved_;
  int iterations_ = 0;

  Eigen::MatrixXd cluster_scores_;
  Eigen::MatrixXd cluster_jacobians_;
  std::vector<int> clients_in_;
  Eigen::MatrixXd without_;
  Eigen::VectorXd variances_;
  Eigen::VectorXd last_step_;
};

}  // namespace bordin
