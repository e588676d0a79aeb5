#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "analysis/design_plan.hpp"
#include "mixed/nested_sums.hpp"

namespace bordin {

//! Which columns of X are random effects' columns times something that does not vary within the outermost groups, as time x
//! arm is where therapists treat in one arm only: what mixed models need not read row by row. Keeps its memory.
class GroupShapes {
 public:
  using Variables = std::vector<std::vector<double> const*>;

  //! `variables`: those of the plan, a number per row.
  void find(DesignPlan const& plan, Variables const& variables, std::vector<Grouping> const& factors);

  //! With Z as it stands in the design. No columns where there are too many classes for it to be worth it.
  Shapes const& shapes() const { return shapes_; }
  //! Columns of X: those of shapes(), and all others.
  std::vector<Eigen::Index> const& shaped() const { return shaped_; }
  std::vector<Eigen::Index> const& others() const { return others_; }

 private:
  using Factorings = std::vector<DesignPlan::Factoring>;

  void clear(std::size_t columns);
  void find_first_rows();
  bool is_steady(std::size_t variable);
  bool varies(std::vector<double> const& values) const;
  DesignPlan::Factoring const* steady_one(Factorings const& factorings);
  void choose(DesignPlan const& plan, bool all);
  bool find_classes(std::size_t effects);
  void set_matrix(std::size_t row, std::size_t effects, double* matrix) const;
  double multiplier(DesignPlan::Factoring const& factoring, std::size_t row) const;

  Variables const* variables_ = nullptr;
  Grouping const* outermost_ = nullptr;
  std::vector<std::size_t> first_row_;                // per group
  std::vector<signed char> steady_;                   // per variable; -1 = not known yet
  std::vector<DesignPlan::Factoring const*> chosen_;  // per shaped column
  std::vector<double> matrix_;
  Shapes shapes_;
  std::vector<Eigen::Index> shaped_, others_;
};

//! The factor around all others: the one with fewest groups, the last of those in the formula.
std::size_t outermost_factor(std::vector<Grouping> const& factors);

}  // namespace bordin
