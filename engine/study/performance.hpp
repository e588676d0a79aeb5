#pragma once

#include <cstdint>
#include <vector>

#include "core/moments.hpp"
#include "study/study.hpp"

namespace bordin {

//! Performance of the analyses of a study (Morris, White & Crowther 2019, Stat Med 38:2074), taken from one replication
//! after the other in their order, so that it does not depend on how they were computed:
//!   mean_estimate    mean of the estimates; its Monte Carlo SE is empirical_se / sqrt(n)
//!   empirical_se     SD of the estimates; SE empirical_se / sqrt(2 (n - 1))
//!   model_se         root of the mean squared standard error; SE sqrt(var(se^2) / (4 n model_se^2))
//!   rejection_rate   share with p <= alpha among fits that can be used; SE sqrt(p (1 - p) / n)
//!                    NaN for what no fit tested, as an intraclass correlation
//!   rejection_rate_failed_as_no   the same with failed fits counted as not rejecting
class PerformanceTally {
 public:
  explicit PerformanceTally(Study const& study);
  void add(std::vector<Estimates> const& estimates);
  std::vector<PerformanceRow> rows() const;

 private:
  struct Term {
    Moments estimate;
    Moments squared_se;
    std::int64_t tested = 0;  // with a p-value
    std::int64_t rejected = 0;
  };
  struct PerAnalysis {
    std::int64_t run = 0, converged = 0, singular = 0, failed = 0;
    std::vector<Term> terms;
  };
  void add_rows(std::size_t analysis, std::size_t term, std::vector<PerformanceRow>& rows) const;

  Study const& study_;
  std::vector<PerAnalysis> tallies_;
};

//! The table as text, a line per term, each figure with its Monte Carlo standard error.
std::string performance_text(std::vector<PerformanceRow> const& rows, double alpha);

}  // namespace bordin
