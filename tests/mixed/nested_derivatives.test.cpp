#include "mixed/nested_derivatives.hpp"

#include <gtest/gtest.h>

#include "mixed/inference_models.hpp"

namespace bordin {
namespace {

using testing::HeldModel;

class NestedDerivativesOf : public ::testing::TestWithParam<std::size_t> {};

TEST_P(NestedDerivativesOf, EqualThoseOfWholeMatrices) {
  auto const& kind = HeldModel::kinds()[GetParam()];
  HeldModel const model(kind, 11 + static_cast<unsigned>(GetParam()));
  ASSERT_TRUE(model.possible);
  NestedDerivatives derivatives;
  auto const& found = derivatives.evaluate(model.profile, model.structure);
  auto const parts = model.parts();
  ASSERT_EQ(found.first.size(), parts.size());
  Eigen::MatrixXd const inverse = model.data.v(model.covariances()).inverse();
  auto const& q = model.data.q;
  auto const near = [&](Eigen::MatrixXd const& a, Eigen::MatrixXd const& b, double scale) {
    EXPECT_LT((a - b).cwiseAbs().maxCoeff(), 1e-11 * (1 + scale)) << kind.what;
  };
  near(found.covariance, (q.transpose() * inverse * q).inverse(), 1);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Eigen::MatrixXd const vi = inverse * parts[i];
    auto const at = static_cast<Eigen::Index>(i);
    EXPECT_NEAR(found.log_determinant_first[at], vi.trace(), 1e-11 * (1 + vi.norm())) << kind.what << ' ' << i;
    near(found.first[i], -q.transpose() * vi * inverse * q, vi.squaredNorm());
    for (std::size_t j = 0; j < parts.size(); ++j) {
      Eigen::MatrixXd const vj = inverse * parts[j];
      double const scale = vi.norm() * vj.norm();
      EXPECT_NEAR(found.log_determinant_second(at, static_cast<Eigen::Index>(j)), -(vi * vj).trace(), 1e-11 * (1 + scale));
      near(found.second[VarianceDerivatives::pair(static_cast<int>(i), static_cast<int>(j))],
           q.transpose() * (vi * vj + vj * vi) * inverse * q, scale);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, NestedDerivativesOf, ::testing::Range<std::size_t>(0, HeldModel::kinds().size()));

}  // namespace
}  // namespace bordin
