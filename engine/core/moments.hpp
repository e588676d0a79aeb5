#pragma once

#include <cmath>
#include <cstdint>

namespace bordin {

//! Mean and variance of numbers that come one at a time (Welford 1962, Technometrics 4:419). The order matters for the
//! last digits: feed it in the order of replications, never from partial sums.
class Moments {
 public:
  void add(double x) {
    ++n_;
    double const step = x - mean_;
    mean_ += step / static_cast<double>(n_);
    squares_ += step * (x - mean_);
  }
  std::int64_t count() const { return n_; }
  double mean() const { return n_ > 0 ? mean_ : std::nan(""); }
  //! With n - 1; NaN for fewer than two.
  double variance() const { return n_ > 1 ? squares_ / static_cast<double>(n_ - 1) : std::nan(""); }
  double sd() const { return std::sqrt(variance()); }
  //! Standard error of the mean.
  double se() const { return std::sqrt(variance() / static_cast<double>(n_)); }

 private:
  std::int64_t n_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

//! The same for pairs; pairs with a missing value (NaN) are left out.
class PairMoments {
 public:
  void add(double x, double y) {
    if (std::isnan(x) || std::isnan(y)) return;
    double const from_mean = x - (x_.count() > 0 ? x_.mean() : 0);
    x_.add(x);
    y_.add(y);
    products_ += from_mean * (y - y_.mean());
  }
  Moments const& x() const { return x_; }
  Moments const& y() const { return y_; }
  double covariance() const { return products_ / static_cast<double>(x_.count() - 1); }
  double correlation() const { return covariance() / (x_.sd() * y_.sd()); }
  //! Slope of y on x.
  double slope() const { return covariance() / x_.variance(); }

 private:
  Moments x_;
  Moments y_;
  double products_ = 0;
};

}  // namespace bordin
