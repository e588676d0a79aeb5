#include "analysis/cox.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "analysis/survival_data.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using testing::expect_relative;
using testing::simulated_survival;
using testing::survival_data;
using testing::SurvivalData;

struct Fitted {
  explicit Fitted(SurvivalData const& data, CoxErrors errors = CoxErrors::model) : fit(data.empty_fit()) {
    cox.fit(data.design, data.event, cox_basis(data.design.x, 1e-10), errors, fit);
  }
  double estimate(std::size_t j) const { return fit.coefficients[j].estimate; }
  double std_error(std::size_t j) const { return fit.coefficients[j].std_error; }

  CoxRegression cox;
  Fit fit;
};

// Whole numbers from 0 below `end`.
double below(std::mt19937& random, unsigned end) {
  return static_cast<double>(random() % end);
}

void expect_same(Fitted const& a, Fitted const& b, double tolerance) {
  ASSERT_EQ(a.fit.status, b.fit.status) << a.fit.message << b.fit.message;
  for (std::size_t j = 0; j < a.fit.coefficients.size(); ++j) {
    EXPECT_NEAR(a.estimate(j), b.estimate(j), tolerance * a.std_error(j)) << j;
    EXPECT_NEAR(a.std_error(j), b.std_error(j), tolerance * a.std_error(j)) << j;
  }
}

void expect_not_estimable(SurvivalData const& data, std::string const& message) {
  Fitted fitted(data);
  EXPECT_EQ(fitted.fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fitted.fit.message, message);
}

// No ties, four distinct times, all leave, all at once, 3 % events, ties of events and censoring, clusters of one row, two
// clusters, a factor, interactions, eight rows, eight covariates, awkward units, strong effects.
TEST(Cox, AgreesWithCoxphOnEveryDataSet) {
  auto const table = testing::read_data("survival.csv");
  auto const reference = testing::read_json("survival_reference.json")["cox"];
  EXPECT_EQ(reference.size(), 14U);
  for (auto const& expected : reference) {
    std::string const name = expected["name"][0];
    SCOPED_TRACE(name);
    auto const data = testing::read_survival(table, name, expected["columns"][0]);
    ASSERT_EQ(data.design.y.size(), expected["n"][0].get<Index>());
    Fitted model(data);
    Fitted robust(data, CoxErrors::clustered);
    ASSERT_EQ(model.fit.status, FitStatus::ok) << model.fit.message;
    EXPECT_LT(model.fit.newton_decrement, 1e-20);
    expect_relative(model.fit.criterion, -2 * expected["loglik"][0].get<double>(), 1e-13, "criterion");
    expect_relative(model.cox.null_log_likelihood(), expected["loglik_null"][0], 1e-13, "null log-likelihood");
    for (std::size_t j = 0; j < data.names.size(); ++j) {
      double const se = expected["se"][j];
      EXPECT_NEAR(model.estimate(j), expected["coef"][j].get<double>(), 1e-12 * se);
      expect_relative(model.std_error(j), se, 1e-12, "SE");
      EXPECT_EQ(model.estimate(j), robust.estimate(j));
      EXPECT_EQ(model.fit.coefficients[j].df, std::numeric_limits<double>::infinity());
      if (name == "all_at_once") continue;  // scores are 0
      expect_relative(robust.std_error(j), expected["robust_se"][j], 1e-12, "robust SE");
    }
    auto const tests = model.cox.tests();
    EXPECT_NEAR(tests.score, expected["score_test"][0].get<double>(), 1e-10);
    EXPECT_NEAR(tests.wald, expected["wald_test"][0].get<double>(), 1e-10);
    EXPECT_NEAR(tests.likelihood_ratio,
                2 * (expected["loglik"][0].get<double>() - expected["loglik_null"][0].get<double>()), 1e-10);
    EXPECT_EQ(tests.df, expected["columns"][0].get<double>());
    bool const no_pairs = name == "all_at_once";
    bool const one_dimension = name == "two_clusters";  // that is what scores of two clusters span
    EXPECT_EQ(std::isnan(robust.cox.tests().wald), no_pairs || one_dimension);
    EXPECT_EQ(std::isnan(model.cox.concordance()), no_pairs);
    if (!no_pairs && !one_dimension) {
      EXPECT_NEAR(robust.cox.tests().wald, expected["robust_wald_test"][0].get<double>(), 1e-10);
    }
    if (!no_pairs) {
      EXPECT_NEAR(model.cox.concordance(), expected["concordance"][0].get<double>(), 1e-14);
    }
    auto const baseline = model.cox.baseline_hazard(data.design);
    if (expected["hazard"].is_null() || expected["hazard"].empty()) continue;
    ASSERT_EQ(baseline.size(), expected["hazard"].size());
    for (std::size_t g = 0; g < baseline.size(); ++g) {
      EXPECT_EQ(baseline[g].time, expected["time"][g].get<double>());
      expect_relative(baseline[g].cumulative, expected["hazard"][g], 1e-9, "baseline hazard");
    }
  }
}

