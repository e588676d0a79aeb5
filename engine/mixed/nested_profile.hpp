#pragma once

#include <memory>
#include <vector>

#include "mixed/covariance.hpp"
#include "mixed/nested_sums.hpp"
#include "mixed/newton.hpp"

namespace bordin {

//! Memory aligned to cache lines that keeps its size.
class AlignedRoom {
 public:
  void* of(std::size_t bytes);

 private:
  struct Free {
    void operator()(void* room) const;
  };
  std::unique_ptr<void, Free> room_;
  std::size_t bytes_ = 0;
};

//! The profiled criterion of a linear mixed model with nested grouping factors as a function of G, the covariance matrices
//! of the random effects relative to the residual variance s.
//!
//! All factors use the same columns Z; an effect that a factor does not have has a zero row in its G. From the innermost
//! factor outwards, every group passes on two things to the group around it, S = Z'V^-1 Z and A = Z'V^-1 [Q y]. A group
//! with random effects of its own turns them into E S and E A, with E = (I + S G)^-1, takes A'G E A from C = [Q y]'V^-1 [Q
//! y] and adds log|I + S G| to log|V|. There is no inverse of G: a singular one is an ordinary point. Criterion = log|V| +
//! log|Cxx| + 2 log|R| + n (1 + log(2 pi rho / n)), n = N - p, rho the Schur complement of Cxx; ML has n = N and no
//! determinants of C and R.
//!
//! Columns of Q that are Z M within each outermost group (arms over time, where therapists treat in one arm) need not be
//! carried along: what such a group passes on is M'S M, M'A of the others (shaped_columns.hpp).
class NestedProfile : public Criterion {
 public:
  //! `constant`: what the criterion has beside this. References stay in use.
  void assign(NestedSums const& sums, CovarianceStructure& structure, double degrees, bool reml, double constant);

  bool evaluate(Parameters const& theta, CriterionAt& out) override;
  //! Where another effect of a block has become the largest.
  bool rewrite(Parameters& theta) override;
  //! From here on the last evaluation counts as one at `theta`, where all of it is the same but for rounding.
  void take_for(Parameters const& theta);
  bool last_was(Parameters const& theta) const { return last_.size() == theta.size() && last_ == theta; }

  // What the last evaluation found.
  double const* covariance() const { return covariance_.data(); }  //!< packed G
  double const* slope() const { return slope_.data(); }            //!< packed d criterion / d G
  double rho() const { return rho_; }
  int coefficients() const { return task_.shaped + task_.columns - 1; }
  //! Coefficients on Q, and (Q'V^-1 Q)^-1 (packed) at residual variance 1.
  double coefficient(int i) const { return coefficients_[static_cast<std::size_t>(i)].at[0]; }
  double inverse(int i, int j) const;
  //! Their derivatives with respect to theta: of log rho, and of inverse(i, j).
  Parameters const& log_rho_slope() const { return log_rho_slope_; }
  double inverse_slope(int parameter, int i, int j) const;

  NestedTask const& task() const { return task_; }

 private:
  void evaluate_lanes(Parameters const& theta, int first, int count, CriterionAt& out);
  void set_lane(int lane, double const* packed);
  double value() const;

  NestedSums const* sums_ = nullptr;
  CovarianceStructure* structure_ = nullptr;
  NestedKernel const* kernel_ = nullptr;
  NestedTask task_{};
  double degrees_ = 0, constant_ = 0;
  std::vector<LaneValues> lane_covariance_, determinants_, pivots_, inverse_, coefficients_, lane_slope_;
  std::vector<double> covariance_, slope_, packed_;
  std::vector<double> inverse_slope_;
  Parameters log_rho_slope_, last_;
  double rho_ = 0;
  AlignedRoom room_;
};

}  // namespace bordin
