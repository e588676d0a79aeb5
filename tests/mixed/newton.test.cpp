#include "mixed/newton.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

// (x^2 - 1)^2 + (y - x)^2: minima at (1, 1) and (-1, -1), a saddle at (0, 0), not convex in between.
class TwoValleys : public Criterion {
 public:
  bool evaluate(Parameters const& theta, CriterionAt& out) override {
    double const x = theta[0], y = theta[1];
    out.value = (x * x - 1) * (x * x - 1) + (y - x) * (y - x);
    out.gradient = (Parameters(2) << 4 * x * (x * x - 1) - 2 * (y - x), 2 * (y - x)).finished();
    out.curvature = (Curvature(2, 2) << 12 * x * x - 4 + 2, -2, -2, 2).finished();
    return true;
  }
  bool rewrite(Parameters& /*theta*/) override { return false; }
};

class Nowhere : public Criterion {
 public:
  bool evaluate(Parameters const& /*theta*/, CriterionAt& out) override {
    out.value = std::nan("");
    return false;
  }
  bool rewrite(Parameters& /*theta*/) override { return false; }
};

TEST(Newton, FindsAMinimumFromWhereTheCriterionIsNotConvex) {
  TwoValleys valleys;
  for (double const x : {0.1, -0.2, 3.0, -40.0}) {
    auto const found = minimise(valleys, (Parameters(2) << x, 0.5).finished());
    EXPECT_TRUE(found.converged) << x;
    EXPECT_NEAR(std::abs(found.theta[0]), 1, 1e-7);
    EXPECT_NEAR(found.theta[1], found.theta[0], 1e-7);
    EXPECT_LT(found.decrement, 1e-13);
    EXPECT_LT(found.evaluations, 40);
  }
}

TEST(Newton, DoesNotCallASaddleAMinimum) {
  TwoValleys valleys;
  EXPECT_FALSE(minimise(valleys, Parameters::Zero(2)).converged);
}

TEST(Newton, GivesUpWhereThereIsNoCriterion) {
  Nowhere nowhere;
  auto const found = minimise(nowhere, Parameters::Ones(1));
  EXPECT_FALSE(found.converged);
  EXPECT_EQ(found.evaluations, 1);
}

}  // namespace
}  // namespace bordin