TEST(Cox, AgreesWithCoxphOnFiftyTherapists) {
  auto const expected = testing::read_json("dropout50_coxph_efron.json");
  auto const table = testing::read_data("dropout50.csv");
  auto const rows = table.rows();
  auto data = survival_data(0, 2);
  data.names = {"alliance", "severity"};
  std::vector<std::int32_t> cluster;
  std::vector<double> kept[4];
  for (std::size_t i = 0; i < rows; ++i) {
    double const values[] = {table.find("alliance")->as<double>()[i], table.find("severity")->as<double>()[i],
                             table.find("time")->as<double>()[i], table.find("event")->as<double>()[i]};
    if (std::isnan(values[0] + values[1] + values[2] + values[3])) continue;
    for (std::size_t k = 0; k < 4; ++k) kept[k].push_back(values[k]);
    cluster.push_back(table.find("therapist")->as<std::int32_t>()[i]);
  }
  auto const column = [&](std::size_t k) {
    return Eigen::Map<VectorXd const>(kept[k].data(), static_cast<Index>(kept[k].size()));
  };
  data.design.x.resize(column(0).size(), 2);
  data.design.x << column(0), column(1);
  data.design.y = column(2);
  data.event = column(3);
  testing::set_clusters(data.design, cluster);
  ASSERT_EQ(data.design.y.size(), expected["n"].get<Index>());

  Fitted model(data);
  Fitted const robust(data, CoxErrors::clustered);
  for (std::size_t j = 0; j < 2; ++j) {
    expect_relative(model.estimate(j), expected["coef"][data.names[j]], 1e-12, "estimate");
    expect_relative(model.std_error(j), expected["se"][data.names[j]], 1e-12, "SE");
    expect_relative(robust.std_error(j), expected["robust_se"][j], 1e-12, "robust SE");
  }
  expect_relative(model.fit.criterion, -2 * expected["loglik"].get<double>(), 1e-14, "criterion");
  expect_relative(model.cox.tests().score, expected["score_test"], 1e-12, "score test");
  expect_relative(model.cox.tests().wald, expected["wald_test"], 1e-12, "Wald test");
  expect_relative(model.cox.concordance(), expected["concordance"], 1e-14, "concordance");
  auto const baseline = model.cox.baseline_hazard(data.design);
  std::size_t g = 0;
  for (std::size_t t = 0; t < expected["baseline_cumhaz"].size() && g < baseline.size(); ++t) {
    if (expected["baseline_cumhaz_time"][t] != baseline[g].time) continue;
    expect_relative(baseline[g++].cumulative, expected["baseline_cumhaz"][t], 1e-12, "baseline hazard");
  }
  EXPECT_EQ(g, baseline.size());
}

// Two rows, the first leaves with x = 1, the second later with x = 0 and a third in between: by hand,
// log L = b - log(1 + 2 e^b) - log(1 + e^b) has its maximum where 1 = 2 e^b / (1 + 2 e^b) + e^b / (1 + e^b): 2 e^2b = 1.
TEST(Cox, SmallExampleByHand) {
  auto data = survival_data(3, 1);
  data.design.x.col(0) << 1, 0, 1;
  data.design.y << 1, 2, 3;
  Fitted const fitted(data);
  EXPECT_NEAR(fitted.estimate(0), -std::log(2) / 2, 1e-14);
  double const w = std::sqrt(.5);
  EXPECT_NEAR(fitted.fit.criterion, -2 * (std::log(w) - std::log(1 + 2 * w) - std::log(1 + w)), 1e-14);
}

