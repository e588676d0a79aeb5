#include "analysis/logistic_units.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace bordin {
namespace {

using Eigen::Index;

// `negative` or `positive` by the sign of x, without a branch, which would keep compilers from vector instructions.
inline double chosen(double x, double negative, double positive) {
  std::uint64_t const mask = 0U - (std::bit_cast<std::uint64_t>(x) >> 63U);
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(negative) & mask) |
                               (std::bit_cast<std::uint64_t>(positive) & ~mask));
}

// e^x for x <= 0, in operations that compilers turn into vector instructions: powers of two times a Taylor polynomial on
// |r| <= log(2) / 2, whose remainder is below 1e-17. Relative error below 4e-16; below -707 it stays at the value there.
inline double exp_of_negative(double x) {
  constexpr double lowest = -707;
  constexpr double shift = 0x1.8p52;  // adding it rounds to an integer, which then stands in the last bits
  constexpr double ln2_high = 0x1.62e42feep-1;
  constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  double const y = chosen(x - lowest, lowest, x);
  double const shifted = y * 1.4426950408889634 + shift;
  double const power = shifted - shift;
  double const r = (y - power * ln2_high) - power * ln2_low;
  double p = 1 / 6227020800.0;
  p = p * r + 1 / 479001600.0;
  p = p * r + 1 / 39916800.0;
  p = p * r + 1 / 3628800.0;
  p = p * r + 1 / 362880.0;
  p = p * r + 1 / 40320.0;
  p = p * r + 1 / 5040.0;
  p = p * r + 1 / 720.0;
  p = p * r + 1 / 120.0;
  p = p * r + 1 / 24.0;
  p = p * r + 1 / 6.0;
  p = p * r + .5;
  p = p * r + 1;
  p = p * r + 1;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) + (std::bit_cast<std::uint64_t>(shifted) << 52U));
}

bool same_row(Eigen::MatrixXd const& q, Index a, Index b) {
  for (Index k = q.cols() - 1; k >= 0; --k)  // the first column is mostly the intercept and tells nothing
    if (q(a, k) != q(b, k)) return false;
  return true;
}

// sum of size * log(odds). Each of `odds` is at most 2, so products of 512 cannot overflow, and few logarithms are needed.
double sum_of_logs(double const* odds, double const* sizes, Index n) {
  constexpr Index most = 512;
  double sum = 0;
  if (sizes == nullptr) {
    for (Index i = 0; i < n; i += most)
      sum += std::log(Eigen::Map<Eigen::ArrayXd const>(odds + i, std::min(most, n - i)).prod());
  } else {
    for (Index i = 0; i < n; ++i) sum += sizes[i] * std::log(odds[i]);
  }
  return sum;
}

}  // namespace

void ClusteredUnits::sort_rows(Design const& design) {
  auto const& cluster = design.cluster();
  next_.assign(design.clusters() + 1, 0);
  for (auto const group : cluster) ++next_[static_cast<std::size_t>(group) + 1];
  for (std::size_t j = 0; j < design.clusters(); ++j) next_[j + 1] += next_[j];
  order_.resize(cluster.size());
  for (std::size_t i = 0; i < cluster.size(); ++i)
    order_[static_cast<std::size_t>(next_[static_cast<std::size_t>(cluster[i])]++)] = static_cast<Index>(i);
}

// The unit of the present cluster that `row` belongs to, a new one if need be. Only the first few are looked through: where
// a cluster has more, predictors are continuous and rows hardly ever equal.
std::size_t ClusteredUnits::unit_of(Index row, Eigen::MatrixXd const& q) {
  constexpr std::size_t few = 8;
  auto const start = static_cast<std::size_t>(first_.back());
  for (std::size_t unit = start; unit < std::min(start + few, row_of_.size()); ++unit)
    if (same_row(q, row_of_[unit], row)) return unit;
  row_of_.push_back(row);
  events_.push_back(0);
  sizes_.push_back(0);
  return row_of_.size() - 1;
}

void ClusteredUnits::merge_equal_rows(Design const& design, Eigen::MatrixXd const& q) {
  row_of_.clear();
  events_.clear();
  sizes_.clear();
  first_.assign(1, 0);
  auto const& cluster = design.cluster();
  std::size_t at = 0;
  for (std::size_t j = 0; j < design.clusters(); ++j) {
    for (; at < order_.size() && static_cast<std::size_t>(cluster[static_cast<std::size_t>(order_[at])]) == j; ++at) {
      Index const row = order_[at];
      auto const unit = unit_of(row, q);
      events_[unit] += design.y[row];
      sizes_[unit] += 1;
    }
    first_.push_back(static_cast<Index>(row_of_.size()));
  }
}

void ClusteredUnits::gather(Design const& design, OrthogonalBasis const& basis) {
  auto const& q = basis.q();
  rank_ = q.cols();
  sort_rows(design);
  merge_equal_rows(design, q);
  q_.resize(row_of_.size() * static_cast<std::size_t>(rank_));
  double* out = q_.data();
  for (Index k = 0; k < rank_; ++k)
    for (Index const row : row_of_) *out++ = q(row, k);
}

LogisticUnits ClusteredUnits::units() const {
  auto const n = static_cast<Index>(row_of_.size());
  bool const merged = row_of_.size() < order_.size();
  return {{q_.data(), n, rank_}, {events_.data(), n}, {sizes_.data(), merged ? n : 0}};
}

Index ClusteredUnits::most_in_cluster() const {
  Index most = 0;
  for (Index j = 0; j < clusters(); ++j) most = std::max(most, count(j));
  return most;
}

bool ClusteredUnits::varies_within() const {
  for (Index j = 0; j < clusters(); ++j) {
    double events = 0;
    double rows = 0;
    for (auto unit = static_cast<std::size_t>(first(j)); unit < static_cast<std::size_t>(first(j + 1)); ++unit) {
      events += events_[unit];
      rows += sizes_[unit];
    }
    if (events > 0 && events < rows) return true;
  }
  return false;
}

void LogisticResponses::resize(Index units) {
  auto const n = static_cast<std::size_t>(units);
  if (n <= mean.size()) return;
  mean.resize(n);
  variance.resize(n);
  odds.resize(n);
}

double LogisticResponses::at(double const* eta, double const* events, double const* sizes, Index n) {
  double* const p = mean.data();
  double* const v = variance.data();
  double* const o = odds.data();
  for (Index i = 0; i < n; ++i) {
    double const e = exp_of_negative(-std::abs(eta[i]));
    double const sum = 1 + e;
    double const larger = 1 / sum;
    double const smaller = e * larger;
    p[i] = chosen(eta[i], smaller, larger);
    v[i] = larger * smaller;
    o[i] = sum;
  }
  using Numbers = Eigen::Map<Eigen::ArrayXd const>;
  Numbers const at(eta, n);
  Numbers const success(events, n);
  double const linear =
      sizes == nullptr ? (success * at - at.max(0)).sum() : (success * at - Numbers(sizes, n) * at.max(0)).sum();
  return linear - sum_of_logs(o, sizes, n);
}

}  // namespace bordin
