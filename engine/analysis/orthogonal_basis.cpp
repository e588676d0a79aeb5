#include "analysis/orthogonal_basis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/text.hpp"

namespace bordin {

double binary_scale(Eigen::Ref<Eigen::VectorXd const> const& v) {
  double const largest = v.size() == 0 ? 0 : v.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
  if (!std::isfinite(largest)) return std::numeric_limits<double>::infinity();
  if (largest == 0) return 1;
  int exponent = 0;
  std::frexp(largest, &exponent);
  return std::ldexp(1.0, std::min(std::max(exponent, -1000), 1000));  // so that 1 / scale is finite as well
}

Projection orthogonalise(Eigen::Ref<Eigen::VectorXd> v, Eigen::MatrixXd const& q, Eigen::Index count) {
  auto const basis = q.leftCols(count);
  double const whole = v.norm();
  if (count == 0) return {{}, whole, whole};
  Eigen::VectorXd taken = basis.transpose() * v;
  v.noalias() -= basis * taken;
  double rest = v.norm();
  if (rest > 0.7 * whole) return {std::move(taken), whole, rest};
  // Digits cancelled: a second pass removes what that left of the basis in v ("twice is enough").
  Eigen::VectorXd const again = basis.transpose() * v;
  v.noalias() -= basis * again;
  rest = v.norm();
  return {taken + again, whole, rest};
}

OrthogonalBasis::OrthogonalBasis(Eigen::MatrixXd x, double tolerance)
    : q_(std::move(x)), estimable_(static_cast<std::size_t>(q_.cols()), true) {
  Eigen::Index const most = std::min(q_.rows(), q_.cols());
  r_inverse_.setZero(most, most);
  for (Eigen::Index column = 0; column < q_.cols(); ++column) {
    double const scale = binary_scale(q_.col(column));
    finite_ = finite_ && std::isfinite(scale);
    if (finite_) add(column, scale, tolerance);
  }
  auto const rank = static_cast<Eigen::Index>(kept_.size());
  q_.conservativeResize(Eigen::NoChange, rank);
  r_inverse_.conservativeResize(rank, rank);
}

void OrthogonalBasis::assign_independent(Eigen::MatrixXd const& r_inverse, double log_det_r,
                                         std::vector<Eigen::Index> const& columns_of_x) {
  auto const columns = static_cast<std::size_t>(r_inverse.cols());
  q_.resize(0, 0);
  r_inverse_ = r_inverse;
  log_det_r_ = log_det_r;
  finite_ = true;
  scales_.clear();
  lengths_.clear();
  dependencies_.clear();
  estimable_.assign(columns, true);
  kept_ = columns_of_x;
}

void OrthogonalBasis::add(Eigen::Index column, double scale, double tolerance) {
  auto v = q_.col(column);
  v *= 1 / scale;  // a power of two: nothing is rounded
  auto const rank = static_cast<Eigen::Index>(kept_.size());
  auto const [r, whole, left] = orthogonalise(v, q_, rank);
  double const rest = rank == q_.rows() ? 0 : left;
  if (rest > 1e-3 * whole) return keep(column, r, rest, scale);

  // Nearly nothing is left. Whether that is rounding depends on the sizes of the parts that cancelled.
  Eigen::VectorXd parts(rank);  // of the kept columns in this one, as lengths
  for (Eigen::Index k = 0; k < rank; ++k) {
    auto const kept = static_cast<std::size_t>(k);
    parts[k] = std::abs(r_inverse_.row(k).head(rank).dot(r)) * scales_[kept] * lengths_[kept];
  }
  double const sizes = whole + parts.sum();
  if (rest > tolerance * sizes) return keep(column, r, rest, scale);

  Dependency dependency{column, {}};
  estimable_[static_cast<std::size_t>(column)] = false;
  for (Eigen::Index k = 0; k < rank; ++k) {
    if (!(parts[k] > tolerance * sizes)) continue;
    dependency.of.push_back(kept_[static_cast<std::size_t>(k)]);
    estimable_[static_cast<std::size_t>(dependency.of.back())] = false;
  }
  dependencies_.push_back(std::move(dependency));
}

void OrthogonalBasis::keep(Eigen::Index column, Eigen::VectorXd const& r, double length, double scale) {
  auto const k = static_cast<Eigen::Index>(kept_.size());
  q_.col(k) = q_.col(column) * (1 / length);
  r_inverse_.col(k).head(k) = r_inverse_.topLeftCorner(k, k) * r / -length;
  r_inverse_(k, k) = 1 / length / scale;
  log_det_r_ += std::log(length) + std::log(scale);
  kept_.push_back(column);
  lengths_.push_back(std::hypot(length, r.norm()));
  scales_.push_back(scale);
}

std::string OrthogonalBasis::dependencies(std::vector<std::string> const& names) const {
  constexpr std::size_t most = 8;
  std::string text;
  for (auto const& [column, of] : dependencies_) {
    std::vector<std::string> parts;
    for (auto const k : of)
      if (parts.size() < most) parts.push_back(names[static_cast<std::size_t>(k)]);
    if (of.size() > most) parts.back() = "others";
    auto const what =
        of.empty() ? std::string("is zero in every row") : "is a linear combination of " + enumerate_words(parts);
    text += (text.empty() ? "" : "; ") + names[static_cast<std::size_t>(column)] + " " + what;
  }
  return text;
}

}  // namespace bordin