TEST(Cox, DoesNotDependOnUnitsMeansOrTheOrderOfRows) {
  for (int const periods : {0, 20}) {
    auto const data = simulated_survival(200, 3, periods, 7);
    Fitted const plain(data, CoxErrors::clustered);
    for (double const unit : {1e-150, 1e-3, 1e9, 1e150}) {
      auto other = data;
      other.design.x.col(1) *= unit;
      other.design.y = (data.design.y.array().log() - 5) * unit;
      Fitted const scaled(other, CoxErrors::clustered);
      EXPECT_EQ(scaled.fit.status, FitStatus::ok);
      EXPECT_NEAR(scaled.estimate(1) * unit, plain.estimate(1), 1e-12);
      EXPECT_NEAR(scaled.std_error(1) * unit, plain.std_error(1), 1e-12);
      EXPECT_NEAR(scaled.estimate(0), plain.estimate(0), 1e-12);
    }
    auto shifted = data;
    shifted.design.x.col(2).array() += 1e6;
    expect_same(Fitted(shifted, CoxErrors::clustered), plain, 1e-8);
    auto turned = data;
    turned.design.x = data.design.x.colwise().reverse().eval();
    turned.design.y = data.design.y.reverse().eval();
    turned.event = data.event.reverse().eval();
    testing::set_clusters(turned.design, {data.design.cluster().rbegin(), data.design.cluster().rend()});
    expect_same(Fitted(turned, CoxErrors::clustered), plain, 1e-12);
  }
}

TEST(Cox, EveryRowIsAClusterWhereNoneAreNamed) {
  auto data = simulated_survival(100, 2, 10, 3);
  data.design.factors.clear();
  Fitted const none(data, CoxErrors::clustered);
  std::vector<std::int32_t> own;
  for (std::int32_t i = 0; i < 100; ++i) own.push_back(99 - i);
  testing::set_clusters(data.design, own);
  expect_same(none, Fitted(data, CoxErrors::clustered), 1e-13);
}

TEST(Cox, OneClusterHasEstimatesWithoutErrorsByCluster) {
  auto data = simulated_survival(50, 1, 10, 3);
  testing::set_clusters(data.design, std::vector<std::int32_t>(50, 0));
  Fitted const fitted(data, CoxErrors::clustered);
  EXPECT_EQ(fitted.fit.message, "standard errors by cluster need at least two clusters");
  EXPECT_EQ(fitted.estimate(0), Fitted(data).estimate(0));
  EXPECT_TRUE(std::isnan(fitted.std_error(0)));
}

// Where all leave at once every score is 0; coxph's robust standard errors are rounding.
TEST(Cox, ErrorsByClusterThatAreRoundingAreNone) {
  auto data = simulated_survival(40, 2, 10, 3);
  data.design.y.setOnes();
  data.event.setOnes();
  Fitted const fitted(data, CoxErrors::clustered);
  EXPECT_EQ(fitted.fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fitted.fit.message,
            "no cluster differs from the others in its score of x1 and x2: there is no standard error by cluster");
  EXPECT_NEAR(fitted.estimate(0), 0, 1e-14);
  EXPECT_TRUE(std::isnan(fitted.std_error(0)));
  EXPECT_EQ(Fitted(data).fit.status, FitStatus::ok);
}

