#include "analysis/lagged_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bordin {
namespace {

using Eigen::Index;

constexpr std::int64_t most_lags = 256;

// Above the largest value that is not missing; 1 when there is none.
template <class Column>
double unit_of(Column const& column) {
  double largest = 0;
  for (double const v : column)
    if (std::abs(v) > largest) largest = std::abs(v);
  if (!std::isfinite(largest)) return std::numeric_limits<double>::infinity();
  int exponent = 0;
  std::frexp(largest, &exponent);
  return largest == 0 ? 1 : std::ldexp(1.0, std::clamp(exponent, -1000, 1000));
}

bool is_measured(LaggedData const& data, std::size_t row) {
  auto const i = static_cast<Index>(row);
  return !std::isnan(data.y[i]) && !data.lagged.row(i).hasNaN();
}

}  // namespace

// Incomplete rows go to the end, beyond the size of order_.
void LaggedPairs::sort_rows(LaggedData const& data) {
  order_.resize(data.client.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  auto const complete = std::partition(order_.begin(), order_.end(), [&](std::size_t i) { return is_measured(data, i); });
  order_.erase(complete, order_.end());
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return data.client[a] != data.client[b] ? data.client[a] < data.client[b] : data.session[a] < data.session[b];
  });
}

// Is `now` the session right after `before` of the same client, with all that is needed?
bool LaggedPairs::follows(LaggedData const& data, std::size_t before, std::size_t now) const {
  return data.client[before] == data.client[now] && std::int64_t{data.session[before]} + 1 == data.session[now] &&
         !data.same.row(static_cast<Index>(now)).hasNaN();
}

void LaggedPairs::read(LaggedData const& data) {
  outcomes_ = 1 + data.lagged.cols();
  same_ = data.same.cols();
  pairs_ = 0;
  problem_.clear();
  constant_.reset();
  cluster_.clear();
  raw_units_.resize(outcomes_ + same_);
  raw_units_[0] = unit_of(data.y);
  for (Index k = 1; k < outcomes_; ++k) raw_units_[k] = unit_of(data.lagged.col(k - 1));
  for (Index k = 0; k < same_; ++k) raw_units_[outcomes_ + k] = unit_of(data.same.col(k));
  if (!raw_units_.allFinite()) {
    problem_ = "some value is infinite";
    return;
  }
  sort_rows(data);
  std::int64_t range = 1;
  for (std::size_t first = 0, i = 0; i < order_.size(); ++i) {
    if (data.client[order_[i]] != data.client[order_[first]]) first = i;
    range = std::max(range, std::int64_t{data.session[order_[i]]} - data.session[order_[first]]);
  }
  lags_ = std::min(range, most_lags);
  products_.resize(width() * width(), static_cast<Index>(data.clients));
  lag_weights_.resize(lags_, static_cast<Index>(data.clients));
  means_.resize(width());
  rows_.resize(width(), static_cast<Index>(order_.size()));
  for (std::size_t first = 0, i = 1; i <= order_.size(); ++i) {
    if (i < order_.size() && data.client[order_[i]] == data.client[order_[first]]) continue;
    read_client(data, first, i);
    first = i;
  }
  if (problem_.empty() && cluster_.empty())
    problem_ = "nobody has two pairs of adjacent sessions: there is nothing to compare within anybody";
  if (problem_.empty()) set_units();
}

// Rows order_[first] .. order_[last - 1] are one client's.
void LaggedPairs::read_client(LaggedData const& data, std::size_t first, std::size_t last) {
  current_.clear();
  for (std::size_t i = first + 1; i < last; ++i) {
    if (data.session[order_[i]] == data.session[order_[i - 1]])
      problem_ = fmt::format("somebody has session {} more than once", data.session[order_[i]]);
    if (follows(data, order_[i - 1], order_[i])) current_.push_back(i);
  }
  if (current_.size() < 2) return;
  centre(data);
  count_lags(data);
  pairs_ += static_cast<Index>(current_.size());
  auto const row = order_[first];
  cluster_.push_back(data.cluster.empty() ? static_cast<std::int32_t>(cluster_.size()) : data.cluster[row]);
}

void LaggedPairs::centre(LaggedData const& data) {
  auto const n = static_cast<Index>(current_.size());
  for (Index c = 0; c < n; ++c) {
    auto const i = current_[static_cast<std::size_t>(c)];
    auto const now = static_cast<Index>(order_[i]);
    auto const before = static_cast<Index>(order_[i - 1]);
    rows_(0, c) = data.y[now] / raw_units_[0];
    rows_(outcomes_, c) = data.y[before] / raw_units_[0];
    for (Index k = 1; k < outcomes_; ++k) {
      rows_(k, c) = data.lagged(now, k - 1) / raw_units_[k];
      rows_(outcomes_ + k, c) = data.lagged(before, k - 1) / raw_units_[k];
    }
    for (Index k = 0; k < same_; ++k) rows_(2 * outcomes_ + k, c) = data.same(now, k) / raw_units_[outcomes_ + k];
  }
  means_.setZero();
  for (Index c = 0; c < n; ++c) means_ += rows_.col(c);
  means_ /= static_cast<double>(n);
  auto products = products_.col(static_cast<Index>(cluster_.size()));
  products.setZero();
  for (Index c = 0; c < n; ++c) {
    rows_.col(c) -= means_;
    for (Index k = 0; k < width(); ++k)
      for (Index l = 0; l < width(); ++l) products[k * width() + l] += rows_(l, c) * rows_(k, c);
  }
}

void LaggedPairs::count_lags(LaggedData const& data) {
  auto weights = lag_weights_.col(static_cast<Index>(cluster_.size()));
  weights.setZero();
  auto const n = static_cast<double>(current_.size());
  for (std::size_t t = 1; t < current_.size(); ++t)
    for (std::size_t s = 0; s < t; ++s) {
      auto const lag = std::int64_t{data.session[order_[current_[t]]]} - 1 - data.session[order_[current_[s]]];
      if (lag < lags_) weights[static_cast<Index>(lag)] += 1 / (n * (n - 1));
    }
}

// Brings every column to a mean square within clients of 1/4 to 1. W_t and W_(t-1) share a unit, so that powers of the
// matrix of autoregression stay what they are.
void LaggedPairs::set_units() {
  constexpr double rounding = 1e-13;  // of a value that is the same in all of a client's rows
  squares_.setZero(width());
  for (Index i = 0; i < clients(); ++i) squares_ += products(i).diagonal();
  squares_ /= static_cast<double>(pairs_);
  units_.resize(outcomes_ + same_);
  for (Index k = outcomes_ + same_; k-- > 0;) {
    double const regressor = std::sqrt(squares_[outcomes_ + k]);
    if (!(regressor > rounding)) constant_ = k;
    double const size = std::max(regressor, k < outcomes_ ? std::sqrt(squares_[k]) : 0.0);
    int exponent = 0;
    std::frexp(size, &exponent);
    units_[k] = std::ldexp(1.0, exponent);
  }
  if (constant_) return;
  means_.head(outcomes_) = units_.head(outcomes_);
  means_.tail(outcomes_ + same_) = units_;
  for (Index i = 0; i < clients(); ++i) {
    Eigen::Map<Eigen::MatrixXd> scaled(products_.col(i).data(), width(), width());
    scaled.array().colwise() /= means_.array();
    scaled.array().rowwise() /= means_.array().transpose();
  }
  units_.array() *= raw_units_.array();
}

}  // namespace bordin
