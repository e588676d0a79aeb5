#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/moments.hpp"
#include "study/truth.hpp"

namespace bordin {

//! What a tally knows of an analysis.
struct TalliedAnalysis {
  std::string name;
  std::vector<std::string> terms;
  std::vector<std::size_t> tested;  //!< indices into terms
};

//! Performance of the analyses of a study (Morris, White & Crowther 2019, Stat Med 38:2074), taken from one replication
//! after the other in their order, so that it does not depend on how they were computed. n is the number of fits that can
//! be used, SE the Monte Carlo standard error:
//!   mean_estimate    mean of the estimates; SE empirical_se / sqrt(n)
//!   empirical_se     SD of the estimates; SE empirical_se / sqrt(2 (n - 1))
//!   model_se         root of the mean squared standard error; SE sqrt(var(se^2) / (4 n model_se^2))
//!   se_ratio         model_se / empirical_se; SE by the delta method
//!   rejection_rate   share with p <= alpha: power, or the type I error where the term is 0; SE sqrt(p (1 - p) / n)
//!                    NaN for what no fit tested, as an intraclass correlation
//!   rejection_rate_failed_as_no   the same with failed fits counted as not rejecting
//! and, where the scenario names the truth (whose own SE is part of the SE of bias):
//!   bias, relative_bias (bias / |truth|), rmse
//!   coverage         share of intervals that hold the truth; coverage_failed_as_no
//!   bias_eliminated_coverage   share that hold the mean of the estimates; of the first 100,000 that can be used
//!   type_s           of the estimates that reject, the share with the wrong sign (Gelman & Carlin 2014)
//!   type_m           of these, mean |estimate| / |truth|: the exaggeration
class PerformanceTally {
 public:
  PerformanceTally(std::vector<TalliedAnalysis> analyses, double alpha, TrueValues truths);
  PerformanceTally(Study const& study, TrueValues truths);
  void add(std::vector<Estimates> const& estimates);
  std::vector<PerformanceRow> rows() const;
  //! Of the 95 % intervals of the rejection rates of all tested terms; infinite while no fit can be used.
  double widest_half_width() const;

 private:
  struct Term {
    Moments estimate;
    Moments squared_se;
    Moments squared_error;
    Moments exaggeration;     // of estimates that reject
    std::int64_t tested = 0;  // with a p-value
    std::int64_t rejected = 0, covered = 0, wrong_sign = 0;
    std::vector<std::pair<double, double>> intervals;
  };
  struct PerAnalysis {
    std::int64_t run = 0, converged = 0, singular = 0, failed = 0;
    std::vector<Term> terms;
  };
  void add_term(Coefficient const& of, double truth, Term& to) const;
  template <class Add>
  void add_inference(PerAnalysis const& tally, Term const& own, Add const& add) const;
  template <class Add>
  void add_accuracy(PerAnalysis const& tally, Term const& own, TrueValue const& truth, Add const& add) const;
  void add_rows(std::size_t analysis, std::size_t term, std::vector<PerformanceRow>& rows) const;

  std::vector<TalliedAnalysis> analyses_;
  double alpha_;
  TrueValues truths_;
  std::vector<PerAnalysis> tallies_;
};

//! The table as text, a line per term, each figure with its Monte Carlo standard error; a second one against the truth,
//! where there is any.
std::string performance_text(std::vector<PerformanceRow> const& rows, double alpha);

}  // namespace bordin
