#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mixed/covariance.hpp"
#include "mixed/nested_fit.hpp"
#include "mixed/nested_sums.hpp"

namespace bordin {

//! Predicted random effects (best linear unbiased predictions) of all groups of all levels, and how uncertain they are with
//! coefficients and variance parameters taken as known: lme4's ranef(condVar = TRUE). Keeps its memory.
class RandomEffects {
 public:
  //! `sums`: those that were fitted.
  void assign(NestedSums const& sums, NestedFit const& fit);

  double effect(int level, std::int32_t group, int effect) const { return groups_[place(level, group)].effects[effect]; }
  //! Conditional (posterior) covariance of the group's effects.
  Effects const& covariance(int level, std::int32_t group) const { return groups_[place(level, group)].covariance; }
  //! The share of an effect's variance between groups that this group's prediction recovers; 0 where there is no variance.
  double reliability(int level, std::int32_t group, int effect) const;

 private:
  using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_effects, 1>;
  struct Solved {      // see nested_recursion.hpp
    Effects shrunken;  // G E = (G^-1 + S)^-1, the covariance within the groups around
    Effects passed;    // E S: Z'V^-1 Z with the group's own effects in V
    Effects kept;      // I - G E S: what is left of an outer effect
    Effects e;
  };
  struct Group {
    Vector effects, residual;  // residual: Z'V^-1 (y - Q b), first within, then with own effects in V
    Vector total;              // own effects and those of the groups around
    Effects covariance, total_covariance;
    Solved solved;
    Effects s;
  };

  std::size_t place(int level, std::int32_t group) const {
    return first_[static_cast<std::size_t>(level)] + static_cast<std::size_t>(group);
  }
  std::size_t node_place(std::int32_t node) const { return first_[1] + static_cast<std::size_t>(node); }
  void unpack(NestedFit const& fit);
  Solved solve(Effects const& s, int level) const;
  void collect(NestedSums const& sums, NestedFit const& fit);
  void collect_innermost(NestedSums const& sums, NestedFit const& fit);
  Vector explained(NestedTask const& task, NestedSums const& sums, NestedFit const& fit, std::int32_t group) const;
  void spread(NestedTask const& task, NestedSums const& sums);
  void predict(Group& group, Solved const& solved, Effects const& g, Group const* around);

  int effects_ = 0;
  double residual_variance_ = 0;
  std::vector<std::size_t> first_;  // per level: place of its first group
  std::vector<Effects> g_;          // per level, relative to the residual variance
  std::vector<Solved> patterns_;
  std::vector<Group> groups_;
};

}  // namespace bordin
