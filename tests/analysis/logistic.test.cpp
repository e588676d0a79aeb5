#include "analysis/logistic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "analysis/logistic_data.hpp"
#include "analysis/reference.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::expect_relative;
using testing::logistic_table;
using testing::LogisticCase;
using testing::read_data;

Table numbers(std::vector<double> const& x, std::vector<double> const& y) {
  Table table;
  table.add({"x", "", "", x});
  table.add({"y", "", "", y});
  return table;
}

TEST(Logistic, AgreesWithGlm) {
  int compared = 0;
  for (auto const& expected : testing::read_json("logistic_reference.json")) {
    if (expected["nodes"] != 0) continue;
    ++compared;
    SCOPED_TRACE(testing::described(expected));
    auto const fit =
        LogisticCase(expected["formula"], read_data("logistic_" + expected["data"].get<std::string>() + ".csv")).fit();
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    EXPECT_NEAR(fit.criterion, expected["criterion"].get<double>(), 1e-10);
    EXPECT_LT(fit.newton_decrement, 1e-14);
    for (auto const& [term, numbers] : expected["coefficients"].items()) {
      auto const& c = fit.coefficient(term);
      EXPECT_NEAR(c.estimate, numbers["estimate"].get<double>(), 1e-8 * c.std_error) << term;
      expect_relative(c.std_error, numbers["se"], 1e-7, "SE of " + term);
      EXPECT_EQ(c.df, std::numeric_limits<double>::infinity());
    }
  }
  EXPECT_EQ(compared, 9);
}

TEST(Logistic, AgreesWithGlmOnDropout) {
  auto const expected = testing::read_json("dropout50_glm.json");
  auto const fit = LogisticCase("dropout ~ alliance + severity", read_data("dropout50.csv")).fit();
  EXPECT_NEAR(fit.criterion, -2 * expected["logLik"].get<double>(), 1e-9);
  for (auto const& [term, estimate] : expected["coef"].items()) {
    auto const& c = fit.coefficient(term);
    EXPECT_NEAR(c.estimate, estimate.get<double>(), 1e-6 * c.std_error) << term;
    expect_relative(c.std_error, expected["se"][term], 1e-6, "SE of " + term);  // glm's own tolerance
  }
}

// Two groups: the log odds ratio and its SE by hand.
TEST(Logistic, TwoByTwoTableByHand) {
  std::vector<double> x;
  std::vector<double> y;
  auto const add = [&](double group, double outcome, int count) {
    x.insert(x.end(), static_cast<std::size_t>(count), group);
    y.insert(y.end(), static_cast<std::size_t>(count), outcome);
  };
  add(0, 1, 7);
  add(0, 0, 13);
  add(1, 1, 4);
  add(1, 0, 19);
  auto const fit = LogisticCase("y ~ x", numbers(x, y)).fit();
  expect_relative(fit.coefficient("(Intercept)").estimate, std::log(7 / 13.0), 1e-12, "intercept");
  expect_relative(fit.coefficient("x").estimate, std::log(4 / 19.0) - std::log(7 / 13.0), 1e-12, "log odds ratio");
  expect_relative(fit.coefficient("x").std_error, std::sqrt(1 / 7.0 + 1 / 13.0 + 1 / 4.0 + 1 / 19.0), 1e-8, "SE");
}

TEST(Logistic, SeparationNamesTheCoefficients) {
  auto const message = [](std::string const& formula, Table const& table) {
    auto const fit = LogisticCase(formula, table).fit();
    EXPECT_EQ(fit.status, FitStatus::not_estimable) << fit.message;
    for (auto const& c : fit.coefficients) EXPECT_TRUE(std::isnan(c.estimate) && std::isnan(c.std_error));
    return fit.message;
  };
  std::string const limit = " the outcomes 0 and 1 (separation): estimates grow without limit";
  EXPECT_EQ(message("y ~ x", numbers({1, 2, 3, 4, 5, 6}, {0, 0, 0, 1, 1, 1})), "x separates" + limit);
  EXPECT_EQ(message("y ~ x", numbers({1, 2, 3, 3, 4, 5}, {0, 0, 0, 1, 1, 1})), "x separates" + limit);  // quasi-complete
  EXPECT_EQ(message("y ~ x", numbers({0, 0, 0, 0, 1, 1}, {0, 1, 0, 1, 0, 0})),
            "x separates" + limit);  // no event in a group
  EXPECT_EQ(message("y ~ x", numbers({1e-9, 2e-9, 3e-9, 4e-9}, {0, 0, 1, 1})), "x separates" + limit);
  auto table = logistic_table({40}, {}, 4);
  for (std::size_t i = 0; i < 40; ++i)
    if (table.columns()[1].as<double>()[i] == 1) table.columns()[2].as<double>()[i] = 1;
  EXPECT_EQ(message("y ~ x + z", table), "z separates" + limit);
  EXPECT_EQ(message("y ~ x", numbers({1, 2, 3}, {0, 0, 0})), "the outcome is 0 in every row");
  EXPECT_EQ(message("y ~ x", numbers({1, 2, 3}, {1, 1, 1})), "the outcome is 1 in every row");
  EXPECT_EQ(message("y ~ x", numbers({1, 2, 3}, {1, 0, 2})),
            "a logistic model needs an outcome of 0 and 1, but it is 2 in some row");
}

