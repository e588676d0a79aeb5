#include "mixed/satterthwaite.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>

namespace bordin {
namespace {

// 2 V^2 / (g'Ag) with the whole Hessian in (theta, log s), as it is defined.
TEST(Satterthwaite, EqualsItsDefinition) {
  Curvature const profile = (Curvature(2, 2) << 9, 2, 2, 5).finished();
  Parameters const w = (Parameters(2) << -.3, .2).finished(), slope = (Parameters(2) << .8, -.1).finished();
  double const n = 40;
  Eigen::MatrixXd hessian(3, 3);
  hessian.topLeftCorner(2, 2) = profile + n * w * w.transpose();
  hessian.topRightCorner(2, 1) = -n * w;
  hessian.bottomLeftCorner(1, 2) = -n * w.transpose();
  hessian(2, 2) = n;
  Eigen::VectorXd g(3);
  g << slope, 1;
  double const expected = 2 / g.dot(2 * hessian.inverse() * g);
  EXPECT_NEAR(Satterthwaite(profile, w, n).df(slope), expected, 1e-11);
}

TEST(Satterthwaite, LeavesFlatDirectionsOut) {
  Curvature const flat = (Curvature(2, 2) << 9, 0, 0, 0).finished();
  Curvature const alone = Curvature::Constant(1, 1, 9);
  Parameters const w = (Parameters(2) << .1, 0).finished(), slope = (Parameters(2) << .5, 0).finished();
  EXPECT_NEAR(Satterthwaite(flat, w, 30).df(slope), Satterthwaite(alone, w.head(1), 30).df(slope.head(1)), 1e-12);
}

}  // namespace
}  // namespace bordin
