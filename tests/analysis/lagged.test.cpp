#include "analysis/lagged.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "analysis/sessions.hpp"
#include "core/moments.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using Eigen::Index;
using testing::drawn;
using testing::expect_relative;
using testing::Json;
using testing::lagged_fit;
using testing::Panel;
using testing::Sessions;

Eigen::MatrixXd columns(Table const& table, Json const& names, std::size_t first) {
  Eigen::MatrixXd out(static_cast<Index>(table.column("y").numbers().size()), static_cast<Index>(names.size() - first));
  for (std::size_t k = first; k < names.size(); ++k) {
    auto const values = table.column(names[k].get<std::string>()).numbers();
    out.col(static_cast<Index>(k - first)) = Eigen::Map<Eigen::VectorXd const>(values.data(), out.rows());
  }
  return out;
}

Sessions file_for(Json const& expected) {
  auto const table = testing::read_data("regression_sessions.csv");
  Sessions out;
  for (double const v : table.column("client").numbers()) out.client.push_back(static_cast<std::int32_t>(v) - 1);
  for (double const v : table.column("session").numbers()) out.session.push_back(static_cast<std::int32_t>(v));
  if (expected["cluster"] == "therapist")
    for (double const v : table.column("therapist").numbers()) out.cluster.push_back(static_cast<std::int32_t>(v) - 1);
  auto const w = columns(table, expected["W"], 0);
  out.y = w.col(0);
  out.lagged = w.rightCols(w.cols() - 1);
  out.same = columns(table, expected["Z"], 0);
  out.clients = 40;
  out.clusters = 8;
  return out;
}

// R: lm and clubSandwich where nothing is corrected; where it is, the moments written out by loops, numerical derivatives.
TEST(Lagged, AgreesWithR) {
  auto const references = testing::read_json("regression_reference.json");
  EXPECT_EQ(references.at("lagged").size(), 6U);
  for (auto const& expected : references["lagged"]) {
    SCOPED_TRACE(expected.dump());
    bool const corrected = expected["corrected"];
    auto const fit = lagged_fit(file_for(expected), corrected ? LagBias::corrected : LagBias::kept);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    EXPECT_EQ(fit.observations, expected["pairs"]);
    EXPECT_EQ(fit.groups.front().count, expected["clients"]);
    EXPECT_EQ(fit.groups.back().count, expected["clusters"]);
    EXPECT_LT(fit.newton_decrement, 1e-20);
    if (expected.contains("sigma")) expect_relative(fit.sigma, expected["sigma"], 1e-12, "sigma");
    for (std::size_t k = 0; k < fit.coefficients.size(); ++k) {
      auto const& c = fit.coefficients[k];
      EXPECT_NEAR(c.estimate, expected["estimate"][k].get<double>(), 1e-10 * expected["se"][k].get<double>()) << c.term;
      expect_relative(c.std_error, expected["se"][k], corrected ? 1e-9 : 1e-11, "SE of " + c.term);
      EXPECT_EQ(c.df, expected["clusters"].get<double>() - 1);
    }
  }
}

// What many data sets give of one coefficient.
struct Repeated {
  Moments estimate;
  Moments variance;  // the squared standard error
  int covered = 0;
  double z(double expected) const { return std::abs(estimate.mean() - expected) / estimate.se(); }
};

Repeated repeated(Panel const& panel, LagBias bias, std::size_t coefficient, double truth, unsigned replications) {
  Repeated out;
  for (unsigned r = 0; r < replications; ++r) {
    auto const fit = lagged_fit(drawn(panel, 7000 + r), bias);
    EXPECT_EQ(fit.status, FitStatus::ok) << fit.message;
    auto const& c = fit.coefficients[coefficient];
    out.estimate.add(c.estimate);
    out.variance.add(c.std_error * c.std_error);
    out.covered += std::abs(c.estimate - truth) < 1.96 * c.std_error ? 1 : 0;
  }
  return out;
}

// Nickell (1981), equation 18: the limit for many clients with T pairs each, stationary.
double nickell_bias(double rho, double t) {
  double const series = 1 - (1 - std::pow(rho, t)) / (t * (1 - rho));
  return -(1 + rho) / (t - 1) * series / (1 - 2 * rho / ((1 - rho) * (t - 1)) * series);
}

TEST(Lagged, UncorrectedIsBiasedAsNickellSaysAndCorrectedIsNot) {
  for (int const pairs : {6, 10})
    for (double const rho : {.3, .6}) {
      SCOPED_TRACE(std::to_string(pairs) + " pairs, rho " + std::to_string(rho));
      Panel const panel{.clients = 1000, .least = pairs, .most = pairs, .rho = rho};
      auto const kept = repeated(panel, LagBias::kept, 0, rho, 200);
      EXPECT_LT(kept.z(rho + nickell_bias(rho, pairs)), 4);
      EXPECT_GT(kept.z(rho), 40);
      auto const corrected = repeated(panel, LagBias::corrected, 0, rho, 200);
      EXPECT_LT(corrected.z(rho), 4);
    }
}

TEST(Lagged, CorrectionHoldsWithDropoutAndMissingSessions) {
  for (double const rho : {.3, .6}) {
    Panel const panel{.clients = 1000, .least = 2, .most = 11, .missing = .15, .rho = rho};
    auto const corrected = repeated(panel, LagBias::corrected, 0, rho, 200);
    EXPECT_LT(corrected.z(rho), 4);
    EXPECT_GT(repeated(panel, LagBias::kept, 0, rho, 200).z(rho), 40);
  }
}

