#include "study/implied.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

namespace bordin {
namespace {

TEST(RampMoments, AreThoseOfTheClippedLine) {
  boost::math::normal_distribution<double> const normal;
  for (double const slope : {0.0, 0.3, 1.0, -0.7}) {
    double const sd = 0.9;
    auto const moment = [&](int power) {
      // The line is 0 beyond its root: the integral stops there.
      double const root = slope == 0 ? 9 : 1 / (std::abs(slope) * sd);
      double const from = std::max(-9.0, -root);
      return boost::math::quadrature::gauss<double, 100>::integrate(
          [&](double z) { return std::pow(1 + std::abs(slope) * sd * z, power) * boost::math::pdf(normal, z); }, from, 9.0);
    };
    auto const moments = ramp_moments(slope, sd);
    EXPECT_NEAR(moments.mean, moment(1), 1e-8) << slope;
    EXPECT_NEAR(moments.variance, moment(2) - moment(1) * moment(1), 1e-8) << slope;
  }
}

TEST(Budgets, AddToOneAndKnowTheMeasurementError) {
  auto const scenario = load_scenario("routine-care");
  EXPECT_NEAR(total(alliance_budget(scenario)), 1, 1e-12);
  EXPECT_EQ(outcome_budget(scenario).back().source, "measurement error");
  EXPECT_NEAR(outcome_budget(scenario).back().variance, 0.06 / 0.94, 1e-12);
}

}  // namespace
}  // namespace bordin
