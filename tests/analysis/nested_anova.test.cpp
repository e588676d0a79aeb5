#include "analysis/nested_anova.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "analysis/reference.hpp"
#include "support/allocations.hpp"

namespace bordin {
namespace {

using testing::expect_relative;

struct Nested {
  std::vector<double> y;
  std::vector<std::int32_t> therapist;
  std::vector<std::int32_t> arm;
  std::size_t therapists = 0;
  std::size_t arms = 0;
};

NestedAnova analysed(Nested const& d, double alpha = .05) {
  static std::string const therapist = "therapist";
  static std::string const arm = "arm";
  Eigen::VectorXd const y = Eigen::Map<Eigen::VectorXd const>(d.y.data(), static_cast<Eigen::Index>(d.y.size()));
  NestedAnova out;
  NestedAnalysis().analyse({y, d.therapist, d.arm, d.therapists, d.arms, therapist, arm}, alpha, out);
  return out;
}

// Arms with the given numbers of therapists; `clients` per therapist in turn.
Nested random_nested(std::vector<int> const& therapists, std::vector<int> const& clients, double sd, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Nested d;
  for (std::size_t a = 0; a < therapists.size(); ++a)
    for (int j = 0; j < therapists[a]; ++j) {
      double const level = sd * normal(random);
      for (int i = 0; i < clients[d.therapists % clients.size()]; ++i) {
        d.y.push_back(level + normal(random));
        d.therapist.push_back(static_cast<std::int32_t>(d.therapists));
        d.arm.push_back(static_cast<std::int32_t>(a));
      }
      ++d.therapists;
    }
  d.arms = therapists.size();
  return d;
}

Nested file(std::vector<std::size_t> const& without) {
  auto const table = testing::read_data("regression_nested.csv");
  auto const y = table.column("y").numbers();
  auto const therapist = table.column("therapist").numbers();
  auto const arm = table.column("arm").numbers();
  Nested d;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::find(without.begin(), without.end(), i + 1) != without.end()) continue;
    d.y.push_back(y[i]);
    d.therapist.push_back(static_cast<std::int32_t>(therapist[i]) - 1);
    d.arm.push_back(static_cast<std::int32_t>(arm[i]));
  }
  d.therapists = 12;
  d.arms = 3;
  return d;
}

void expect_anova(NestedAnova const& found, testing::Json const& expected) {
  std::size_t line = 0;
  for (auto const* part : {&found.arms, &found.groups, &found.residual}) {
    expect_relative(part->squares, expected["squares"][line], 1e-11, "squares");
    EXPECT_EQ(part->df, expected["df"][line++]);
  }
  expect_relative(found.groups_test.statistic, expected["groups"]["statistic"], 1e-12, "F of therapists");
  expect_relative(found.groups_test.p_value, expected["groups"]["p"], 1e-11, "p of therapists");
}

TEST(NestedAnova, AgreesWithAov) {
  auto const expected = testing::read_json("regression_reference.json")["anova"]["balanced"];
  auto const found = analysed(file({}));
  EXPECT_EQ(found.status, FitStatus::ok) << found.message;
  expect_anova(found, expected);
  expect_relative(found.arms_test.statistic, expected["arms"]["statistic"], 1e-11, "F of arms");
  expect_relative(found.arms_test.p_value, expected["arms"]["p"], 1e-11, "p of arms");
  expect_relative(found.icc, expected["icc"], 1e-11, "icc");
  expect_relative(found.icc_upper, expected["interval"][1], 1e-11, "upper limit");
  EXPECT_EQ(found.icc_lower, 0) << "R: " << expected["interval"][0];
  EXPECT_EQ(found.caseload, 6);
}

TEST(NestedAnova, UnequalCaseloadsKeepTheTestOfTherapistsOnly) {
  auto const found = analysed(file({1, 2, 9, 20, 21, 22, 47}));
  expect_anova(found, testing::read_json("regression_reference.json")["anova"]["lost"]);
  EXPECT_EQ(found.status, FitStatus::not_estimable);
  EXPECT_EQ(found.message,
            "every therapist has between 3 and 6 rows: the F test of arm is exact for equal caseloads only; fit "
            "the mixed model with (1 | therapist) instead");
  EXPECT_TRUE(std::isnan(found.arms_test.p_value));
  EXPECT_TRUE(std::isnan(found.icc_lower));
  EXPECT_TRUE(std::isfinite(found.moment_variance));
}

TEST(NestedAnova, OneArmHasOnlyTherapistsToTest) {
  for (auto const& clients : std::vector<std::vector<int>>{{5}, {2, 7, 4}}) {
    auto const found = analysed(random_nested({6}, clients, 1, 3));
    EXPECT_EQ(found.status, FitStatus::ok) << found.message;
    EXPECT_TRUE(std::isnan(found.arms_test.p_value));
    EXPECT_GT(found.groups_test.statistic, 0);
  }
}

