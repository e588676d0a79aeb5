#include "analysis/design_matrix.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "analysis/design_table.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::design_table;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr auto gone = missing_code<std::int8_t>;

DesignPlan plan(std::string const& formula, Table const& layout, std::string const& cluster = "") {
  return plan_design(formula, parse_formula(formula), layout, cluster);
}

std::vector<double> column(std::string const& formula, Eigen::Index index, Table const& t = design_table()) {
  auto const design = build_design(plan(formula, t), t);
  return {design.x.col(index).begin(), design.x.col(index).end()};
}

TEST(DesignMatrix, ValuesAreProductsOfNumbersAndIndicators) {
  EXPECT_EQ(column("y ~ arm", 0), (std::vector<double>{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(column("y ~ arm", 1), (std::vector<double>{0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(column("y ~ x*arm", 5), (std::vector<double>{0, 0, 4, 0, 0, 32}));
  EXPECT_EQ(column("y ~ arm:x:n", 2), (std::vector<double>{0, 2, 0, 0, 80, 0}));
  EXPECT_EQ(column("y ~ I(x^2 - n*2) + log(x)", 1), (std::vector<double>{-5, 2, 8, 62, 246, 1006}));
  EXPECT_EQ(column("y ~ I(-x/4)", 1), (std::vector<double>{-.25, -.5, -1, -2, -4, -8}));
  EXPECT_DOUBLE_EQ(column("y ~ log(x)", 1)[3], std::log(8.0));
}

TEST(DesignMatrix, RowsWithAnyMissingValueAreLeftOut) {
  auto t = design_table();
  t.columns()[1].as<double>()[0] = nan;
  t.columns()[3].as<std::int8_t>()[2] = gone;
  t.columns()[4].as<std::int8_t>()[5] = gone;  // not in the formula
  EXPECT_EQ(build_design(plan("y ~ x + arm", t), t).y, (Eigen::VectorXd(4) << 2, 4, 5, 6).finished());
  EXPECT_EQ(column("y ~ x + arm", 1, t), (std::vector<double>{2, 8, 16, 32}));
  t.columns()[1].as<double>()[1] = -1;  // log() makes a missing value of it, as in R
  EXPECT_EQ(build_design(plan("y ~ log(x)", t), t).y.size(), 4);
  t.columns()[3].as<std::int8_t>()[3] = 17;  // stands for no level
  EXPECT_EQ(build_design(plan("y ~ arm", t), t).y.size(), 4);
}

TEST(DesignMatrix, NumbersThatCannotBeFittedAreAProblemNotAnException) {
  auto t = design_table();
  t.columns()[1].as<double>()[2] = 0;
  EXPECT_EQ(build_design(plan("y ~ log(x) + n", t), t).problem, "infinite values in log(x)");
  t.columns()[0].as<float>()[2] = static_cast<float>(inf);
  EXPECT_EQ(build_design(plan("y ~ x", t), t).problem, "infinite values in y");
  t.columns()[0].as<float>().assign(6, static_cast<float>(nan));
  EXPECT_EQ(build_design(plan("y ~ x", t), t).problem, "no row is without missing values");
  Table const empty = [] {
    Table none;
    none.add({"y", "", "", std::vector<double>{}});
    return none;
  }();
  EXPECT_EQ(build_design(plan("y ~ 1", empty), empty).problem, "no row is without missing values");
}

TEST(DesignMatrix, ClustersAreNumberedWhateverTheirIds) {
  auto t = design_table();
  auto const design = build_design(plan("y ~ x", t, "g"), t);
  EXPECT_EQ(design.clusters(), 3U);
  EXPECT_EQ(design.cluster(), (std::vector<std::int32_t>{0, 0, 1, 1, 1, 2}));
  t.add({"far", "", "", std::vector<double>{-1e18, 5, 5, 1e300, 5, -1e18}});
  auto const far = build_design(plan("y ~ x", t, "far"), t);
  EXPECT_EQ(far.clusters(), 3U);
  EXPECT_EQ(far.cluster(), (std::vector<std::int32_t>{0, 1, 1, 2, 1, 0}));
  EXPECT_EQ(build_design(plan("y ~ x", t, "arm"), t).clusters(), 3U);
  t.columns().back().as<double>()[1] = .5;
  EXPECT_EQ(build_design(plan("y ~ x", t, "far"), t).cluster(), (std::vector<std::int32_t>{0, 1, 2, 3, 2, 0}));
  t.columns().back().as<double>()[1] = inf;
  EXPECT_EQ(build_design(plan("y ~ x", t, "far"), t).problem, "infinite values in the grouping factor far");
}

TEST(DesignMatrix, WholeIdsAreTheSameWithAndWithoutIncompleteRows) {
  auto t = design_table();
  t.add({"whole", "", "", std::vector<std::int32_t>{8, 8, -3, -3, 8, 5}});
  auto const clusters = [&](std::string const& formula) { return build_design(plan(formula, t, "whole"), t).cluster(); };
  using Rows = std::vector<std::int32_t>;
  EXPECT_EQ(clusters("y ~ x"), (Rows{0, 0, 1, 1, 0, 2}));
  EXPECT_EQ(clusters("y ~ whole"), (Rows{0, 0, 1, 1, 0, 2}));
  t.columns()[0].as<float>()[1] = static_cast<float>(nan);
  EXPECT_EQ(clusters("y ~ x"), (Rows{0, 1, 1, 0, 2}));
  t.columns().back().as<std::int32_t>()[2] = missing_code<std::int32_t>;
  EXPECT_EQ(clusters("y ~ x"), (Rows{0, 1, 0, 2}));
  t.columns()[0].as<float>()[1] = 2;
  EXPECT_EQ(clusters("y ~ x"), (Rows{0, 0, 1, 0, 2}));
}

TEST(DesignMatrix, LevelsWithoutRowsAreNamed) {
  auto t = design_table();
  for (auto& code : t.columns()[3].as<std::int8_t>()) code = code == 1 ? std::int8_t{0} : code;
  EXPECT_EQ(build_design(plan("y ~ arm", t), t).empty_levels, std::vector<std::string>{"arm = \"CBT\""});
}

TEST(DesignMatrix, OtherTablesMayOrderTheirColumnsDifferentlyButNotChangeTheirLevels) {
  auto const made = plan("y ~ x + arm", design_table());
  auto reversed = design_table();
  std::reverse(reversed.columns().begin(), reversed.columns().end());
  EXPECT_EQ(build_design(made, reversed).x, build_design(made, design_table()).x);
  auto changed = design_table();
  changed.columns()[3].levels[1] = "ACT";
  EXPECT_THROW(build_design(made, changed), Error);
  auto without = design_table();
  without.columns().erase(without.columns().begin() + 1);
  EXPECT_THROW(build_design(made, without), Error);
}

}  // namespace
}  // namespace bordin
