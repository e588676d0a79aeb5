#include "study/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

class Normals {
 public:
  explicit Normals(unsigned seed) : engine_(seed) {}
  double operator()() { return normal_(engine_); }
  double uniform() { return uniform_(engine_); }

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

TEST(Correlation, LeavesOutRowsWithAMissingValue) {
  Numbers const x{1, 2, nan_value, 4, 9}, y{2, 1, 100, 3, nan_value};
  // of (1, 2), (2, 1), (4, 3): covariance 1, variances 7/3 and 1
  EXPECT_NEAR(correlation(x, y), 1 / std::sqrt(7.0 / 3), 1e-15);
}

TEST(PartialCorrelation, IsTheCorrelationOfResiduals) {
  Normals normal(1);
  Numbers x, y, z;
  for (int i = 0; i < 500; ++i) {
    z.push_back(normal());
    x.push_back(0.6 * z.back() + normal());
    y.push_back(-0.4 * z.back() + 0.3 * x.back() + normal());
  }
  EXPECT_NEAR(partial_correlation(x, y, z), correlation(residuals(x, z), residuals(y, z)), 1e-13);
  EXPECT_GT(std::abs(partial_correlation(x, y, z) - correlation(x, y)), 0.05);
  x[7] = nan_value;  // then the row is left out of all three correlations
  EXPECT_FALSE(std::isnan(partial_correlation(x, y, z)));
}

TEST(JointRSquared, OfTwoPredictorsIsTheClosedForm) {
  Normals normal(2);
  Numbers a, b, y;
  for (int i = 0; i < 400; ++i) {
    a.push_back(normal());
    b.push_back(0.8 * a.back() + normal());
    y.push_back(3 + a.back() + 0.5 * b.back() + 2 * normal());
  }
  double const ya = correlation(y, a), yb = correlation(y, b), ab = correlation(a, b);
  EXPECT_NEAR(joint_r_squared({a, b}, y), (ya * ya + yb * yb - 2 * ya * yb * ab) / (1 - ab * ab), 1e-13);
  EXPECT_NEAR(joint_r_squared({a}, y), ya * ya, 1e-13);
  EXPECT_LT(joint_r_squared({a, b}, y), ya * ya + yb * yb);
  a.push_back(nan_value);
  b.push_back(1);
  y.push_back(1e6);
  EXPECT_NEAR(joint_r_squared({b, a}, y), (ya * ya + yb * yb - 2 * ya * yb * ab) / (1 - ab * ab), 1e-13);
}

TEST(StandardisedDifference, PoolsWithinBoth) {
  // means 2 and 5; sums of squares 2 and 8 over 3 + 3 - 2
  EXPECT_NEAR(standardised_difference({1, 2, 3, nan_value}, {3, 5, 7}), -3 / std::sqrt(2.5), 1e-15);
}

TEST(OneWayLayout, IsTheAnalysisOfVarianceByHand) {
  // groups {1, 3}, {4, 6, 8}: MSB 2 * (2 - 4.4)^2 + 3 * (6 - 4.4)^2 = 19.2, MSW 10 / 3, n0 = 5 - 13 / 5
  auto const layout = one_way_layout({1, 4, 3, 6, nan_value, 8}, {0, 2, 0, 2, 1, 2});
  EXPECT_NEAR(layout.within, 10.0 / 3, 1e-14);
  EXPECT_NEAR(layout.between, (19.2 - 10.0 / 3) / 2.4, 1e-14);
}

TEST(OneWayLayout, IsUnbiasedWithUnequalGroups) {
  Normals normal(3);
  std::vector<double> between, within;
  for (int r = 0; r < 200; ++r) {
    Numbers values;
    Groups group;
    for (std::int32_t g = 0; g < 60; ++g) {
      double const effect = 0.5 * normal();
      for (int i = 0; i <= g % 10; ++i) {
        values.push_back(7 + effect + 2 * normal());
        group.push_back(g);
      }
    }
    auto const layout = one_way_layout(values, group);
    between.push_back(layout.between);
    within.push_back(layout.within);
  }
  EXPECT_LT(mean_of(between).z(0.25), four_se);
  EXPECT_GT(mean_of(between).z(0.25 + 4.0 / 5.5), four_se);  // the variance of group means would be noticed
  EXPECT_LT(mean_of(within).z(4), four_se);
}

TEST(AnovaIcc, IsTheShareBetween) {
  Normals normal(4);
  std::vector<double> icc;
  for (int r = 0; r < 20; ++r) {
    Numbers values;
    Groups group;
    for (std::int32_t g = 0; g < 1000; ++g) {
      double const effect = std::sqrt(0.05) * normal();
      for (int i = 0; i < 20; ++i) {
        values.push_back(effect + std::sqrt(0.95) * normal());
        group.push_back(g);
      }
    }
    icc.push_back(anova_icc(values, group));
  }
  EXPECT_LT(mean_of(icc).z(0.05), four_se);
  EXPECT_GT(mean_of(icc).z(0.06), four_se);
}

TEST(SpearmanBrown, GivesThePublishedReliabilities) {
  EXPECT_NEAR(spearman_brown(0.77, 1), 0.77, 1e-15);
  EXPECT_NEAR(spearman_brown(0.77, 2), 0.87, 0.005);
  EXPECT_NEAR(spearman_brown(0.77, 4), 0.93, 0.005);
}

TEST(LogitNormalSd, SolvesForItsOwnMoments) {
  for (double const sigma : {0.1, 0.446, 0.689, 2.0}) {
    double mean = 0, square = 0, weight = 0;
    for (double z = -9; z < 9; z += 0.001) {
      double const w = std::exp(-z * z / 2), p = 1 / (1 + std::exp(1.4 - sigma * z));
      weight += w;
      mean += w * p;
      square += w * p * p;
    }
    mean /= weight;
    EXPECT_NEAR(logit_normal_sd(mean, square / weight - mean * mean), sigma, 1e-6);
  }
  EXPECT_EQ(logit_normal_sd(0.2, -0.001), 0);
}

TEST(LatentSd, FindsTheSimulatedOne) {
  Normals normal(5);
  std::vector<double> sd;
  for (int r = 0; r < 40; ++r) {
    Numbers yes;
    Groups group;
    for (std::int32_t g = 0; g < 4000; ++g) {
      double const p = 1 / (1 + std::exp(1.5 - 0.6 * normal()));
      for (int i = 0; i < 10 + g % 21; ++i) {
        yes.push_back(normal.uniform() < p ? 1 : 0);
        group.push_back(g);
      }
    }
    sd.push_back(latent_sd(yes, group));
  }
  EXPECT_LT(mean_of(sd).z(0.6), four_se);
  EXPECT_GT(mean_of(sd).z(0.57), four_se);
}

TEST(LaggedEffects, AreThePathsOfALongSeries) {
  // x goes with y at the same time (r = .5); the innovation makes Var(y) = 1, and Var(x) = 1.
  Normals normal(6);
  std::vector<double> cross, own;
  for (int r = 0; r < 20; ++r) {
    Numbers x, y;
    Groups person;
    for (std::int32_t p = 0; p < 5; ++p) {
      double const level = 3 * normal();  // what a person's mean takes out
      double now = normal();
      for (int s = 0; s < 4000; ++s) {
        double const x_now = 0.5 * now + std::sqrt(0.75) * normal();
        x.push_back(level + x_now);
        y.push_back(10 * level + now);
        person.push_back(p);
        now = 0.4 * now - 0.3 * x_now + std::sqrt(0.87) * normal();
      }
      y[y.size() - 3] = nan_value;
    }
    auto const effects = lagged_effects(x, y, person);
    cross.push_back(effects.cross);
    own.push_back(effects.own);
  }
  EXPECT_LT(mean_of(cross).z(-0.3), four_se);
  EXPECT_LT(mean_of(own).z(0.4), four_se);
  EXPECT_GT(mean_of(own).z(0.38), four_se);
}

TEST(CorrelationParts, AreThoseOfTheEffectsAndOfWhatIsWithin) {
  Normals normal(8);
  std::vector<double> between, within;
  for (int r = 0; r < 60; ++r) {
    Numbers x, y;
    Groups group;
    for (std::int32_t j = 0; j < 400; ++j) {
      double const shared = normal(), own = normal();
      int const size = 4 + j % 5;
      for (int i = 0; i < size; ++i) {
        double const e = normal();
        x.push_back(shared + e);
        y.push_back(0.6 * shared + 0.8 * own - 0.3 * e + std::sqrt(0.91) * normal());
        group.push_back(j);
      }
    }
    x[5] = nan_value;
    auto const parts = correlation_parts(x, y, group);
    between.push_back(parts.between);
    within.push_back(parts.within);
  }
  EXPECT_LT(mean_of(between).z(0.6), four_se);
  EXPECT_LT(mean_of(within).z(-0.3), four_se);
  EXPECT_GT(mean_of(between).z(0.57), four_se);
}

struct Nested {
  std::int32_t clinics;
  int therapists;  // of each clinic
  double sd_of_clinics;
  int smallest, step;  // caseload of clinic c: smallest + step c
};

//! Layouts of many samples; therapists have an SD of .8, clients of 1.
struct NestedLayouts {
  std::vector<double> outer, inner, within;
  NestedLayouts(Nested const& design, int samples, unsigned seed) {
    Normals normal(seed);
    for (int r = 0; r < samples; ++r) {
      Numbers values;
      Groups therapist, clinic;
      for (std::int32_t c = 0; c < design.clinics; ++c) {
        double const of_clinic = design.sd_of_clinics * normal();
        for (int t = 0; t < design.therapists; ++t) {
          double const of_therapist = 0.8 * normal();
          clinic.push_back(c);
          for (int i = 0; i < design.smallest + design.step * c; ++i) {
            values.push_back(of_clinic + of_therapist + normal());
            therapist.push_back(static_cast<std::int32_t>(clinic.size()) - 1);
          }
        }
      }
      auto const layout = nested_layout(values, therapist, clinic);
      outer.push_back(layout.outer);
      inner.push_back(layout.inner);
      within.push_back(layout.within);
    }
  }
};

TEST(NestedLayout, FindsTheVarianceOfEachLevel) {
  NestedLayouts const found({.clinics = 40, .therapists = 6, .sd_of_clinics = 0.5, .smallest = 5, .step = 0}, 200, 9);
  EXPECT_LT(mean_of(found.outer).z(0.25), four_se);
  EXPECT_LT(mean_of(found.inner).z(0.64), four_se);
  EXPECT_LT(mean_of(found.within).z(1), four_se);
  EXPECT_GT(mean_of(found.outer).z(0.20), four_se);
}

TEST(NestedLayout, IsUnbiasedWithFewOuterGroupsOfUnequalSizes) {
  NestedLayouts const found({.clinics = 5, .therapists = 4, .sd_of_clinics = 1, .smallest = 2, .step = 4}, 4000, 10);
  EXPECT_LT(mean_of(found.outer).z(1), four_se);
  EXPECT_LT(mean_of(found.inner).z(0.64), four_se);
  EXPECT_LT(mean_of(found.within).z(1), four_se);
  EXPECT_GT(mean_of(found.inner).z(0.64 - 0.212), four_se);  // clinics taken out whole would be noticed
}

TEST(ProbabilityAbove, CountsTiesHalf) {
  EXPECT_EQ(probability_above({1, 2, nan_value, 3}, {2, 2, 0, nan_value}), (1 + 2 + 3) / 9.0);
}

TEST(ProbabilityAbove, OfTwoNormalsIsTheClosedForm) {
  Normals normal(7);
  std::vector<double> auc;
  for (int r = 0; r < 40; ++r) {
    Numbers a, b;
    for (int i = 0; i < 2000; ++i) a.push_back(0.55 + normal());
    for (int i = 0; i < 500; ++i) b.push_back(normal());
    auc.push_back(probability_above(a, b));
  }
  EXPECT_LT(mean_of(auc).z(0.5 * std::erfc(-0.55 / 2)), four_se);  // Phi(d / sqrt 2)
  EXPECT_GT(mean_of(auc).z(0.67), four_se);
}

TEST(Mean, IsOfThoseKnown) {
  EXPECT_EQ(mean({1, 0, nan_value, 1, 1}), 0.75);
}

}  // namespace
}  // namespace bordin
