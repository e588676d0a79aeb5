#pragma once

#include "analysis/design_matrix.hpp"

namespace bordin {

//! One row per cluster: the means of y and of every column of X over the cluster's rows, each cluster counting the same.
//! Least squares on these means has J - p degrees of freedom; for two arms of clusters that is the pooled t test of the
//! cluster means.
Design cluster_means(Design const& design);

}  // namespace bordin
