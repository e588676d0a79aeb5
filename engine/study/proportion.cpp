#include "study/proportion.hpp"

#include <algorithm>
#include <cmath>

namespace bordin {
namespace {

constexpr double quantile = 1.959963984540054;  // normal, .975

}  // namespace

Proportion proportion(std::int64_t count, std::int64_t of) {
  if (of <= 0) return {};
  auto const n = static_cast<double>(of);
  double const p = static_cast<double>(count) / n;
  double const z2 = quantile * quantile / n;
  double const centre = (p + z2 / 2) / (1 + z2);
  double const half = quantile / (1 + z2) * std::sqrt(p * (1 - p) / n + z2 / (4 * n));
  return {.value = p,
          .mcse = std::sqrt(p * (1 - p) / n),
          .lower = std::max(0.0, centre - half),
          .upper = std::min(1.0, centre + half),
          .of = of};
}

}  // namespace bordin
