#include "planning/decisions.hpp"

#include <algorithm>
#include <cmath>

#include "core/moments.hpp"

namespace bordin {
std::int64_t Decisions::count_of(Decision decision) const {
  return std::count(all_.begin(), all_.end(), decision);
}

Proportion Decisions::rejected() const {
  return proportion(count_of(Decision::rejected), static_cast<std::int64_t>(all_.size()) - count_of(Decision::failed));
}

Proportion Decisions::rejected_failed_as_no() const {
  return proportion(count_of(Decision::rejected), static_cast<std::int64_t>(all_.size()));
}

Proportion Decisions::failed() const {
  return proportion(count_of(Decision::failed), static_cast<std::int64_t>(all_.size()));
}

PairedDifference difference(Decisions const& a, Decisions const& b) {
  PairMoments both;
  for (std::size_t r = 0; r < std::min(a.count(), b.count()); ++r) {
    if (a[r] == Decision::failed || b[r] == Decision::failed) continue;
    both.add(a[r] == Decision::rejected ? 1 : 0, b[r] == Decision::rejected ? 1 : 0);
  }
  auto const n = both.x().count();
  if (n < 2) return {.of = n};
  double const independent = both.x().variance() + both.y().variance();
  auto const se = [&](double variance) { return std::sqrt(std::max(0.0, variance) / static_cast<double>(n)); };
  return {.value = both.x().mean() - both.y().mean(),
          .mcse = se(independent - 2 * both.covariance()),
          .independent_mcse = se(independent),
          .of = n};
}

}  // namespace bordin
