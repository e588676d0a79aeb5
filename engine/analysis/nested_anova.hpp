#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"

namespace bordin {

//! Analysis of variance of clients in therapists in arms, therapists random: what it found.
struct NestedAnova {
  struct Line {
    double squares = not_a_number;
    double df = not_a_number;
    double mean_square() const { return squares / df; }
  };
  struct Test {
    double statistic = not_a_number;  //!< F
    double df1 = not_a_number;
    double df2 = not_a_number;
    double p_value = not_a_number;
  };

  FitStatus status = FitStatus::ok;
  std::string message;  //!< why, when the status is not ok

  Line arms;
  Line groups;  //!< therapists within arms
  Line residual;
  Test arms_test;    //!< arms against therapists within arms
  Test groups_test;  //!< therapists within arms against the residual: is there a therapist variance?

  double caseload = not_a_number;           //!< n, or n0 for unequal caseloads (Searle, Casella & McCulloch 1992, ch. 3)
  double moment_variance = not_a_number;    //!< of therapists, (MS groups - MS residual) / n, which can be negative
  double group_variance = not_a_number;     //!< the same, not below 0
  double residual_variance = not_a_number;  //!< MS residual
  double icc = not_a_number;                //!< from the variances not below 0
  double icc_lower = not_a_number;          //!< exact interval, not below 0; equal caseloads only
  double icc_upper = not_a_number;
};

//! The exact tests of nested designs, under normality and equal variances: F of arms against therapists within arms (equal
//! caseloads; arms may differ in their numbers of therapists), F of therapists within arms against the residual (any
//! caseloads) and the interval of the intraclass correlation that inverts it (equal caseloads; Searle 1971, Linear Models,
//! ch. 9). Unequal caseloads have no exact test of arms: not_estimable, what is exact is filled in all the same.
//!
//! The buffers are kept: one object per thread, and no analysis that is ok allocates after the first of its size.
class NestedAnalysis {
 public:
  struct Data {
    Eigen::VectorXd const& y;
    std::span<std::int32_t const> group;  //!< therapist of every row, 0 .. groups-1
    std::span<std::int32_t const> arm;    //!< of every row, 0 .. arms-1
    std::size_t groups = 0;
    std::size_t arms = 0;
    std::string const& group_name;  //!< for messages: "therapist"
    std::string const& arm_name;
  };

  //! `alpha`: 1 - coverage of the interval.
  void analyse(Data const& data, double alpha, NestedAnova& out);

 private:
  std::string nesting_problem(Data const& data);
  void sum_rows(Data const& data);
  void sum_squares(Data const& data, NestedAnova& out);
  bool equal_caseloads() const;
  std::string gap(Data const& data, bool between, bool within, NestedAnova const& found) const;

  double scale_ = 1;
  double mean_ = 0;
  Eigen::VectorXd group_sizes_;
  Eigen::VectorXd group_means_;
  Eigen::VectorXd arm_sizes_;
  Eigen::VectorXd arm_means_;
  std::vector<std::int32_t> arm_of_;  // per group, -1 = no rows
};

}  // namespace bordin
