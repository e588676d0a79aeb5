#pragma once

#include <Eigen/Core>

namespace bordin {

//! Eigenvalues and orthonormal eigenvectors of a small symmetric matrix by cyclic Jacobi rotations, in no particular order.
//! Unlike Eigen's solver it allocates nothing, and it keeps the relative accuracy of small eigenvalues of scaled matrices
//! (Demmel & Veselic 1992, SIAM J Matrix Anal 13:1204). `values` has the matrix' size already.
//!
//! `matrix` (both triangles) is used up; `vectors` gets one eigenvector per column.
void symmetric_eigen(Eigen::Ref<Eigen::MatrixXd> matrix, Eigen::Ref<Eigen::VectorXd> values,
                     Eigen::Ref<Eigen::MatrixXd> vectors);

}  // namespace bordin