// F is exact: p-values below the nominal level exactly as often as said, with and without a therapist variance.
TEST(NestedAnova, TestsAndIntervalAreExact) {
  constexpr int replications = 4000;
  double const se = std::sqrt(.05 * .95 / replications);
  int arms = 0;
  int none = 0;
  int unequal = 0;
  int missed = 0;
  int lost_power = 0;
  double const sd = .8;
  double const icc = sd * sd / (1 + sd * sd);
  for (unsigned r = 0; r < replications; ++r) {
    auto const found = analysed(random_nested({4, 3, 6}, {5}, sd, 10 + r));
    arms += found.arms_test.p_value < .05 ? 1 : 0;
    missed += found.icc_lower > icc || found.icc_upper < icc ? 1 : 0;
    lost_power += found.groups_test.p_value < .05 ? 0 : 1;
    none += analysed(random_nested({4, 3}, {5}, 0, 10 + r)).groups_test.p_value < .05 ? 1 : 0;
    unequal += analysed(random_nested({4, 3}, {2, 15, 3}, 0, 10 + r)).groups_test.p_value < .05 ? 1 : 0;
  }
  for (int const count : {arms, none, unequal, missed}) EXPECT_LT(std::abs(count / double{replications} - .05), 4 * se);
  // P(F < quantile / (1 + 5 sd^2)) with 10 and 52 df: pf(qf(.95, 10, 52) / 4.2, 10, 52) = 0.1049163 in R.
  double const power_se = std::sqrt(.1 * .9 / replications);
  EXPECT_LT(std::abs(lost_power / double{replications} - 0.1049163), 4 * power_se);
}

TEST(NestedAnova, VariancesComeFromMeanSquaresAndMayBeNegativeBeforeTheyAreTruncated) {
  Nested const d{.y = {1, 3, 3, 1, 2, 2.5, 2.5, 2},
                 .therapist = {0, 0, 1, 1, 2, 2, 3, 3},
                 .arm = {0, 0, 0, 0, 1, 1, 1, 1},
                 .therapists = 4,
                 .arms = 2};
  auto const found = analysed(d);
  EXPECT_NEAR(found.residual.squares, 4.25, 1e-14);
  EXPECT_NEAR(found.groups.squares, 0, 1e-14);
  EXPECT_NEAR(found.moment_variance, -4.25 / 4 / 2, 1e-14);
  EXPECT_EQ(found.group_variance, 0);
  EXPECT_EQ(found.icc, 0);
  EXPECT_EQ(found.message, "every therapist of a level of arm has the same mean: there is no error to test with");
}

TEST(NestedAnova, SaysWhyThereIsNoTest) {
  auto crossed = random_nested({3, 3}, {4}, 1, 2);
  crossed.arm[0] = 1;
  EXPECT_EQ(analysed(crossed).message,
            "a therapist has rows in more than one level of arm: therapist is not nested in arm");
  EXPECT_EQ(analysed(random_nested({1, 1}, {4}, 1, 2)).message,
            "every level of arm has a single therapist: nothing shows how much they differ");
  auto const single = analysed(random_nested({4, 4}, {1}, 1, 2));
  EXPECT_EQ(single.message, "every therapist has a single row");
  EXPECT_GT(single.arms_test.p_value, 0) << "means of single clients can be compared all the same";
  auto flat = random_nested({3, 3}, {4}, 0, 2);
  flat.y.assign(flat.y.size(), .1);
  EXPECT_EQ(analysed(flat).message, "nothing varies within any therapist");
  EXPECT_EQ(analysed({}).message, "there are no rows, or not all values are finite");
  flat.y[2] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(analysed(flat).status, FitStatus::not_estimable);
}

TEST(NestedAnova, UnitsMeansAndAbsentTherapistsDoNotMatter) {
  auto const plain = analysed(random_nested({3, 4}, {5}, 1, 8));
  auto d = random_nested({3, 4}, {5}, 1, 8);
  for (auto& y : d.y) y = (y + 1e5) * 1e140;
  for (auto& t : d.therapist) t += 2;  // the first two have no rows
  d.therapists += 3;
  for (auto& a : d.arm) a += 1;
  d.arms += 2;
  auto const other = analysed(d);
  EXPECT_NEAR(other.arms_test.statistic / plain.arms_test.statistic, 1, 1e-9);
  EXPECT_NEAR(other.groups_test.p_value / plain.groups_test.p_value, 1, 1e-9);
  EXPECT_NEAR(other.icc_upper / plain.icc_upper, 1, 1e-9);
  EXPECT_NEAR(other.residual_variance / plain.residual_variance / 1e280, 1, 1e-9);
}

TEST(NestedAnova, NothingIsAllocatedAfterTheFirstAnalysis) {
  if (!testing::counts_allocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  auto const d = random_nested({5, 5}, {10}, 1, 1);
  std::string const therapist = "therapist";
  std::string const arm = "arm";
  Eigen::VectorXd const y = Eigen::Map<Eigen::VectorXd const>(d.y.data(), static_cast<Eigen::Index>(d.y.size()));
  NestedAnalysis analysis;
  NestedAnova out;
  auto const once = [&] { analysis.analyse({y, d.therapist, d.arm, d.therapists, d.arms, therapist, arm}, .05, out); };
  once();
  auto const before = testing::allocations();
  once();
  EXPECT_EQ(testing::allocations(), before);
}

}  // namespace
}  // namespace bordin
