#include "mixed/kenward_roger.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "mixed/inference_models.hpp"
#include "mixed/mixed_reference.hpp"
#include "mixed/nested_derivatives.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::HeldModel;

//! As Kenward and Roger (1997) write it, with N x N matrices.
struct Dense {
  Dense(Eigen::MatrixXd const& x, std::vector<Eigen::MatrixXd> const& parts, Eigen::MatrixXd const& v) {
    Eigen::MatrixXd const inverse = v.inverse();
    phi = (x.transpose() * inverse * x).inverse();
    auto const count = static_cast<Eigen::Index>(parts.size());
    Eigen::MatrixXd information(count, count);
    std::vector<std::vector<Eigen::MatrixXd>> second(parts.size());
    for (auto const& part : parts) p.emplace_back(-x.transpose() * inverse * part * inverse * x);
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t j = 0; j < parts.size(); ++j) {
        second[i].emplace_back(x.transpose() * inverse * parts[i] * inverse * parts[j] * inverse * x);
        information(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
            (inverse * parts[i] * inverse * parts[j]).trace() - 2 * (phi * second[i][j]).trace() +
            (phi * p[i] * phi * p[j]).trace();
      }
    w = 2 * information.inverse();
    adjusted = phi;
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t j = 0; j < parts.size(); ++j)
        adjusted += 2 * w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) * phi *
                    (second[i][j] - p[i] * phi * p[j]) * phi;
  }

  // Of one contrast, without the short cut for one.
  double df(Eigen::VectorXd const& l) const {
    Eigen::MatrixXd const theta = l * l.transpose() / l.dot(phi * l);
    double a1 = 0, a2 = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
      for (std::size_t j = 0; j < p.size(); ++j) {
        Eigen::MatrixXd const ui = theta * phi * p[i] * phi, uj = theta * phi * p[j] * phi;
        double const weight = w(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        a1 += weight * ui.trace() * uj.trace();
        a2 += weight * (ui * uj).trace();
      }
    double const b = (a1 + 6 * a2) / 2, g = (2 * a1 - 5 * a2) / (3 * a2), all = 3 + 2 * (1 - g);
    double const v0 = 1 + g / all * b, v1 = 1 - (1 - g) / all * b, v2 = 1 - (3 - g) / all * b;
    return 4 + 3 / (std::pow((1 - a2) / v1, 2) * v0 / v2 - 1);
  }

  Eigen::MatrixXd phi, w, adjusted;
  std::vector<Eigen::MatrixXd> p;
};

