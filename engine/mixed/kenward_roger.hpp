#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

#include "mixed/covariance.hpp"

namespace bordin {

//! How log|V| and Q'V^-1 Q depend on variance parameters phi in which V is linear: all that Kenward and Roger's method
//! needs to know of a model. Any V will do; phi: the free entries of the covariance matrices and the residual variance.
struct VarianceDerivatives {
  Eigen::MatrixXd covariance;  //!< (Q'V^-1 Q)^-1
  Eigen::VectorXd log_determinant_first;
  Eigen::MatrixXd log_determinant_second;
  std::vector<Eigen::MatrixXd> first;   //!< of Q'V^-1 Q
  std::vector<Eigen::MatrixXd> second;  //!< of Q'V^-1 Q: [pair(i, j)]

  void resize(int parameters, int coefficients);
  int parameters() const { return static_cast<int>(first.size()); }
  //! Place of the second derivative in parameters i and j.
  static std::size_t pair(int i, int j);
  //! Derivatives in the last parameter, the residual variance, from those in all others: V is homogeneous of degree 1.
  //! `phi`: all others at residual variance 1; `rows`: observations.
  void add_residual_variance(Eigen::Ref<Eigen::VectorXd const> const& phi, double rows);

 private:
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::MatrixXd precision_;
};

//! Small-sample inference on coefficients (Kenward & Roger 1997), as the R package pbkrtest carries it out: covariance
//! corrected for the estimation of the variance parameters, F scaled and its degrees of freedom from two moments. Meant for
//! REML estimates. Keeps its memory; in the units of the derivatives (those at residual variance 1: times that variance).
class KenwardRoger {
 public:
  void assign(VarianceDerivatives const& derivatives);

  //! False when the data cannot tell the variance parameters apart. Then a generalised inverse of the information stands
  //! in, as in pbkrtest; what depends on more than the data can tell is arbitrary.
  bool identified() const { return identified_; }
  //! Of the coefficients on Q.
  Eigen::MatrixXd const& adjusted() const { return adjusted_; }
  double variance(Eigen::Ref<Eigen::VectorXd const> const& contrast) const;
  //! Of one contrast: 2 / A for the A of Kenward and Roger, which their general formulas come to.
  double degrees_of_freedom(Eigen::Ref<Eigen::VectorXd const> const& contrast) const;

  struct FTest {
    double statistic = 0;  //!< scaled; NaN where the moments have no F distribution
    double numerator = 0, denominator = 0;
    double scaling = 0;
  };
  //! That all `contrasts` (a row each, linearly independent) of `coefficients` are 0.
  FTest f_test(Eigen::Ref<Eigen::MatrixXd const> const& contrasts,
               Eigen::Ref<Eigen::VectorXd const> const& coefficients) const;

 private:
  using Information = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_parameters + 1, most_parameters + 1>;

  void find_information();
  void invert(Information const& information);
  void adjust();

  VarianceDerivatives const* derivatives_ = nullptr;
  Information weights_;                   // asymptotic covariance of phi
  std::vector<Eigen::MatrixXd> product_;  // covariance * first
  Eigen::MatrixXd adjusted_, sum_, change_;
  bool identified_ = false;
};

}  // namespace bordin
