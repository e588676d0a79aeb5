#pragma once

#include <Eigen/Core>
#include <vector>

#include "analysis/gauss_hermite.hpp"
#include "analysis/logistic_units.hpp"

namespace bordin {

//! Log-likelihood of logit P(y = 1) = x'beta + theta u_j, u_j ~ N(0, 1), with its exact first and second derivatives.
//!
//! Adaptive Gauss-Hermite quadrature (Pinheiro & Bates 1995) around the mode of each cluster's integrand
//! exp h(u), h(u) = sum_i log P(y_i | u) - u^2 / 2, with scale sigma = (-h''(mode))^-1/2; one node is the Laplace
//! approximation. Parameters are psi = (a, theta), a the coefficients of the orthonormal basis Q of X. The derivatives are
//! those of the approximation itself: modes and scales move with psi (implicit function theorem). It is even in theta.
class InterceptLikelihood {
 public:
  explicit InterceptLikelihood(int nodes);

  void load(Design const& design, OrthogonalBasis const& basis);
  void evaluate(Eigen::VectorXd const& a, double theta);

  // Of the last evaluation.
  double value() const { return value_; }
  Eigen::VectorXd const& gradient() const { return gradient_; }
  Eigen::MatrixXd const& hessian() const { return hessian_; }
  Eigen::VectorXd const& modes() const { return modes_; }    //!< of u, per cluster
  Eigen::VectorXd const& scales() const { return scales_; }  //!< sigma, per cluster

  ClusteredUnits const& data() const { return data_; }
  //! Mean over clusters of sum_i p (1 - p) at the modes: what a cluster tells of its intercept.
  double mean_information() const { return information_ / static_cast<double>(data_.clusters()); }
  double squared_information() const { return squared_information_; }  //!< sum over clusters of its square

 private:
  struct Cluster {  // what every step below needs to know of one
    Eigen::Index index, first, count;
    double const* events;
    double const* sizes;  // null = 1 each
  };
  struct AtMode;
  struct Nodes;

  Cluster cluster(Eigen::Index j) const;
  double respond(Cluster const& c, double u);
  double total_residual(Cluster const& c) const;
  double total_variance(Cluster const& c) const;
  double find_mode(Cluster const& c);
  AtMode describe_mode(Cluster const& c, double u, double log_likelihood);
  void visit_nodes(Cluster const& c, AtMode const& m);
  void add_cluster(Cluster const& c);
  Nodes weigh_nodes(AtMode const& m);
  void add_curvature(Cluster const& c, AtMode const& m, Nodes const& n);
  void set_weights(Cluster const& c, double third, double fourth);
  void add_fixed_effects();
  double weighted_sum(Cluster const& c, std::vector<double> const& weight) const;
  void weighted_columns(Cluster const& c, std::vector<double> const& weight, Eigen::Ref<Eigen::VectorXd> out) const;

  GaussHermite rule_;
  ClusteredUnits data_;
  Eigen::Index rank_ = 0;
  double theta_ = 0;

  double value_ = 0;
  double information_ = 0;
  double squared_information_ = 0;
  Eigen::VectorXd gradient_;
  Eigen::MatrixXd hessian_;
  Eigen::VectorXd modes_, scales_;
  Eigen::MatrixXd mode_slopes_;  // d mode / d psi, a column per cluster
  Eigen::VectorXd parameters_;   // of the last evaluation
  bool warm_ = false;

  LogisticResponses responses_;
  Eigen::VectorXd fixed_;                                // Q a
  Eigen::VectorXd weight_;                               // per unit: what q q' counts in the Hessian
  Eigen::VectorXd scaled_;                               // a column of Q times that
  std::vector<double> eta_;                              // of one cluster's units
  std::vector<double> first_, second_, third_, fourth_;  // derivatives of log P in eta, of one cluster's units
  Eigen::VectorXd v2_, v3_, v4_;                         // sums over units of derivative times q, at the mode
  Eigen::VectorXd mode_psi_, curve_psi_, third_psi_;     // derivatives of h'(u), h''(u), h'''(u) in psi
  Eigen::VectorXd mode_slope_, scale_slope_;             // of the mode and of log sigma

  // One column or entry per node.
  Eigen::VectorXd node_log_, node_u_, node_slope_, node_curve_, node_s1_, node_s2_;
  Eigen::MatrixXd node_v1_, node_v2_, node_second_;
  Eigen::VectorXd slope_, slope_sum_, mixed_, mixed_z_, mixed_theta_;
};

}  // namespace bordin
