#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "analysis/design_matrix.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {

//! What a logistic likelihood is computed from: units (a row, or equal rows taken together), each with its predictors, its
//! number of rows and how many of them have y = 1. Views of memory that belongs to others.
struct LogisticUnits {
  Eigen::Map<Eigen::MatrixXd const> q;       //!< units x rank
  Eigen::Map<Eigen::VectorXd const> events;  //!< y summed over the unit's rows
  Eigen::Map<Eigen::VectorXd const> sizes;   //!< rows; empty = 1 each
};

//! Rows sorted by cluster, where equal rows of a cluster with few different ones have become one binomial unit.
//! Keeps its memory from data set to data set.
class ClusteredUnits {
 public:
  void gather(Design const& design, OrthogonalBasis const& basis);
  LogisticUnits units() const;
  Eigen::Index clusters() const { return static_cast<Eigen::Index>(first_.size()) - 1; }
  Eigen::Index first(Eigen::Index cluster) const { return first_[static_cast<std::size_t>(cluster)]; }
  Eigen::Index count(Eigen::Index cluster) const { return first(cluster + 1) - first(cluster); }
  Eigen::Index most_in_cluster() const;
  //! Some cluster has both outcomes.
  bool varies_within() const;

 private:
  void sort_rows(Design const& design);
  std::size_t unit_of(Eigen::Index row, Eigen::MatrixXd const& q);
  void merge_equal_rows(Design const& design, Eigen::MatrixXd const& q);

  std::vector<Eigen::Index> order_;  // rows by cluster, in the data's order within
  std::vector<Eigen::Index> next_;
  std::vector<Eigen::Index> row_of_;  // a row that has the unit's predictors
  std::vector<Eigen::Index> first_;   // unit of each cluster, and their number at the end
  std::vector<double> q_, events_, sizes_;
  Eigen::Index rank_ = 0;
};

//! Means, variances and log-likelihood of Bernoulli rows at given linear predictors.
struct LogisticResponses {
  void resize(Eigen::Index units);

  //! For the `n` units that `eta`, `events` and `sizes` (null = 1 each) point at. Returns their log-likelihood.
  double at(double const* eta, double const* events, double const* sizes, Eigen::Index n);

  std::vector<double> mean;      //!< p
  std::vector<double> variance;  //!< p (1 - p), of one row
  std::vector<double> odds;      //!< 1 + e^-|eta|
};

}  // namespace bordin
