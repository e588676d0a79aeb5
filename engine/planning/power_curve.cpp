#include "planning/power_curve.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "core/quiet_policy.hpp"

namespace bordin {
namespace {

using Normal = boost::math::normal_distribution<double, QuietPolicy>;

constexpr double quantile_975 = 1.959963984540054;

double probit(double p) {
  return boost::math::quantile(Normal(), p);
}

double inverse_probit(double z) {
  return boost::math::cdf(Normal(), z);
}

//! What probit regression needs at one value of its linear predictor.
struct Link {
  double p, density, weight;  // weight: density^2 / (p (1 - p))

  explicit Link(double z) {
    z = std::clamp(z, -7.0, 7.0);
    p = inverse_probit(z);
    density = boost::math::pdf(Normal(), z);
    weight = density * density / (p * (1 - p));
  }
  double score(double y) const { return density / (p * (1 - p)) * (y - p); }
};

}  // namespace

PowerCurve::PowerCurve(std::vector<Point> points) : points_(std::move(points)) {
  for (auto const& point : points_) {
    auto const p = point.decisions->rejected_failed_as_no();
    rejected_.push_back(p.value);
    replications_ = static_cast<double>(p.of);
  }
  exists_ = fit();
  if (exists_) find_covariance();
}

double PowerCurve::at(double g) const {
  return inverse_probit(a_ + b_ * g);
}

double PowerCurve::root(double wanted) const {
  return (probit(wanted) - a_) / b_;
}

// Fisher scoring from a straight line through the outermost points.
bool PowerCurve::fit() {
  auto const shrunken = [&](double p) { return (p * replications_ + 0.5) / (replications_ + 1); };
  double const distance = points_.back().g - points_.front().g;
  if (points_.size() < 2 || distance == 0) return false;
  b_ = (probit(shrunken(rejected_.back())) - probit(shrunken(rejected_.front()))) / distance;
  a_ = probit(shrunken(rejected_.front())) - b_ * points_.front().g;
  for (int step = 0; step < 50; ++step) {
    double u0 = 0, u1 = 0, i00 = 0, i01 = 0, i11 = 0;
    for (std::size_t k = 0; k < points_.size(); ++k) {
      double const g = points_[k].g;
      Link const link(a_ + b_ * g);
      double const score = link.score(rejected_[k]);
      u0 += score;
      u1 += score * g;
      i00 += link.weight;
      i01 += link.weight * g;
      i11 += link.weight * g * g;
    }
    double const det = i00 * i11 - i01 * i01;
    if (!(det > 0)) return false;
    double const da = (i11 * u0 - i01 * u1) / det, db = (i00 * u1 - i01 * u0) / det;
    a_ += da;
    b_ += db;
    if (!std::isfinite(a_ + b_)) return false;
    if (std::abs(da + db * points_.front().g) + std::abs(da + db * points_.back().g) < 1e-10) break;
  }
  bool const varies = std::any_of(rejected_.begin(), rejected_.end(), [](double p) { return p > 0 && p < 1; });
  return varies && b_ != 0;
}

void PowerCurve::find_covariance() {
  double i00 = 0, i01 = 0, i11 = 0;
  std::vector<Link> links;
  for (auto const& point : points_) {
    links.emplace_back(a_ + b_ * point.g);
    double const weight = links.back().weight * replications_;
    i00 += weight;
    i01 += weight * point.g;
    i11 += weight * point.g * point.g;
  }
  double const det = i00 * i11 - i01 * i01;
  for (std::size_t r = 0; r < static_cast<std::size_t>(replications_); ++r) {
    double u0 = 0, u1 = 0;
    for (std::size_t k = 0; k < points_.size(); ++k) {
      double const score = links[k].score((*points_[k].decisions)[r] == Decision::rejected ? 1 : 0);
      u0 += score;
      u1 += score * points_[k].g;
    }
    double const da = (i11 * u0 - i01 * u1) / det, db = (i00 * u1 - i01 * u0) / det;
    var_a_ += da * da;
    cov_ += da * db;
    var_b_ += db * db;
  }
}

// The first g from the root on that the data tell from it, by bisection.
double PowerCurve::end_of_interval(double wanted, double from, double limit) const {
  double const z = probit(wanted);
  auto const apart = [&](double g) {
    double const distance = a_ + b_ * g - z;
    return distance * distance > quantile_975 * quantile_975 * (var_a_ + 2 * g * cov_ + g * g * var_b_);
  };
  double inside = from, outside = limit;
  if (!apart(limit)) return limit;
  for (int step = 0; step < 100; ++step) {
    double const middle = (inside + outside) / 2;
    (apart(middle) ? outside : inside) = middle;
  }
  return inside;
}

std::pair<double, double> PowerCurve::interval(double wanted, double low, double high) const {
  double const middle = std::clamp(root(wanted), low, high);
  return {end_of_interval(wanted, middle, low), end_of_interval(wanted, middle, high)};
}

}  // namespace bordin