TEST(Cox, SaysWhatCannotBeEstimatedAndWhy) {
  auto const data = simulated_survival(60, 3, 10, 5);
  auto broken = data;
  broken.event.setZero();
  expect_not_estimable(broken, "no event happens: all times are censored");
  broken.event.head(2).setOnes();
  expect_not_estimable(broken, "2 events are too few for 3 coefficients");
  broken.event[0] = 2;
  expect_not_estimable(broken, "events must be 0 (censored) or 1 (happened)");
  broken = data;
  broken.design.x.col(1).setConstant(.1);
  expect_not_estimable(broken, "x2 has the same value in every row");
  broken.design.x.col(1) = 3 - data.design.x.col(0).array();
  expect_not_estimable(broken, "x2 is a linear combination of a constant and x1 in every row");
  EXPECT_TRUE(std::isnan(Fitted(broken).estimate(0)));
  EXPECT_FALSE(std::isnan(Fitted(broken).estimate(2)));
  broken = data;
  broken.design.y[3] = std::numeric_limits<double>::infinity();
  expect_not_estimable(broken, "a time is infinite or missing");
  broken = data;
  broken.design.x(7, 0) = std::numeric_limits<double>::quiet_NaN();
  expect_not_estimable(broken, "products of columns too large for double precision");
  expect_not_estimable(survival_data(5, 0), "there is no coefficient to estimate");
  expect_not_estimable(survival_data(0, 1), "there are no complete rows");
}

TEST(Cox, NamesALevelThatNobodyAtRiskHas) {
  auto data = simulated_survival(60, 2, 10, 5);
  for (Index i = 0; i < 60; ++i) data.design.x(i, 1) = i < 10 ? 1 : 0;
  data.design.y.head(10).setConstant(.5);
  data.event.head(10).setZero();
  expect_not_estimable(data, "x2 has the same value in all rows still at risk when the first event happens");
  data.design.y[0] = 1;  // one of them is: a coefficient that runs to minus infinity
  expect_not_estimable(data,
                       "x2 has no finite estimate: whoever has an event always has the lowest x2 of all at risk then");
}

TEST(Cox, NamesCoefficientsThatRunToInfinity) {
  auto data = simulated_survival(80, 3, 12, 9);
  auto separated = data;
  separated.design.x.col(0) = (data.event.array() == 1).select(1 - data.design.y.array() / 20, VectorXd::Constant(80, -1));
  expect_not_estimable(separated,
                       "x1 has no finite estimate: whoever has an event always has the highest x1 of all at risk then");
  separated.design.x.col(0) += data.design.x.col(2);
  expect_not_estimable(separated,
                       "x1 and x3 have no finite estimates: whoever has an event is always the highest of all at risk then "
                       "in a combination of them");
}

// log L of one covariate over a grid far out: the fit is the highest, or called infinite where the end of the grid is.
TEST(Cox, FindsTheMaximumOfEverySmallAwkwardDesign) {
  int infinite = 0;
  int finite = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    auto data = survival_data(3 + static_cast<Index>(random() % 6), 1);
    for (Index i = 0; i < data.design.y.size(); ++i) {
      data.design.x(i, 0) = seed % 3 == 0 ? below(random, 2) : below(random, 1000) / 100;
      data.design.y[i] = 1 + below(random, 4);
      data.event[i] = random() % 3 == 0 ? 0 : 1;
    }
    auto const log_likelihood = [&](double b) {
      double sum = 0;
      for (int t = 1; t <= 4; ++t) {
        long double risk = 0;
        long double leaving = 0;
        int events = 0;
        for (Index i = 0; i < data.design.y.size(); ++i) {
          long double const w = std::exp(static_cast<long double>(b * data.design.x(i, 0)));
          if (data.design.y[i] >= t) risk += w;
          if (data.design.y[i] != t || data.event[i] == 0) continue;
          leaving += w;
          sum += b * data.design.x(i, 0);
          ++events;
        }
        for (int l = 0; l < events; ++l) sum -= static_cast<double>(std::log(risk - l * leaving / events));
      }
      return sum;
    };
    Fitted const fitted(data);
    SCOPED_TRACE(seed);
    if (fitted.fit.message.find("no finite") != std::string::npos) {
      ++infinite;
      double const sign = fitted.fit.message.find("highest") != std::string::npos ? 1 : -1;
      for (double b = 1; b < 64; b *= 2) EXPECT_GE(log_likelihood(2 * sign * b), log_likelihood(sign * b) - 1e-12);
    } else if (fitted.fit.status == FitStatus::ok) {
      ++finite;
      double const top = log_likelihood(fitted.estimate(0));
      EXPECT_NEAR(fitted.fit.criterion, -2 * top, 1e-11);
      for (double const away : {1e-3, .1, 3.0})
        for (double const sign : {-1, 1})
          EXPECT_GT(top, log_likelihood(fitted.estimate(0) + sign * away * fitted.std_error(0)));
    } else {
      EXPECT_EQ(fitted.fit.status, FitStatus::not_estimable) << fitted.fit.message;
    }
  }
  EXPECT_GT(infinite, 200);
  EXPECT_GT(finite, 500);
}

