#pragma once

#include <vector>

#include "planning/decisions.hpp"

namespace bordin {

//! Power as a function of one number, near a wanted power: probit(power) = a + b g. For a t test whose noncentrality grows
//! with g that is right up to the curvature of its critical value.
//!
//! The points share their replications, so that the covariance of (a, b) is the sandwich over replications (Liang & Zeger
//! 1986, Biometrika 73:13), not that of independent studies.
class PowerCurve {
 public:
  struct Point {
    double g = 0;
    Decisions const* decisions = nullptr;  //!< failed fits count as not rejecting
  };
  //! Two points or more, with as many replications each. Keeps references.
  explicit PowerCurve(std::vector<Point> points);

  bool exists() const { return exists_; }  //!< power changes with g, and is neither 0 nor 1 at all points
  double at(double g) const;               //!< power
  double slope() const { return b_; }
  //! Where power is `wanted`.
  double root(double wanted) const;
  //! All g around it whose power the data do not tell from `wanted` at 95 % (Fieller 1954, J R Stat Soc B 16:175), within
  //! [low, high].
  std::pair<double, double> interval(double wanted, double low, double high) const;

 private:
  bool fit();
  void find_covariance();
  double end_of_interval(double wanted, double from, double limit) const;

  std::vector<Point> points_;
  std::vector<double> rejected_;  // by point
  double replications_ = 0;
  double a_ = 0, b_ = 0;
  double var_a_ = 0, cov_ = 0, var_b_ = 0;
  bool exists_ = false;
};

}  // namespace bordin
