#pragma once

#include <cstdint>
#include <vector>

namespace bordin {

//! What the ratings of one data set say about means of groups that were measured by few members.
//!
//! The best linear prediction of a group's latent mean is its observed mean drawn to that of everybody,
//!     m + lambda_j (m_j - m), lambda_j = tau2 / (tau2 + sigma2 / n_j),
//! tau2 and sigma2 from the analysis of variance (tau2 not below 0, n0 for unequal groups). As a predictor it estimates
//! the effect between groups, which observed means draw to the one within (Croon & van Veldhoven 2007, Psychol Methods
//! 12:45; Luedtke et al. 2008, Psychol Methods 13:203; Shin & Raudenbush 2010, J Educ Behav Stat 35:26).
//!
//! `member`: NaN = not rated. `group`: of every member, 0 .. ; `stratum`: of every member, constant within groups: groups
//! are drawn to the mean of their stratum, and variances are those within strata. Returns the predicted mean per group: NaN
//! for all where variances cannot be estimated (no group with two members, or no stratum with two groups), and for groups
//! without a rated member.
std::vector<double> latent_means(std::vector<float> const& member, std::vector<std::int32_t> const& group,
                                 std::vector<std::int32_t> const& stratum);

}  // namespace bordin
