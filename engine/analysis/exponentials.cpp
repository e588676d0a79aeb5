#include "analysis/exponentials.hpp"

#include <Eigen/Core>
#include <array>
#include <bit>
#include <cstdint>

namespace bordin {
namespace {

// exp(x) = 2^n exp(r) with n whole and |r| at most log(2) / 2, where Taylor's series to r^13 leaves 4e-18.
constexpr std::array coefficients{
    1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
    1.0 / 720,        1.0 / 120,       1.0 / 24,       1.0 / 6,       1.0 / 2,      1.0,         1.0};

// log(2) in two parts, the first with so few digits that n times it is exact.
constexpr double log2_high = 0x1.62e42feep-1, log2_low = 0x1.a39ef35793c76p-33;

double exponential(double x) {
  constexpr double rounder = 0x1.8p52;                       // added, it leaves n in the last bits
  double const shifted = x * 0x1.71547652b82fep0 + rounder;  // x / log(2)
  double const n = shifted - rounder;
  double const r = x - n * log2_high - n * log2_low;
  double series = coefficients.front();
  for (std::size_t k = 1; k < coefficients.size(); ++k) series = series * r + coefficients[k];
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(series) + (std::bit_cast<std::uint64_t>(shifted) << 52U));
}

}  // namespace

void exponentiate(std::span<double> values) {
  constexpr double least = -700;
  Eigen::Map<Eigen::ArrayXd> bounded(values.data(), static_cast<Eigen::Index>(values.size()));
  bounded = bounded.max(least);
  for (double& value : values) value = exponential(value);
}

}  // namespace bordin
