#include "analysis/risk_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace bordin {

using Eigen::Index;
using Eigen::VectorXd;

// Rows are counted into as many buckets as there are rows, by time, each bucket with a half for events and one for the
// censored. That leaves whole numbers in order and little to do for other times.
void RiskSets::sort(VectorXd const& time, VectorXd const& event) {
  distribute(time, event);
  order_buckets(time, event);
  cut(time, event);
}

void RiskSets::distribute(VectorXd const& time, VectorXd const& event) {
  auto const rows = static_cast<std::size_t>(time.size());
  order_.resize(rows);
  bucket_.resize(rows);
  starts_.assign(2 * rows + 1, 0);
  if (rows == 0) return;
  double const least = time.minCoeff() / 2;  // halves: their differences cannot overflow
  double const spread = time.maxCoeff() / 2 - least;
  double const most = static_cast<double>(rows - 1);
  double const scale = spread > std::numeric_limits<double>::min() * most ? most / spread : 0;
  for (std::size_t i = 0; i < rows; ++i) {
    auto const row = static_cast<Index>(i);
    double const place = std::min((time[row] / 2 - least) * scale, most);
    bucket_[i] = 2 * static_cast<std::int32_t>(place) + (event[row] == 0 ? 1 : 0);
    ++starts_[static_cast<std::size_t>(bucket_[i]) + 1];
  }
  for (std::size_t b = 0; b < 2 * rows; ++b) starts_[b + 1] += starts_[b];
  for (std::size_t i = 0; i < rows; ++i)
    order_[starts_[static_cast<std::size_t>(bucket_[i])]++] = static_cast<std::int32_t>(i);
}

// starts_[b] has moved to the end of bucket b.
void RiskSets::order_buckets(VectorXd const& time, VectorXd const& event) {
  auto const earlier = [&](std::int32_t a, std::int32_t b) {
    return std::tuple(time[a], -event[a], a) < std::tuple(time[b], -event[b], b);
  };
  std::size_t first = 0;
  for (std::size_t b = 1; b + 1 < starts_.size(); b += 2) {
    std::size_t const last = starts_[b];
    auto const begin = order_.begin() + static_cast<std::ptrdiff_t>(first);
    auto const end = order_.begin() + static_cast<std::ptrdiff_t>(last);
    if (last - first > 1 && !std::is_sorted(begin, end, earlier)) std::sort(begin, end, earlier);
    first = last;
  }
}

void RiskSets::cut(VectorXd const& time, VectorXd const& event) {
  event_times_.reserve(order_.size());
  event_times_.clear();
  events_ = 0;
  double now = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (event[order_[i]] == 0) continue;
    if (time[order_[i]] != now) event_times_.push_back({i, 0});
    now = time[order_[i]];
    ++event_times_.back().events;
    ++events_;
  }
}

}  // namespace bordin
