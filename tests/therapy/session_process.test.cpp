#include "therapy/session_process.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

namespace bordin {
namespace {

AllianceParameters alliance(double kappa, double lag) {
  AllianceParameters p;
  p.kappa = kappa;
  p.lag = lag;
  return p;
}

TEST(SessionProcess, CovarianceIsStationary) {
  auto const process = session_process(alliance(0.088, 0.13), {});
  Eigen::Matrix4d const innovation = process.innovation_factor * process.innovation_factor.transpose();
  Eigen::Matrix4d const next = process.step * process.covariance * process.step.transpose() + innovation;
  EXPECT_LT((next - process.covariance).norm(), 1e-14);
  EXPECT_LT((process.start_factor * process.start_factor.transpose() - process.covariance).norm(), 1e-14);
  EXPECT_LT(innovation.topRightCorner(3, 1).norm(), 1e-15);  // alliance and symptoms get independent innovations
  EXPECT_NEAR(process.covariance(0, 0), 0.165, 1e-15);
  EXPECT_NEAR(process.covariance(3, 3), 0.20, 1e-15);
  EXPECT_LT(process.covariance(0, 3), 0);  // a better alliance goes with fewer symptoms
}

TEST(SessionProcess, WithoutReciprocityAutocorrelationIsAPower) {
  AllianceParameters const p;
  auto const process = session_process(p, {});
  auto const composite = composite_of(p.weights, p.loadings);
  for (int const k : {0, 1, 5})
    EXPECT_NEAR(process.composite_autocovariance(composite, k), 0.165 * std::pow(0.35, k), 1e-14);
}

TEST(SessionProcess, RefusesWhatWouldExplodeAndSaysTheBound) {
  try {
    static_cast<void>(session_process(alliance(0.9, 0.9), {}));
    FAIL();
  } catch (ScenarioError const& error) {
    EXPECT_NE(std::string(error.what()).find("0.35"), std::string::npos) << error.what();  // (1 - .35)(1 - .45)
  }
  EXPECT_THROW(static_cast<void>(session_process(alliance(0.9, 0), {})), ScenarioError);  // more than the variance there is
}

TEST(SessionProcess, NoFluctuationMeansNoReciprocity) {
  auto p = alliance(0.5, 0.9);
  p.session_share = 0;
  auto const process = session_process(p, {});
  EXPECT_EQ((process.covariance.topLeftCorner<3, 3>().norm()), 0);
  EXPECT_EQ(process.step(0, 3), 0);
}

}  // namespace
}  // namespace bordin
