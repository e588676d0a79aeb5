#include "analysis/person_period.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <string>
#include <vector>

#include "analysis/survival_data.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using testing::survival_data;
using testing::SurvivalData;

PersonPeriod expanded(SurvivalData const& data) {
  PersonPeriod out;
  expand_person_period(data.design, data.event, data.names, out);
  return out;
}

struct Logistic {
  VectorXd estimates;
  VectorXd std_errors;
  double deviance = 0;
};

// Newton's method as any book has it.
Logistic logistic(Design const& design) {
  VectorXd b = VectorXd::Zero(design.x.cols());
  MatrixXd covariance;
  VectorXd p;
  for (int i = 0; i < 30; ++i) {
    p = (1 + (-(design.x * b).array()).exp()).inverse();
    covariance = (design.x.transpose() * (p.array() * (1 - p.array())).matrix().asDiagonal() * design.x).inverse();
    b += covariance * design.x.transpose() * (design.y - p);
  }
  double const log_likelihood = (design.y.array() == 1).select(p.array(), 1 - p.array()).log().sum();
  return {b, covariance.diagonal().cwiseSqrt(), -2 * log_likelihood};
}

TEST(PersonPeriod, AgreesWithGlmOnDataWrittenOutByHand) {
  auto const table = testing::read_data("survival.csv");
  auto const references = testing::read_json("survival_reference.json")["person_period"];
  EXPECT_EQ(references.size(), 4U);
  for (auto const& expected : references) {
    SCOPED_TRACE(expected["name"][0].get<std::string>());
    auto const periods = expected["periods"].size();
    auto const covariates = static_cast<Index>(expected["coef"].size() - periods);
    auto const out = expanded(testing::read_survival(table, expected["name"][0], covariates));
    EXPECT_EQ(out.design.problem, "");
    EXPECT_EQ(out.design.y.size(), expected["rows"][0].get<Index>());
    EXPECT_EQ(out.periods, expected["periods"].get<std::vector<std::int64_t>>());
    auto const fit = logistic(out.design);
    testing::expect_relative(fit.deviance, expected["deviance"][0], 1e-12, "deviance");
    for (std::size_t j = 0; j < expected["coef"].size(); ++j) {
      double const se = expected["se"][j];
      EXPECT_NEAR(fit.estimates[static_cast<Index>(j)], expected["coef"][j].get<double>(), 1e-10 * se) << out.names[j];
      testing::expect_relative(fit.std_errors[static_cast<Index>(j)], se, 1e-10, "SE of " + out.names[j]);
    }
  }
}

// Periods 1 and 4 lose somebody and keep somebody; in 2 and 3 nobody leaves, in 5 all who are left.
TEST(PersonPeriod, HasARowPerPersonAndPeriodThatTellsSomething) {
  auto data = survival_data(5, 1);
  data.design.x.col(0) << .1, .2, .3, .4, .5;
  data.design.y << 1, 4, 5, 5, 3;
  data.event << 1, 1, 1, 1, 0;
  testing::set_clusters(data.design, {0, 0, 1, 1, 2});
  auto const out = expanded(data);
  EXPECT_EQ(out.names, (std::vector<std::string>{"period1", "period4", "x1"}));
  EXPECT_EQ(out.periods, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(out.person, (std::vector<std::int32_t>{0, 1, 1, 2, 2, 3, 3, 4}));
  EXPECT_EQ(out.design.cluster(), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 1, 2}));
  EXPECT_EQ(out.design.clusters(), 3U);
  MatrixXd x(8, 3);
  x << 1, 0, .1, 1, 0, .2, 0, 1, .2, 1, 0, .3, 0, 1, .3, 1, 0, .4, 0, 1, .4, 1, 0, .5;
  EXPECT_EQ(out.design.x, x);
  EXPECT_EQ(out.design.y, (VectorXd(8) << 1, 0, 1, 0, 0, 0, 0, 0).finished());
}

// With the periods that tell nothing given intercepts of -40 and 40, the full likelihood has the same derivative in b.
TEST(PersonPeriod, PeriodsLeftOutSayNothingAboutCovariates) {
  auto data = testing::simulated_survival(60, 1, 30, 4);
  for (Index i = 0; i < 60; ++i)
    if (data.design.y[i] == 2) data.event[i] = 0;
  auto const out = expanded(data);
  auto const fit = logistic(out.design);
  double slope = 0;
  for (Index i = 0; i < 60; ++i) {
    for (int t = 1; t <= data.design.y[i]; ++t) {
      auto const at = std::find(out.periods.begin(), out.periods.end(), t) - out.periods.begin();
      bool const kept = at < static_cast<std::ptrdiff_t>(out.periods.size());
      double const some = data.event.sum() > 0 && (data.design.y.array() == t && data.event.array() == 1).any() ? 40 : -40;
      double const x = data.design.x(i, 0);
      double const eta = (kept ? fit.estimates[at] : some) + x * fit.estimates[fit.estimates.size() - 1];
      double const y = t == data.design.y[i] ? data.event[i] : 0;
      slope += x * (y - 1 / (1 + std::exp(-eta)));
    }
  }
  EXPECT_NEAR(slope, 0, 1e-10);
}

TEST(PersonPeriod, SaysWhatCannotBeExpanded) {
  auto const data = testing::simulated_survival(300, 1, 10, 1);
  auto const problem = [](SurvivalData const& broken) {
    auto const out = expanded(broken);
    EXPECT_EQ(out.design.x.size(), 0);
    EXPECT_TRUE(out.names.empty());
    return out.design.problem;
  };
  auto broken = data;
  broken.design.y[2] = 2.5;
  EXPECT_EQ(problem(broken), "a time is 2.5: in discrete time it has to be the period 1, 2, 3 ...");
  broken.design.y[2] = 0;
  EXPECT_EQ(problem(broken), "a time is 0: in discrete time it has to be the period 1, 2, 3 ...");
  broken = data;
  broken.event[0] = .5;
  EXPECT_EQ(problem(broken), "events must be 0 (censored) or 1 (happened)");
  broken.event.setZero();
  EXPECT_EQ(problem(broken), "no event happens: all times are censored");
  broken.event.setOnes();
  broken.design.y.setConstant(3);
  EXPECT_EQ(problem(broken), "there is no period in which some leave and some stay");
  for (Index i = 0; i < 300; ++i) broken.design.y[i] = static_cast<double>(i + 1);
  EXPECT_EQ(problem(broken), "events happen in 299 different periods, more than 100: take wider periods or a Cox model");
  broken.design.problem = "as before";
  EXPECT_EQ(problem(broken), "as before");
}

TEST(PersonPeriod, MeetsOneLongTimeWithoutLongWork) {
  auto data = testing::simulated_survival(50, 1, 10, 1);
  data.design.y[0] = 1e15;
  data.event[0] = 0;
  auto const out = expanded(data);
  EXPECT_EQ(out.design.problem, "");
  EXPECT_LE(out.design.y.size(), 500);
}

TEST(PersonPeriod, RepeatedDoesNotAllocate) {
  if (!testing::counts_allocations) GTEST_SKIP() << "allocations are not counted here";
  auto const data = testing::simulated_survival(100, 2, 10, 1);
  auto out = expanded(data);
  auto const before = testing::allocations();
  expand_person_period(data.design, data.event, data.names, out);
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
