#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "analysis/risk_sets.hpp"

namespace bordin {

//! Harrell's C as survival::concordance has it for a Cox model: over all pairs of which one is known to have left first
//! (censoring at the time of an event counts as later; two events at one time are no pair), the share in which that one
//! has the higher risk; equal risks count one half. NaN without a pair.
class Concordance {
 public:
  double operator()(RiskSets const& sets, Eigen::VectorXd const& risk);

 private:
  void rank(Eigen::VectorXd const& risk);
  void insert(std::int32_t row);
  std::int64_t below(std::int32_t rank) const;

  std::vector<std::int32_t> by_risk_;
  std::vector<std::int32_t> rank_;   // per row, 1 ..; equal risks have equal ranks
  std::vector<std::int64_t> count_;  // Fenwick tree over ranks: rows still at risk
};

}  // namespace bordin
