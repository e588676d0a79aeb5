#pragma once

#include <vector>

#include "mixed/kenward_roger.hpp"
#include "mixed/nested_profile.hpp"

namespace bordin {

//! Exact first and second derivatives of a model with nested grouping factors in the free entries of G (blocks in the order
//! of the structure, columns of lower triangles) and, last, in the residual variance, at residual variance 1. Keeps its
//! memory.
class NestedDerivatives {
 public:
  //! Where `profile` was evaluated last; `structure` is its own.
  VarianceDerivatives const& evaluate(NestedProfile const& profile, CovarianceStructure const& structure);

 private:
  void find_places(CovarianceStructure const& structure);
  void make_room(NestedTask const& from, NestedProfile const& profile);
  void expand_pairs();
  void read_pair(int lane, int i, int j);

  NestedTask task_{};
  std::vector<std::size_t> places_;  // per parameter: its place in packed G
  std::vector<std::pair<int, int>> pairs_;
  std::vector<double> packed_;
  Eigen::VectorXd phi_;
  std::vector<LaneValues> covariance_, direction_, log_determinant_, cross_products_;
  AlignedRoom room_;
  VarianceDerivatives derivatives_;
};

}  // namespace bordin