// Any small design with up to three covariates, many of them nonsense: numbers or a reason.
TEST(Cox, AlwaysEndsWithNumbersOrAReason) {
  std::vector<int> count(4);
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    auto data = survival_data(static_cast<Index>(random() % 30), static_cast<Index>(random() % 4));
    std::vector<std::int32_t> cluster;
    for (Index i = 0; i < data.design.y.size(); ++i) {
      for (Index j = 0; j < data.design.x.cols(); ++j)
        data.design.x(i, j) =
            (seed + unsigned(j)) % 3 == 0 ? below(random, 2) : std::pow(below(random, 100) / 10 - 5, 1 + seed % 8);
      data.design.y[i] = below(random, seed % 2 == 0 ? 5 : 1000000);
      data.event[i] = random() % 4 == 0 ? 0 : 1;
      cluster.push_back(static_cast<std::int32_t>(random() % 4));
    }
    data.design.factors = {{.of_row = cluster, .groups = 4}};
    Fitted fitted(data, seed % 5 == 0 ? CoxErrors::model : CoxErrors::clustered);
    ++count[static_cast<std::size_t>(fitted.fit.status)];
    EXPECT_EQ(fitted.fit.message.empty(), fitted.fit.status == FitStatus::ok);
    if (fitted.fit.status != FitStatus::ok) continue;
    for (std::size_t j = 0; j < data.names.size(); ++j)
      EXPECT_TRUE(std::isfinite(fitted.estimate(j)) && std::isfinite(fitted.std_error(j))) << seed;
    EXPECT_TRUE(std::isfinite(fitted.fit.criterion)) << seed;
  }
  EXPECT_GT(count[static_cast<std::size_t>(FitStatus::ok)], 1000);
  EXPECT_LT(count[static_cast<std::size_t>(FitStatus::not_converged)], 6);  // finite effects of e^1000 and more
}

TEST(Cox, FurtherFitsDoNotAllocate) {
  if (!testing::counts_allocations) GTEST_SKIP() << "allocations are not counted here";
  for (int const periods : {0, 20}) {
    auto const first = simulated_survival(300, 2, periods, 1);
    auto const second = simulated_survival(300, 2, periods, 2);
    auto const basis = cox_basis(second.design.x, 1e-10);
    Fitted reused(first, CoxErrors::clustered);
    reused.cox.tests();
    reused.cox.concordance();
    auto fit = second.empty_fit();
    auto const before = testing::allocations();
    reused.cox.fit(second.design, second.event, basis, CoxErrors::clustered, fit);
    auto const tests = reused.cox.tests();
    auto const concordance = reused.cox.concordance();
    EXPECT_EQ(testing::allocations(), before);
    EXPECT_EQ(fit.status, FitStatus::ok);
    Fitted fresh(second, CoxErrors::clustered);
    EXPECT_EQ(fit.coefficients[1].std_error, fresh.std_error(1));
    EXPECT_EQ(tests.wald, fresh.cox.tests().wald);
    EXPECT_EQ(concordance, fresh.cox.concordance());
  }
}

TEST(Cox, NothingIsLeftOfAnEarlierFit) {
  auto const data = simulated_survival(50, 1, 10, 3);
  Fitted fitted(data);
  auto none = data;
  none.event.setZero();
  auto fit = none.empty_fit();
  fitted.cox.fit(none.design, none.event, cox_basis(none.design.x, 1e-10), CoxErrors::model, fit);
  EXPECT_TRUE(std::isnan(fitted.cox.null_log_likelihood()));
  EXPECT_TRUE(std::isnan(fitted.cox.tests().score));
  EXPECT_TRUE(std::isnan(fitted.cox.concordance()));
  EXPECT_TRUE(fitted.cox.baseline_hazard(none.design).empty());
}

}  // namespace
}  // namespace bordin