// The predictor answers earlier y and shares errors with y: centring biases its coefficient as well.
TEST(Lagged, PredictorsMayDependOnEarlierOutcomes) {
  Panel const panel{
      .clients = 1000, .least = 3, .most = 9, .rho = .4, .effect = .25, .feedback = .3, .shared = .5, .with_x = true};
  for (std::size_t const k : {0U, 1U}) {
    double const truth = k == 0 ? panel.rho : panel.effect;
    EXPECT_LT(repeated(panel, LagBias::corrected, k, truth, 200).z(truth), 4);
    EXPECT_GT(repeated(panel, LagBias::kept, k, truth, 200).z(truth), 10);
  }
}

TEST(Lagged, StandardErrorsOfTheCorrectedEstimatesAreRight) {
  constexpr unsigned replications = 2000;
  for (int const clients : {50, 200}) {
    Panel const panel{.clients = clients, .least = 5, .most = 11, .rho = .4, .effect = .25, .shared = .5, .with_x = true};
    for (std::size_t const k : {0U, 1U}) {
      auto const found = repeated(panel, LagBias::corrected, k, k == 0 ? panel.rho : panel.effect, replications);
      double const ratio = found.variance.mean() / found.estimate.variance();
      // SE of an empirical variance: sqrt(2 / n) of it; the jackknife errs on the safe side by some 2 / clients.
      EXPECT_LT(std::abs(ratio - 1 - 2.0 / clients), 4 * std::sqrt(2.0 / replications)) << ratio;
      double const coverage = found.covered / double{replications};
      EXPECT_LT(std::abs(coverage - .95), 4 * std::sqrt(.95 * .05 / replications) + .01) << coverage;
    }
  }
}

TEST(Lagged, NeitherUnitsNorOrderNorLabelsMatter) {
  auto const sessions = drawn({.clients = 30, .least = 4, .most = 9, .missing = .1, .rho = .3, .with_x = true}, 5);
  auto const plain = lagged_fit(sessions);
  std::vector<Index> order(sessions.client.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  Sessions changed;
  for (Index const i : order) {
    changed.client.push_back(29 - sessions.client[static_cast<std::size_t>(i)]);
    changed.session.push_back(sessions.session[static_cast<std::size_t>(i)] + 100);
  }
  changed.y = Eigen::VectorXd(sessions.y(order)).array() * 1e150 + 1e151;
  changed.lagged = Eigen::MatrixXd(sessions.lagged(order, Eigen::all)) * 1e-140;
  changed.same.resize(changed.y.size(), 0);
  changed.clients = 30;
  auto const other = lagged_fit(changed);
  ASSERT_EQ(other.status, FitStatus::ok) << other.message;
  for (std::size_t k = 0; k < 2; ++k) {
    double const unit = k == 0 ? 1 : 1e290;
    expect_relative(other.coefficients[k].estimate, plain.coefficients[k].estimate * unit, 1e-10, "estimate");
    expect_relative(other.coefficients[k].std_error, plain.coefficients[k].std_error * unit, 1e-10, "SE");
  }
}

TEST(Lagged, WhatCannotBeEstimatedSaysWhy) {
  auto sessions = drawn({.clients = 20}, 5);
  auto const rows = sessions.y.size();
  auto const message = [&] { return lagged_fit(sessions).message; };
  sessions.same = Eigen::MatrixXd::Constant(rows, 1, .3);
  EXPECT_EQ(message(), "x1 does not vary within any client");
  sessions.same.resize(rows, 2);
  for (Index i = 0; i < rows; ++i) sessions.same.row(i).setConstant(sessions.session[static_cast<std::size_t>(i)]);
  EXPECT_EQ(message(), "x2 is a linear combination of earlier columns, once the means of every client are taken out");
  sessions.same.resize(rows, 0);
  sessions.cluster.assign(sessions.client.size(), 0);
  sessions.clusters = 1;
  EXPECT_EQ(message(), "therapist has only one group with pairs of adjacent sessions");
  EXPECT_EQ(lagged_fit(drawn({.clients = 1, .least = 2, .most = 2}, 5)).message,
            "2 pairs of adjacent sessions of 1 groups of client are too few for 1 coefficients");
  sessions.cluster.clear();
  sessions.y.setConstant(2);
  EXPECT_EQ(message(), "y before does not vary within any client");
}

TEST(Lagged, SmallAwkwardPanelsHaveNumbersOrAReason) {
  int fine = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    Panel const panel{.clients = 2 + static_cast<int>(seed % 9),
                      .least = 1,
                      .most = 1 + static_cast<int>(seed % 5),
                      .missing = seed % 3 == 0 ? .3 : 0,
                      .rho = (seed % 7) / 6.0,
                      .with_x = seed % 2 == 0};
    auto sessions = drawn(panel, seed);
    if (seed % 4 == 0) sessions.y = sessions.y.array().round();
    for (auto const bias : {LagBias::kept, LagBias::corrected}) {
      auto const fit = lagged_fit(sessions, bias);
      if (fit.status != FitStatus::ok) {
        EXPECT_FALSE(fit.message.empty());
        continue;
      }
      ++fine;
      for (auto const& c : fit.coefficients)
        EXPECT_TRUE(std::isfinite(c.estimate) && std::isfinite(c.std_error) && c.std_error > 0) << seed;
    }
  }
  EXPECT_GT(fine, 200);
}

TEST(Lagged, NothingIsAllocatedAfterTheFirstFit) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  auto const sessions = drawn({.clients = 60, .least = 4, .most = 9, .missing = .1, .rho = .3, .with_x = true}, 5);
  auto fit = lagged_fit(sessions);
  LaggedModel model;
  auto const once = [&] { model.fit(sessions.data(), LagBias::corrected, "client", "therapist", fit); };
  once();
  ASSERT_EQ(fit.status, FitStatus::ok);
  auto const before = testing::allocations();
  once();
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
