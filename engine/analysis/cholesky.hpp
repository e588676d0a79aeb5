#pragma once

#include <Eigen/Core>

namespace bordin::cholesky {

//! Replaces the lower triangle of a small symmetric matrix by its Cholesky factor; false where it is not positive definite.
//! Allocates nothing, as all here.
bool factorise(Eigen::MatrixXd& matrix);

//! v becomes (L L')^-1 v.
void solve(Eigen::MatrixXd const& factor, Eigen::Ref<Eigen::VectorXd> v);

//! (L L')^-1, into a matrix of that size.
void invert(Eigen::MatrixXd const& factor, Eigen::MatrixXd& inverse);

}  // namespace bordin::cholesky
