#pragma once

#include <Eigen/Core>
#include <vector>

#include "mixed/nested_task.hpp"

namespace bordin {

//! Most variance parameters of one model.
inline constexpr int most_parameters = 32;
using Parameters = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_parameters, 1>;
using Curvature = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_parameters, most_parameters>;
//! Covariance matrix of the random effects of one grouping factor, relative to the residual variance.
using Effects = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_effects, most_effects>;

//! Random effects of one grouping factor that may be correlated: (1 + time | client).
struct CovarianceBlock {
  int level = 0;             //!< grouping factor, 0 = innermost
  std::vector<int> effects;  //!< columns of Z
};

//! theta <-> G: every block is L L' with L lower triangular and free of bounds, columns of L one after the other. Effects
//! stand in an order of their own in each block, the one with the largest variance first, so that the first column of L
//! does not vanish unless all of the block does.
class CovarianceStructure {
 public:
  void assign(std::vector<CovarianceBlock> const& blocks, int levels, int effects);

  int parameters() const { return parameters_; }
  int levels() const { return levels_; }
  int effects() const { return effects_; }
  std::vector<CovarianceBlock> const& blocks() const { return blocks_; }

  //! G of all levels: [level][triangle of effects].
  void covariance(Parameters const& theta, double* packed) const;
  //! From d f / d G (as full symmetric matrices, packed) to d f / d theta.
  void gradient(Parameters const& theta, double const* packed_slope, Parameters& out) const;
  //! Takes G and orders the effects by it. `eager`: also where the present order would do.
  Parameters factorised(double const* packed, bool eager);
  //! Whether factorised() would change the order.
  bool wants_other_order(double const* packed) const;
  //! Lower triangular factor of block `b`, effects in their present order.
  Effects factor(Parameters const& theta, std::size_t b) const;
  //! The effects of block `b` in their present order.
  std::vector<int> const& order(std::size_t b) const { return blocks_[b].effects; }
  //! The part of a packed matrix that belongs to block `b`, in its present order.
  Effects part(double const* packed, std::size_t b) const;
  void add_to(double* packed, std::size_t b, Effects const& matrix) const;

  int packed_size() const { return levels_ * effects_ * (effects_ + 1) / 2; }

 private:
  int place(int level, int i, int j) const;
  int place(CovarianceBlock const& block, int i, int j) const;

  std::vector<CovarianceBlock> blocks_;
  std::vector<int> first_;  // per block: its first parameter
  int parameters_ = 0, levels_ = 0, effects_ = 0;
};

}  // namespace bordin
