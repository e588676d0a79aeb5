#include "analysis/logistic_units.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "analysis/logistic_data.hpp"

namespace bordin {
namespace {

TEST(LogisticUnits, ResponsesAreThoseOfTheLogisticFunction) {
  LogisticResponses responses;
  responses.resize(1);
  double const event = 1;
  double const none = 0;
  for (double eta = -705; eta < 706; eta += .37) {
    double const log_likelihood = responses.at(&eta, &event, nullptr, 1);
    double const p = 1 / (1 + std::exp(-eta));
    double const q = 1 / (1 + std::exp(eta));
    EXPECT_NEAR(responses.mean[0] / p, 1, 2e-15) << eta;
    EXPECT_NEAR(responses.variance[0] / (p * q), 1, 2e-15) << eta;
    double const expected = std::min(eta, 0.0) - std::log1p(std::exp(-std::abs(eta)));
    EXPECT_NEAR(log_likelihood, expected, 1e-15 * (1 + std::abs(expected))) << eta;
    EXPECT_NEAR(responses.at(&eta, &none, nullptr, 1), expected - eta, 1e-15 * (1 + std::abs(eta))) << eta;
  }
}

TEST(LogisticUnits, PredictorsOfAnySizeGiveFiniteNumbers) {
  LogisticResponses responses;
  responses.resize(1);
  double const event = 1;
  for (double const eta : {-1e300, -1e3, -0.0, 0.0, 1e3, 1e300}) {
    EXPECT_EQ(responses.at(&eta, &event, nullptr, 1), eta < -1 ? eta : eta > 1 ? 0 : std::log(.5));
    EXPECT_GE(responses.mean[0], 0);
    EXPECT_LE(responses.mean[0], 1);
    EXPECT_GT(responses.variance[0], 0);
  }
}

TEST(LogisticUnits, ManyRowsAndBinomialUnitsAddUp) {
  constexpr int rows = 3000;  // more than one product of odds holds
  std::vector<double> const eta(rows, -.4);
  std::vector<double> events(rows, 0);
  for (std::size_t i = 0; i < events.size(); i += 3) events[i] = 1;
  LogisticResponses responses;
  responses.resize(rows);
  double const one_by_one = responses.at(eta.data(), events.data(), nullptr, rows);
  double const total = 1000;
  double const size = rows;
  EXPECT_NEAR(one_by_one, responses.at(eta.data(), &total, &size, 1), 1e-10);
  EXPECT_NEAR(one_by_one, 1000 * -.4 - rows * std::log1p(std::exp(-.4)), 1e-10);
}

TEST(LogisticUnits, EqualRowsOfAClusterBecomeOneUnit) {
  auto const table = testing::logistic_table({9, 1, 12, 7}, {}, 3);
  testing::LogisticCase const binary("y ~ z + (1 | g)", table);
  ClusteredUnits units;
  units.gather(binary.design, binary.basis);
  ASSERT_EQ(units.clusters(), 4);
  EXPECT_LE(units.most_in_cluster(), 2);
  EXPECT_EQ(units.units().sizes.sum(), 29);
  EXPECT_EQ(units.units().events.sum(), binary.design.y.sum());

  testing::LogisticCase const continuous("y ~ x + z + (1 | g)", table);
  units.gather(continuous.design, continuous.basis);
  EXPECT_EQ(units.units().q.rows(), 29);
  EXPECT_EQ(units.units().sizes.size(), 0);
}

}  // namespace
}  // namespace bordin
