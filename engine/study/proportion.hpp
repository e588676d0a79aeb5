#pragma once

#include <cstdint>

#include "analysis/analysis.hpp"

namespace bordin {

//! A proportion with its Monte Carlo standard error and 95 % interval (Wilson 1927, J Am Stat Assoc 22:209).
struct Proportion {
  double value = not_a_number;
  double mcse = not_a_number;
  double lower = not_a_number;
  double upper = not_a_number;
  std::int64_t of = 0;

  double half_width() const { return (upper - lower) / 2; }
};
Proportion proportion(std::int64_t count, std::int64_t of);

}  // namespace bordin
