#pragma once

#include <string>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"

namespace bordin {

//! Clusters (therapists) as fixed effects: those of the sample are the population, and nothing is said about others.
//!
//! Columns of X that vary within clusters have the within estimator: least squares on deviations from the clusters' means,
//! residual variance s2 with N - J - (their number) degrees of freedom. Columns constant within clusters are fitted to the
//! adjusted means m_j = ybar_j - xbar_j'b, every cluster counting the same, with variance
//! (B'B)^-1 B' s2 [diag(1/n_j) + Xbar V Xbar'] B (B'B)^-1, V = (X'X)^-1 of the deviations, and the same degrees of freedom.
//! This is analysis of variance with clusters nested in arms and unweighted means (Searle 1987, Linear Models for
//! Unbalanced Data, ch. 3-4): arms are compared by the plain averages of their clusters' means.
//!
//! `tolerance`: see OrthogonalBasis. `group`: the clusters' name.
void fit_fixed_clusters(Design const& design, double tolerance, std::string const& group, Fit& fit);

}  // namespace bordin
