#include "analysis/partial_likelihood.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/survival_data.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using testing::simulated_survival;
using testing::SurvivalData;

// Columns as they are: load() takes them from the second on.
struct Loaded {
  explicit Loaded(SurvivalData const& survival) : data(survival), columns(data.design.x.rows(), data.design.x.cols() + 1) {
    columns << VectorXd::Ones(data.design.x.rows()), data.design.x;
    sets.sort(data.design.y, data.event);
    likelihood.load(sets, columns, 1);
  }
  double value(VectorXd const& a) {
    likelihood.evaluate(a);
    return likelihood.value();
  }
  VectorXd gradient(VectorXd const& a) {
    likelihood.evaluate(a);
    return likelihood.gradient();
  }

  SurvivalData data;
  MatrixXd columns;
  RiskSets sets;
  PartialLikelihood likelihood;
};

// Efron's formula with every sum written out.
double written_out(SurvivalData const& data, VectorXd const& a) {
  auto const& time = data.design.y;
  VectorXd const eta = data.design.x * a;
  double sum = 0;
  for (Index i = 0; i < time.size(); ++i) {
    if (data.event[i] == 0) continue;
    double risk = 0;
    double leaving = 0;
    int ties = 0;
    int before = 0;
    for (Index j = 0; j < time.size(); ++j) {
      if (time[j] >= time[i]) risk += std::exp(eta[j]);
      if (time[j] != time[i] || data.event[j] == 0) continue;
      leaving += std::exp(eta[j]);
      ++ties;
      if (j < i) ++before;
    }
    sum += eta[i] - std::log(risk - leaving * before / ties);
  }
  return sum;
}

VectorXd const at = (VectorXd(3) << .3, -.7, 1.1).finished();

TEST(PartialLikelihood, IsEfronsFormula) {
  for (int const periods : {0, 3, 20}) {
    auto data = simulated_survival(120, 3, periods, 2);
    data.design.y[5] = .01;  // in no risk set
    data.event[5] = 0;
    EXPECT_NEAR(Loaded(data).value(at), written_out(data, at), 1e-11);
    EXPECT_NEAR(Loaded(data).value(40 * at), written_out(data, 40 * at), 1e-10);
  }
}

TEST(PartialLikelihood, DerivativesAreThoseOfDifferences) {
  for (int const periods : {0, 3, 20}) {
    Loaded loaded(simulated_survival(120, 3, periods, 3));
    auto const gradient = loaded.gradient(at);
    MatrixXd const information = loaded.likelihood.information();
    constexpr double h = 1e-5;
    for (Index j = 0; j < 3; ++j) {
      VectorXd const more = at + h * VectorXd::Unit(3, j);
      VectorXd const less = at - h * VectorXd::Unit(3, j);
      EXPECT_NEAR((loaded.value(more) - loaded.value(less)) / (2 * h), gradient[j], 1e-6);
      VectorXd const change = (loaded.gradient(less) - loaded.gradient(more)) / (2 * h);
      EXPECT_LT((change - information.col(j)).norm(), 1e-7);
    }
  }
}

TEST(PartialLikelihood, ScoreResidualsAddUpToTheGradient) {
  Loaded loaded(simulated_survival(90, 3, 8, 4));
  auto const gradient = loaded.gradient(at);
  MatrixXd by_row(90, 3);
  MatrixXd by_cluster(5, 3);
  loaded.likelihood.sum_scores({}, by_row);
  loaded.likelihood.sum_scores(loaded.data.design.cluster(), by_cluster);
  EXPECT_LT((by_row.colwise().sum().transpose() - gradient).norm(), 1e-12);
  for (Index i = 0; i < 90; ++i) by_cluster.row(loaded.data.design.cluster()[static_cast<std::size_t>(i)]) -= by_row.row(i);
  EXPECT_LT(by_cluster.norm(), 1e-12);
}

TEST(PartialLikelihood, KnowsDirectionsInWhichItRisesForEver) {
  auto data = testing::survival_data(5, 1);
  data.design.y << 1, 2, 3, 4, 5;
  data.design.x.col(0) << 5, 4, 3, 2, 1;
  auto const is_recession = [](SurvivalData const& of, double sign) {
    return Loaded(of).likelihood.is_recession(VectorXd::Constant(1, sign), 1e-9);
  };
  EXPECT_TRUE(is_recession(data, 1));
  EXPECT_FALSE(is_recession(data, -1));
  data.design.y[0] = 2;  // those who leave together are not equal
  EXPECT_FALSE(is_recession(data, 1));
  data.event[1] = 0;
  EXPECT_TRUE(is_recession(data, 1));
  EXPECT_EQ(Loaded(data).likelihood.spread(VectorXd::Constant(1, -3)), 12);
}

}  // namespace
}  // namespace bordin
