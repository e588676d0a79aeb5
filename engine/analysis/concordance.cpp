#include "analysis/concordance.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace bordin {

void Concordance::rank(Eigen::VectorXd const& risk) {
  auto const rows = static_cast<std::size_t>(risk.size());
  by_risk_.resize(rows);
  rank_.resize(rows);
  std::iota(by_risk_.begin(), by_risk_.end(), 0);
  std::sort(by_risk_.begin(), by_risk_.end(), [&](auto a, auto b) { return risk[a] < risk[b]; });
  std::int32_t ranks = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (i == 0 || risk[by_risk_[i]] != risk[by_risk_[i - 1]]) ++ranks;
    rank_[static_cast<std::size_t>(by_risk_[i])] = ranks;
  }
  count_.assign(static_cast<std::size_t>(ranks) + 1, 0);
}

void Concordance::insert(std::int32_t row) {
  for (auto at = static_cast<std::size_t>(rank_[static_cast<std::size_t>(row)]); at < count_.size(); at += at & -at)
    ++count_[at];
}

// Rows inserted so far with a rank up to `rank`.
std::int64_t Concordance::below(std::int32_t rank) const {
  std::int64_t sum = 0;
  for (auto at = static_cast<std::size_t>(rank); at > 0; at &= at - 1) sum += count_[at];
  return sum;
}

double Concordance::operator()(RiskSets const& sets, Eigen::VectorXd const& risk) {
  rank(risk);
  auto const& order = sets.order();
  std::int64_t inserted = 0;
  std::int64_t halves = 0;  // two per concordant pair, one per tie
  std::int64_t pairs = 0;
  for (std::size_t g = sets.event_times().size(); g-- > 0;) {
    auto const [first, events] = sets.event_times()[g];
    for (std::size_t i = first + events; i < sets.end(g); ++i, ++inserted) insert(order[i]);
    for (std::size_t i = first; i < first + events; ++i) {
      auto const rank = rank_[static_cast<std::size_t>(order[i])];
      halves += below(rank - 1) + below(rank);
      pairs += inserted;
    }
    for (std::size_t i = first; i < first + events; ++i, ++inserted) insert(order[i]);
  }
  if (pairs == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(halves) / 2 / static_cast<double>(pairs);
}

}  // namespace bordin
