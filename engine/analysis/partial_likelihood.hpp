#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/risk_sets.hpp"

namespace bordin {

//! Cox's partial likelihood with Efron's correction for ties, its derivatives and residuals.
//!
//! With w = exp(z'a), S0 the sum of w over those at risk at an event time, E0 over the d who leave then, and
//! D_l = S0 - l/d E0 for l = 0 .. d-1: log L = sum over event times of (sum of z'a over those who leave - sum_l log D_l).
//! Rows that leave before the first event are in no risk set and are left out; "row" below means one of the others, in the
//! order of the risk sets. Allocates only when a data set has another size than the one before.
class PartialLikelihood {
 public:
  //! Keeps a reference to `sets` (with at least one event); z = columns of `q` from the second on, times `factor`.
  void load(RiskSets const& sets, Eigen::MatrixXd const& q, double factor);

  //! Value, gradient and information (negative second derivatives) at `a`.
  void evaluate(Eigen::VectorXd const& a);
  double value() const { return value_; }
  Eigen::VectorXd const& gradient() const { return gradient_; }
  Eigen::MatrixXd const& information() const { return information_; }

  //! Largest minus smallest z'direction.
  double spread(Eigen::VectorXd const& direction);
  //! Is the likelihood monotone in this direction: is z'direction of those who leave always the largest at risk, up to
  //! `tolerance` times the spread?
  bool is_recession(Eigen::VectorXd const& direction, double tolerance);
  //! Score residuals summed by cluster, one row per cluster (per row of data for an empty `cluster`), at the last `a`.
  void sum_scores(std::vector<std::int32_t> const& cluster, Eigen::MatrixXd& scores);
  //! Cumulative hazard of a row with z'a = 0 after each event time, at the last `a`.
  std::vector<double> cumulative_hazard() const;
  //! z'a of a row at the last `a`, and which row of data that is.
  double predictor(std::size_t row) const { return eta_[static_cast<Eigen::Index>(row)]; }
  std::int32_t data_row(std::size_t row) const { return sets_->order()[skipped_ + row]; }

 private:
  using Index = Eigen::Index;
  struct Rows {  // of an event time: [first, left) leave, [left, end) are censored before the next event time
    Index first, left, end;
  };
  void reserve(Index rows, Index columns);
  void set_predictor(Eigen::VectorXd const& a);
  void set_weights();
  double sum_denominators();
  double sum_denominators_of_ties();
  template <int Count>
  void sum_columns(Index column);
  void set_expected();
  void set_derivatives();
  void weigh_means(Index column);
  void add_scores(Index column, double* scores) const;

  RiskSets const* sets_ = nullptr;
  std::size_t skipped_ = 0;
  bool tied_ = false;
  Index count_ = 0;               // rows; what is one per row or event time has room for all data
  Eigen::MatrixXd z_;             // rows x columns
  Eigen::VectorXd events_of_z_;   // sum of z over those who leave
  Eigen::VectorXd eta_, weight_;  // z'a; exp(z'a - shift)
  Eigen::VectorXd expected_;      // how many events the model expects of a row: event - expected = martingale residual
  Eigen::VectorXd product_, of_risk_, of_leavers_;
  std::vector<std::int32_t> cluster_;
  std::vector<Rows> rows_;
  // By event time. Where nothing is tied, a1_, b1_ and b2_ are 0.
  Eigen::VectorXd s0_, e0_;       // S0, E0
  Eigen::VectorXd a0_, a1_;       // sum_l 1 / D_l, of (l/d) / D_l
  Eigen::VectorXd b0_, b1_, b2_;  // sum_l 1 / D_l^2, of (l/d) / D_l^2, of (l/d)^2 / D_l^2
  Eigen::MatrixXd s1_, e1_;       // event times x columns: as S0 and E0, of w z
  double shift_ = 0;
  double value_ = 0;
  Eigen::VectorXd gradient_;
  Eigen::MatrixXd information_;
};

}  // namespace bordin
