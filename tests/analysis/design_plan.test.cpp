#include "analysis/design_plan.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analysis/design_table.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::design_table;

std::vector<std::string> names(std::string const& formula) {
  return plan_design(formula, parse_formula(formula), design_table(), "").x.names;
}

std::string refusal(std::string const& formula) {
  try {
    plan_design(formula, parse_formula(formula), design_table(), "");
  } catch (FormulaError const& error) {
    return error.what();
  }
  return "accepted";
}

using Names = std::vector<std::string>;

// colnames(model.matrix(...)) of R 4.2 with treatment contrasts.
TEST(DesignPlan, ColumnsAreNamedAndCodedAsInR) {
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

TEST(DesignPlan, WhatTheLayoutCannotOfferIsRefusedWithThePlace) {
  auto const expect = [](std::string const& formula, std::string const& message) {
    EXPECT_NE(refusal(formula).find(message), std::string::npos) << refusal(formula);
  };
  expect("y ~ x + arn", "character 9: there is no column \"arn\"; did you mean \"arm\"?");
  expect("z ~ x", "character 1: there is no column \"z\"");
  expect("y ~ one", "character 5: the category one has only one level, \"only\"");
  expect("y ~ I(arm + 1)", "character 5: \"arm\" is a category, one cannot calculate with it");
  expect("arm ~ x", "character 1: the response arm is a category with 3 levels");
  expect("y ~ 0", "there is nothing to estimate");
  auto many = design_table();
  many.add({"id", "", "", std::vector<std::int16_t>(6), std::vector<std::string>(30'000, "level")});
  EXPECT_THROW(plan_design("y ~ x + arm:id", parse_formula("y ~ x + arm:id"), many, ""),
               FormulaError);                 // 90,000 coefficients
  EXPECT_EQ(refusal("sex ~ x"), "accepted");  // two levels are 0 and 1
}

}  // namespace
}  // namespace bordin