// One row out of order is enough for finite estimates.
TEST(Logistic, NearlySeparatedDataAreFitted) {
  auto const fit = LogisticCase("y ~ x", numbers({1, 2, 3, 4, 5, 6, 7, 8}, {0, 0, 0, 1, 0, 1, 1, 1})).fit();
  EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
  EXPECT_GT(fit.coefficient("x").estimate, 1);
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 4000; ++i) {
    x.push_back(i < 2000 ? 0 : 1);
    y.push_back(i == 0 || i >= 2001 ? 1 : 0);
  }
  auto const extreme = LogisticCase("y ~ x", numbers(x, y)).fit();
  EXPECT_EQ(extreme.status, FitStatus::ok) << extreme.message;
  expect_relative(extreme.coefficient("x").estimate, 2 * std::log(1999), 1e-10, "log odds ratio");
}

TEST(Logistic, UnitsAndMeansChangeNothingElse) {
  auto const plain = LogisticCase("y ~ x", logistic_table({60}, {}, 8)).fit();
  for (double const unit : {1e-100, 1e-6, 1e6, -1e100}) {
    auto table = logistic_table({60}, {}, 8);
    for (double& x : table.columns()[0].as<double>()) x *= unit;
    auto const fit = LogisticCase("y ~ x", table).fit();
    EXPECT_EQ(fit.status, FitStatus::ok);
    expect_relative(fit.coefficient("x").estimate * unit, plain.coefficient("x").estimate, 1e-10, "estimate");
    expect_relative(fit.coefficient("x").std_error * std::abs(unit), plain.coefficient("x").std_error, 1e-10, "SE");
    EXPECT_NEAR(fit.criterion, plain.criterion, 1e-10);
  }
}

TEST(Logistic, CollinearColumnsAreNamed) {
  auto const fit = LogisticCase("y ~ x + I(2 * x) + z", logistic_table({60}, {}, 8)).fit();
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message, "I(2 * x) is a linear combination of x");
  auto const plain = LogisticCase("y ~ x + z", logistic_table({60}, {}, 8)).fit();
  expect_relative(fit.coefficient("z").estimate, plain.coefficient("z").estimate, 1e-10, "z");
  EXPECT_TRUE(std::isnan(fit.coefficient("x").estimate));
}

// The score is zero and no random step goes uphill, for whatever small data sets have a maximum.
TEST(Logistic, SmallDataSetsEndAtAMaximumOrSayWhyNot) {
  int ok = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    LogisticCase const c("y ~ x * z",
                         logistic_table({6 + static_cast<int>(seed % 20)}, {.1 + .2 * (seed % 4), 0, 1}, seed));
    auto const fit = c.fit();
    if (fit.status != FitStatus::ok) {
      EXPECT_FALSE(fit.message.empty());
      continue;
    }
    ++ok;
    Eigen::VectorXd score = Eigen::VectorXd::Zero(4);
    for (Eigen::Index i = 0; i < c.design.y.size(); ++i) {
      double eta = 0;
      for (Eigen::Index k = 0; k < 4; ++k) eta += c.design.x(i, k) * fit.coefficients[static_cast<std::size_t>(k)].estimate;
      score += (c.design.y[i] - 1 / (1 + std::exp(-eta))) * c.design.x.row(i).transpose();
    }
    EXPECT_LT(score.cwiseAbs().maxCoeff(), 1e-7) << seed;
  }
  EXPECT_GT(ok, 150);
  EXPECT_LT(ok, 399);
}

TEST(Logistic, FurtherFitsAllocateNothing) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  LogisticCase const c("y ~ x + z", logistic_table({200}, {}, 2));
  LogisticRegression regression;
  Fit fit = c.blank();
  regression.fit(c.design, c.basis, fit);
  auto const before = testing::allocations();
  regression.fit(c.design, c.basis, fit);
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_EQ(fit.status, FitStatus::ok);
}

}  // namespace
}  // namespace bordin
