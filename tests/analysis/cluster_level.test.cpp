#include "analysis/cluster_level.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "analysis/design_matrix.hpp"
#include "analysis/distributions.hpp"
#include "analysis/ols.hpp"
#include "analysis/orthogonal_basis.hpp"
#include "analysis/reference.hpp"
#include "core/errors.hpp"
#include "core/formula.hpp"

namespace bordin {
namespace {

using testing::expect_relative;
using testing::fit_formula;

// Every mean counting the same; the method itself weighs means of unequal clusters (cluster_test.test.cpp).
Fit unweighted(std::string const& formula, Table const& table, std::string const& cluster) {
  auto const plan = plan_design(formula, parse_formula(formula), table, cluster);
  auto const means = cluster_means(build_design(plan, table));
  Fit fit;
  for (auto const& name : plan.x.names) fit.coefficients.push_back({.term = name});
  fit_ols(means, OrthogonalBasis(means.x, 1e-10), "clusters", fit);
  for (auto& c : fit.coefficients) {
    c.statistic = c.estimate / c.std_error;
    c.p_value = two_sided_p(c.statistic, c.df);
  }
  return fit;
}

TEST(ClusterLevel, RegressionOnClusterMeansIsThatOfR) {
  int compared = 0;
  for (auto const& expected : testing::reference_fits("cluster-level")) {
    if (!expected.contains("sigma")) continue;
    SCOPED_TRACE(testing::described(expected));
    auto const table = testing::read_data("analysis_" + expected["data"].get<std::string>() + ".csv");
    auto const weighted = fit_formula(expected["formula"], table, Method::cluster_level);
    EXPECT_EQ(weighted.status, FitStatus::ok) << weighted.message;
    EXPECT_EQ(weighted.method, Method::cluster_level);
    EXPECT_EQ(weighted.observations, expected["observations"]);
    EXPECT_EQ(weighted.groups.at(0).name, "therapist");
    EXPECT_EQ(weighted.groups.at(0).count, expected["groups"]);
    auto const fit = unweighted(expected["formula"], table, "therapist");
    expect_relative(fit.sigma, expected["sigma"], 1e-10, "sigma");
    testing::expect_coefficients(fit, expected["coefficients"], {1e-9, 1e-14, 1e-7});
    ++compared;
  }
  EXPECT_EQ(compared, 2);
}

TEST(ClusterLevel, TwoArmsAreThePooledTTestOfTherapistMeans) {
  int compared = 0;
  for (auto const& expected : testing::reference_fits("cluster-level")) {
    if (expected.contains("sigma")) continue;
    auto const table = testing::read_data("analysis_" + expected["data"].get<std::string>() + ".csv");
    auto const fit = fit_formula(expected["formula"], table, Method::cluster_level);
    for (auto const& [term, numbers] : expected["coefficients"].items()) {
      auto const& c = fit.coefficient(term);
      expect_relative(c.estimate, numbers["estimate"], 1e-10, term);
      expect_relative(c.std_error, numbers["se"], 1e-10, term);
      EXPECT_EQ(c.df, numbers["df"]) << "2 (J - 1), J therapists per arm";
      expect_relative(c.p_value, numbers["p"], 1e-9, term);
      expect_relative(c.lower, numbers["lower"], 1e-9, term);
      expect_relative(c.upper, numbers["upper"], 1e-9, term);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 1);
}

Table small(std::vector<std::int32_t> const& clusters) {
  Table table;
  table.add({"y", "", "", std::vector<double>{1, 2, 3, 5, 8, 13, 21, 34}});
  table.add({"x", "", "", std::vector<double>{1, 0, 1, 1, 0, 0, 2, 1}});
  table.add({"clinic", "", "", clusters});
  return table;
}

TEST(ClusterLevel, EveryClusterCountsTheSameWhateverItsSize) {
  auto const fit = unweighted("y ~ 1", small({1, 1, 1, 1, 1, 1, 1, 7}), "clinic");
  EXPECT_NEAR(fit.coefficients[0].estimate, (53.0 / 7 + 34) / 2, 1e-13);
  EXPECT_EQ(fit.coefficients[0].df, 1);
}

TEST(ClusterLevel, TheGroupingFactorIsTheFormulasOrTheTherapist) {
  EXPECT_THROW(fit_formula("y ~ x", small({1, 1, 2, 2, 3, 3, 4, 4}), Method::cluster_level), FormulaError);
  EXPECT_EQ(fit_formula("y ~ x + (1 | clinic)", small({1, 1, 2, 2, 3, 3, 4, 4}), Method::cluster_level).coefficients[0].df,
            2);
}

TEST(ClusterLevel, TooFewClustersAreNotEstimable) {
  auto const fit = fit_formula("y ~ x + (1 | clinic)", small({1, 1, 1, 2, 2, 2, 2, 2}), Method::cluster_level);
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message, "2 clusters for 2 coefficients leave nothing to estimate the residual variance from");
}

}  // namespace
}  // namespace bordin
