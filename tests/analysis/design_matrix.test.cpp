#include "analysis/design_matrix.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/errors.hpp"

namespace bordin {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr auto gone = missing_code<std::int8_t>;

Table table() {
  Table t;
  t.add({"y", "", "", std::vector<float>{1, 2, 3, 4, 5, 6}});
  t.add({"x", "", "", std::vector<double>{1, 2, 4, 8, 16, 32}});
  t.add({"n", "", "", std::vector<std::int16_t>{3, 1, 4, 1, 5, 9}});
  t.add({"arm", "", "", std::vector<std::int8_t>{0, 1, 2, 0, 1, 2}, {"TAU", "CBT", "PDT"}});
  t.add({"sex", "", "", std::vector<std::int8_t>{0, 0, 0, 1, 1, 1}, {"f", "m"}});
  t.add({"one", "", "", std::vector<std::int8_t>{0, 0, 0, 0, 0, 0}, {"only"}});
  t.add({"g", "", "", std::vector<std::int32_t>{70, 70, 50, 50, 50, 90}});
  return t;
}

DesignPlan plan(std::string const& formula, Table const& layout, std::string const& cluster = "") {
  return plan_design(formula, parse_formula(formula), layout, cluster);
}

std::vector<std::string> names(std::string const& formula) {
  return plan(formula, table()).x.names;
}

std::vector<double> column(std::string const& formula, Eigen::Index index, Table const& t = table()) {
  auto const design = build_design(plan(formula, t), t);
  return {design.x.col(index).begin(), design.x.col(index).end()};
}

std::string refusal(std::string const& formula) {
  try {
    plan(formula, table());
  } catch (FormulaError const& error) {
    return error.what();
  }
  return "accepted";
}

using Names = std::vector<std::string>;

// colnames(model.matrix(...)) of R 4.2 with treatment contrasts.
TEST(DesignMatrix, ColumnsAreNamedAndCodedAsInR) {
  EXPECT_EQ(names("y ~ arm"), (Names{"(Intercept)", "armCBT", "armPDT"}));
  EXPECT_EQ(names("y ~ 0 + arm"), (Names{"armTAU", "armCBT", "armPDT"}));
  EXPECT_EQ(names("y ~ 0 + arm + sex"), (Names{"armTAU", "armCBT", "armPDT", "sexm"}));
  EXPECT_EQ(names("y ~ 0 + x + sex"), (Names{"x", "sexf", "sexm"}));
  EXPECT_EQ(names("y ~ x:arm"), (Names{"(Intercept)", "x:armTAU", "x:armCBT", "x:armPDT"}));
  EXPECT_EQ(names("y ~ x*arm"), (Names{"(Intercept)", "x", "armCBT", "armPDT", "x:armCBT", "x:armPDT"}));
  EXPECT_EQ(names("y ~ 0 + x*sex"), (Names{"x", "sexf", "sexm", "x:sexm"}));
  EXPECT_EQ(names("y ~ arm*sex"), (Names{"(Intercept)", "armCBT", "armPDT", "sexm", "armCBT:sexm", "armPDT:sexm"}));
  EXPECT_EQ(names("y ~ sex/arm"),
            (Names{"(Intercept)", "sexm", "sexf:armCBT", "sexm:armCBT", "sexf:armPDT", "sexm:armPDT"}));
  EXPECT_EQ(names("y ~ sex + arm:sex"), names("y ~ sex/arm"));
  EXPECT_EQ(names("y ~ 0 + sex:arm").size(), 6U);
  EXPECT_EQ(names("y ~ x + x:sex"), (Names{"(Intercept)", "x", "x:sexm"}));
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
  auto t = table();
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
  auto t = table();
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
  auto t = table();
  auto const design = build_design(plan("y ~ x", t, "g"), t);
  EXPECT_EQ(design.clusters, 3U);
  EXPECT_EQ(design.cluster, (std::vector<std::int32_t>{0, 0, 1, 1, 1, 2}));
  t.add({"far", "", "", std::vector<double>{-1e18, 5, 5, 1e300, 5, -1e18}});
  auto const far = build_design(plan("y ~ x", t, "far"), t);
  EXPECT_EQ(far.clusters, 3U);
  EXPECT_EQ(far.cluster, (std::vector<std::int32_t>{0, 1, 1, 2, 1, 0}));
  EXPECT_EQ(build_design(plan("y ~ x", t, "arm"), t).clusters, 3U);
  t.columns().back().as<double>()[1] = .5;
  EXPECT_EQ(build_design(plan("y ~ x", t, "far"), t).cluster, (std::vector<std::int32_t>{0, 1, 2, 3, 2, 0}));
  t.columns().back().as<double>()[1] = inf;
  EXPECT_EQ(build_design(plan("y ~ x", t, "far"), t).problem, "infinite values in the grouping factor far");
}

TEST(DesignMatrix, LevelsWithoutRowsAreNamed) {
  auto t = table();
  for (auto& code : t.columns()[3].as<std::int8_t>()) code = code == 1 ? std::int8_t{0} : code;
  EXPECT_EQ(build_design(plan("y ~ arm", t), t).empty_levels, Names{"arm = \"CBT\""});
}

TEST(DesignMatrix, WhatTheLayoutCannotOfferIsRefusedWithThePlace) {
  auto const expect = [](std::string const& formula, std::string const& message) {
    EXPECT_NE(refusal(formula).find(message), std::string::npos) << refusal(formula);
  };
  expect("y ~ x + arn", "character 9: there is no column \"arn\"; did you mean \"arm\"?");
  expect("z ~ x", "character 1: there is no column \"z\"");
  expect("y ~ one", "character 5: the category one has only one level, \"only\"");
  expect("y ~ I(arm + 1)", "character 5: \"arm\" is a category, one cannot calculate with it");
  expect("arm ~ x", "character 1: the response arm is a category with 3 levels");
  expect("y ~ 0", "there is nothing to estimate");
  auto many = table();
  many.add({"id", "", "", std::vector<std::int16_t>(6), std::vector<std::string>(30'000, "level")});
  EXPECT_THROW(plan("y ~ x + arm:id", many), FormulaError);  // 90,000 coefficients
  EXPECT_EQ(refusal("sex ~ x"), "accepted");                 // two levels are 0 and 1
}

TEST(DesignMatrix, OtherTablesMayOrderTheirColumnsDifferentlyButNotChangeTheirLevels) {
  auto const made = plan("y ~ x + arm", table());
  auto reversed = table();
  std::reverse(reversed.columns().begin(), reversed.columns().end());
  EXPECT_EQ(build_design(made, reversed).x, build_design(made, table()).x);
  auto changed = table();
  changed.columns()[3].levels[1] = "ACT";
  EXPECT_THROW(build_design(made, changed), Error);
  auto without = table();
  without.columns().erase(without.columns().begin() + 1);
  EXPECT_THROW(build_design(made, without), Error);
}

}  // namespace
}  // namespace bordin
