#pragma once

#include <vector>

#include "mixed/grouping.hpp"

namespace bordin {

//! One column of X, Z or y as the sums take it: (value - shift) * scale.
struct ScaledColumn {
  double const* values = nullptr;
  double shift = 0;
  double scale = 1;
};

//! Adds up a column y and random effects' columns z (q of them, without shifts): to `zz` [group][q(q+1)/2] Z'Z, to `sums`
//! [group][q] Z'y. Returns y'y. What NestedKernel::sum_rows does for many columns takes longer for one.
double sum_single_column(ScaledColumn const& y, std::vector<ScaledColumn> const& z, Grouping const& factor, double* zz,
                         double* sums);

}  // namespace bordin
