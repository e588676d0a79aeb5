#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace bordin {

//! X = Q R: orthonormal columns that span what the columns of X span, whatever their units and means.
//!
//! Gram-Schmidt, twice where digits were lost, on columns scaled by powers of two (which rounds nothing). A column that is
//! a linear combination of earlier ones is left out of Q, as R's lm does; the coefficients this makes ambiguous are marked.
class OrthogonalBasis {
 public:
  //! `tolerance`: a column counts as a combination of others when what is left of it is smaller than this, relative to the
  //! sizes of the parts that cancel.
  //! The memory of `x` becomes that of Q.
  OrthogonalBasis(Eigen::MatrixXd x, double tolerance);
  //! Of no columns.
  OrthogonalBasis() = default;
  //! Of columns that are known to be independent, from the inverse of R, whose columns are these columns of X; q() is
  //! empty. Takes no new memory for as many columns as before.
  void assign_independent(Eigen::MatrixXd const& r_inverse, double log_det_r,
                          std::vector<Eigen::Index> const& columns_of_x);

  Eigen::MatrixXd const& q() const { return q_; }
  Eigen::Index rank() const { return r_inverse_.cols(); }
  //! log |X'X| / 2 of the columns kept.
  double log_det_r() const { return log_det_r_; }
  //! rank x rank: coefficients of the kept columns = r_inverse * (coefficients of Q).
  Eigen::MatrixXd const& r_inverse() const { return r_inverse_; }
  //! The column of X behind each row of r_inverse.
  std::vector<Eigen::Index> const& kept() const { return kept_; }
  //! Per column of X: do the data determine its coefficient?
  std::vector<bool> const& estimable() const { return estimable_; }
  bool full_rank() const { return dependencies_.empty(); }
  //! All columns have finite squares; otherwise nothing else here means anything.
  bool finite() const { return finite_; }
  //! For people: `x3 is a linear combination of x1 and x2`.
  std::string dependencies(std::vector<std::string> const& names) const;

 private:
  struct Dependency {
    Eigen::Index column = 0;
    std::vector<Eigen::Index> of;
  };
  void add(Eigen::Index column, double scale, double tolerance);
  void keep(Eigen::Index column, Eigen::VectorXd const& r, double length, double scale);

  Eigen::MatrixXd q_;  // while it is made: columns of Q, a gap, columns of X yet to come
  Eigen::MatrixXd r_inverse_;
  std::vector<Eigen::Index> kept_;
  std::vector<double> scales_;   // of the kept columns
  std::vector<double> lengths_;  // of the kept columns after scaling
  std::vector<bool> estimable_;
  std::vector<Dependency> dependencies_;
  double log_det_r_ = 0;
  bool finite_ = true;
};

struct Projection {
  Eigen::VectorXd on_basis;  //!< what was taken off along each column of the basis
  double whole, rest;        //!< lengths of the vector before and after
};

//! Makes `v` orthogonal to the first `count` columns of `q`.
Projection orthogonalise(Eigen::Ref<Eigen::VectorXd> v, Eigen::MatrixXd const& q, Eigen::Index count);

//! The power of two (exact to multiply and divide by) next above the largest absolute value; 1 for zeros, infinite for
//! values that are not finite.
double binary_scale(Eigen::Ref<Eigen::VectorXd const> const& v);

}  // namespace bordin