double worst(Eigen::MatrixXd const& a, Eigen::MatrixXd const& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

class KenwardRogerOf : public ::testing::TestWithParam<std::size_t> {};

TEST_P(KenwardRogerOf, EqualsTheMethodWithWholeMatrices) {
  auto const& kind = HeldModel::kinds()[GetParam()];
  HeldModel const model(kind, 31 + static_cast<unsigned>(GetParam()));
  ASSERT_TRUE(model.possible);
  NestedDerivatives derivatives;
  KenwardRoger inference;
  inference.assign(derivatives.evaluate(model.profile, model.structure));
  EXPECT_TRUE(inference.identified());
  Dense const dense(model.data.q, model.parts(), model.data.v(model.covariances()));
  EXPECT_LT(worst(inference.adjusted(), dense.adjusted), 1e-9) << kind.what;
  for (int i = 0; i < 5; ++i) {
    Eigen::VectorXd const l = Eigen::VectorXd::Random(model.data.q.cols());
    EXPECT_NEAR(inference.variance(l) / l.dot(dense.adjusted * l), 1, 1e-9) << kind.what;
    EXPECT_NEAR(inference.degrees_of_freedom(l) / dense.df(l), 1, 1e-7) << kind.what;  // the long way cancels
    EXPECT_GE(inference.variance(l), l.dot(dense.phi * l) * (1 - 1e-12)) << "the correction only adds";
    auto const f = inference.f_test(l.transpose(), l);
    EXPECT_NEAR(f.denominator / dense.df(l), 1, 1e-7);
    EXPECT_NEAR(f.scaling, 1, 1e-7) << "one contrast needs no scaling";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, KenwardRogerOf, ::testing::Range<std::size_t>(0, HeldModel::kinds().size()));

class KenwardRogerReference : public ::testing::TestWithParam<int> {};

TEST_P(KenwardRogerReference, AgreesWithPbkrtest) {
  testing::ReferenceModel const model(GetParam());
  auto const& expected = model.expected;
  SCOPED_TRACE(model.what());
  NestedDerivatives derivatives;
  KenwardRoger inference;
  inference.assign(derivatives.evaluate(model.fit.profile(), model.fit.structure()));
  double const s = model.fit.residual_variance();
  auto const& r = model.r_inverse;
  Eigen::MatrixXd const wanted = testing::matrix(expected["adjusted"]);
  Eigen::MatrixXd const found = s * r * inference.adjusted() * r.transpose();
  for (Eigen::Index i = 0; i < r.rows(); ++i) {
    Eigen::VectorXd const l = r.row(i);
    EXPECT_NEAR(std::sqrt(s * inference.variance(l) / wanted(i, i)), 1, 1e-6) << i;
    EXPECT_NEAR(inference.degrees_of_freedom(l) / expected["df"][static_cast<std::size_t>(i)].get<double>(), 1, 1e-6) << i;
    for (Eigen::Index j = 0; j < r.rows(); ++j)
      EXPECT_NEAR(found(i, j), wanted(i, j), 1e-6 * std::sqrt(wanted(i, i) * wanted(j, j)));
  }
  Eigen::VectorXd const l = r.transpose() * Eigen::VectorXd::LinSpaced(r.rows(), 1, static_cast<double>(r.rows()));
  EXPECT_NEAR(inference.degrees_of_freedom(l) / expected["contrast_df"].get<double>(), 1, 1e-6);
  for (auto const& f : expected["f_tests"]) {
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(f["rows"].size()), r.cols());
    for (Eigen::Index i = 0; i < rows.rows(); ++i) rows.row(i) = r.row(f["rows"][static_cast<std::size_t>(i)].get<int>());
    auto const test = inference.f_test(rows, std::sqrt(1 / s) * model.coefficients());
    EXPECT_NEAR(test.statistic / f["statistic"].get<double>(), 1, 3e-6);
    EXPECT_NEAR(test.denominator / f["denominator"].get<double>(), 1, 3e-6);
    EXPECT_NEAR(test.scaling / f["scaling"].get<double>(), 1, 3e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Fits, KenwardRogerReference, ::testing::Range(0, testing::reference_models()));

TEST(KenwardRoger, AllocatesNothingAfterItsFirstUse) {
  if (!testing::counts_allocations) GTEST_SKIP() << "malloc is not counted here";
  HeldModel const model(HeldModel::kinds()[3], 5);
  NestedDerivatives derivatives;
  KenwardRoger inference;
  Eigen::VectorXd const l = Eigen::VectorXd::Ones(model.data.q.cols());
  double sum = 0;
  auto const once = [&] {
    inference.assign(derivatives.evaluate(model.profile, model.structure));
    sum += inference.variance(l) + inference.degrees_of_freedom(l);
  };
  once();
  auto const before = testing::allocations();
  once();
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_TRUE(std::isfinite(sum));
}

// Units of an effect and of y are arbitrary.
TEST(KenwardRoger, DoesNotDependOnUnits) {
  auto const& kind = HeldModel::kinds()[3];
  HeldModel model(kind, 6);
  auto const found = [&](double unit) {
    auto data = model.data;
    data.z.col(1) *= unit;
    NestedSums sums;
    data.sum_up(sums);
    NestedFit fit;
    fit.fit(sums, kind.blocks, static_cast<int>(data.y.size()), true, 0);
    NestedDerivatives derivatives;
    KenwardRoger inference;
    inference.assign(derivatives.evaluate(fit.profile(), fit.structure()));
    Eigen::VectorXd const l = Eigen::VectorXd::Ones(data.q.cols());
    return std::pair(inference.variance(l), inference.degrees_of_freedom(l));
  };
  auto const plain = found(1);
  for (double const unit : {0.01, 100.0}) {
    auto const other = found(unit);
    EXPECT_NEAR(other.first / plain.first, 1, 1e-5) << unit;
    EXPECT_NEAR(other.second / plain.second, 1, 1e-4) << unit;
  }
}

// Two intercepts for the same groups: only their sum can be told, and everything that depends on it alone is as with one.
TEST(KenwardRoger, CopesWithVariancesThatTheDataCannotTellApart) {
  HeldModel const model(HeldModel::kinds()[0], 5);
  NestedDerivatives derivatives;
  auto const& one = derivatives.evaluate(model.profile, model.structure);
  auto two = one;
  two.resize(3, 3);
  int const from[] = {0, 0, 1};
  for (int i = 0; i < 3; ++i) {
    two.first[static_cast<std::size_t>(i)] = one.first[static_cast<std::size_t>(from[i])];
    for (int j = 0; j < 3; ++j) {
      two.log_determinant_second(i, j) = one.log_determinant_second(from[i], from[j]);
      two.second[VarianceDerivatives::pair(i, j)] = one.second[VarianceDerivatives::pair(from[i], from[j])];
    }
  }
  KenwardRoger plain, doubled;
  plain.assign(one);
  doubled.assign(two);
  EXPECT_TRUE(plain.identified());
  EXPECT_FALSE(doubled.identified());
  EXPECT_LT(worst(doubled.adjusted(), plain.adjusted()), 1e-9);
  Eigen::VectorXd const l = Eigen::VectorXd::Unit(3, 1);
  EXPECT_NEAR(doubled.degrees_of_freedom(l) / plain.degrees_of_freedom(l), 1, 1e-9);
}

}  // namespace
}  // namespace bordin
