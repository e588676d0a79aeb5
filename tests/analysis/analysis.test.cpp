#include "analysis/analysis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "analysis/reference.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using testing::fit_formula;
using testing::read_data;

Table trial() {
  return read_data("analysis_arms.csv");
}

std::string refusal(AnalysisSpec const& spec) {
  try {
    Analysis(spec, trial());
  } catch (FormulaError const& error) {
    return error.what();
  }
  return "accepted";
}

AnalysisSpec spec(std::string formula, std::vector<std::string> test = {}, Method method = Method::automatic) {
  AnalysisSpec out;
  out.formula = std::move(formula);
  out.method = method;
  out.test = std::move(test);
  return out;
}

void expect_refusal(AnalysisSpec const& asked, std::string const& message) {
  EXPECT_NE(refusal(asked).find(message), std::string::npos) << refusal(asked);
}

TEST(Analysis, MethodFollowsFromTheFormula) {
  EXPECT_EQ(Analysis(spec("y ~ time"), trial()).method(), Method::ols);
  EXPECT_EQ(Analysis(spec("y ~ time + (1 | therapist)"), trial()).method(), Method::mixed);
  EXPECT_EQ(Analysis(spec("y ~ time", {}, Method::cluster_level), trial()).method(), Method::cluster_level);
  expect_refusal(spec("y ~ time", {}, Method::mixed), "needs a random term such as (1 | therapist)");
  expect_refusal(spec("y ~ time + (1 | therapist)", {}, Method::ols), "has no place for a random term");
}

AnalysisSpec spec_with(DfMethod df, Family family = Family::gaussian, StandardErrors se = StandardErrors::classical) {
  AnalysisSpec spec;
  spec.formula = "y ~ x + (1 | g)";
  spec.df = df;
  spec.family = family;
  spec.se = se;
  return spec;
}

TEST(Analysis, SaysWhereItsDegreesOfFreedomComeFrom) {
  auto const usual = spec_with(DfMethod::satterthwaite);
  EXPECT_EQ(df_source(spec_with(DfMethod::kenward_roger), Method::mixed), "kenward-roger");
  EXPECT_EQ(df_source(spec_with(DfMethod::between_within), Method::mixed), "between-within");
  EXPECT_EQ(df_source(spec_with(DfMethod::satterthwaite, Family::binomial), Method::mixed), "wald");
  EXPECT_EQ(df_source(usual, Method::discrete_time), "wald");
  EXPECT_EQ(df_source(usual, Method::ols), "residual");
  EXPECT_EQ(df_source(usual, Method::lagged), "clusters");
  EXPECT_EQ(df_source(spec_with(DfMethod::satterthwaite, Family::gaussian, StandardErrors::cr2), Method::ols),
            "satterthwaite");
}

TEST(Analysis, SaysInWordsHowItTests) {
  EXPECT_EQ(method_of(spec_with(DfMethod::wald)), Method::mixed);
  EXPECT_EQ(inference_text(spec_with(DfMethod::between_within), Method::mixed), "between-within degrees of freedom");
  EXPECT_EQ(inference_text(spec_with(DfMethod::wald, Family::binomial), Method::mixed), "");
  auto const robust = spec_with(DfMethod::wald, Family::gaussian, StandardErrors::cr2);
  EXPECT_NE(inference_text(robust, Method::ols).find("CR2"), std::string::npos);
}

TEST(Analysis, PValuesAloneAreTheSameWithoutIntervals) {
  Analysis const analysis(spec("y ~ time + (1 | therapist)"), trial());
  auto const whole = analysis.fit(trial(), {});
  auto const tested = analysis.fit(trial(), FitOptions{.inference = Inference::p_values});
  for (auto const& c : tested.coefficients) {
    EXPECT_EQ(c.p_value, whole.coefficient(c.term).p_value);
    EXPECT_TRUE(std::isnan(c.lower) && std::isnan(c.upper));
  }
}

TEST(Analysis, TestedNamesAreCoefficientsOrVariablesWithOne) {
  Analysis const all(spec("y ~ sex*time"), trial());
  EXPECT_EQ(all.terms(), (std::vector<std::string>{"(Intercept)", "sexm", "time", "sexm:time"}));
  EXPECT_EQ(all.tested(), (std::vector<std::size_t>{1, 2, 3}));
  using Indices = std::vector<std::size_t>;
  EXPECT_EQ(Analysis(spec("y ~ sex*time", {"sex:time", "sex"}), trial()).tested(), (Indices{3, 1}));
  EXPECT_EQ(Analysis(spec("y ~ sex*time", {"sexm", "sex"}), trial()).tested(), Indices{1});
  EXPECT_EQ(Analysis(spec("y ~ `weeks on list`", {"weeks on list"}), trial()).tested(), Indices{1});
  EXPECT_EQ(Analysis(spec("y ~ 1"), trial()).tested(), Indices{});
  expect_refusal(spec("y ~ sex", {"sexn"}), "test: there is no coefficient \"sexn\"; did you mean \"sexm\"?");
  expect_refusal(spec("y ~ sex", {""}), "test: there is no coefficient \"\"");
  expect_refusal(spec("y ~ arm", {"arm"}), "test: \"arm\" has several coefficients, name one of armPDT and armTAU");
}

void drop_level(Table& table, std::string const& name, std::int32_t level) {
  for (auto& column : table.columns())
    if (column.name == name)
      for (auto& code : column.as<std::int32_t>()) code = code == level ? missing_code<std::int32_t> : code;
}

TEST(Analysis, LevelTheDataLackKeepsItsPlaceAsNaN) {
  auto table = trial();
  drop_level(table, "arm", 2);
  for (auto const* formula : {"y ~ arm + time", "y ~ arm + time + (1 | therapist)"}) {
    auto const fit = fit_formula(formula, table);
    EXPECT_EQ(fit.status, FitStatus::not_estimable);
    EXPECT_EQ(fit.message, "no complete row has arm = \"TAU\"");
    EXPECT_TRUE(std::isnan(fit.coefficient("armTAU").estimate));
    EXPECT_TRUE(std::isfinite(fit.coefficient("armPDT").p_value));
    EXPECT_TRUE(std::isfinite(fit.coefficient("time").std_error));
  }
}

TEST(Analysis, WithoutTheReferenceLevelNothingIsComparedWithIt) {
  auto table = trial();
  drop_level(table, "arm", 0);
  auto const fit = fit_formula("y ~ arm + time", table);
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message, "no complete row has arm = \"CBT\"");
  for (auto const* term : {"(Intercept)", "armPDT", "armTAU"})
    EXPECT_TRUE(std::isnan(fit.coefficient(term).estimate)) << term;
  EXPECT_TRUE(std::isfinite(fit.coefficient("time").std_error));
}

TEST(Analysis, CollinearColumnsAreNamed) {
  auto const fit = fit_formula("y ~ time + I(2*time + 1) + sex", trial());
  EXPECT_EQ(fit.status, FitStatus::not_estimable);
  EXPECT_EQ(fit.message, "I(2 * time + 1) is a linear combination of (Intercept) and time");
  EXPECT_TRUE(std::isfinite(fit.coefficient("sexm").std_error));
  EXPECT_TRUE(std::isnan(fit.coefficient("time").estimate));
}

TEST(Analysis, CollinearityIsSeenThroughTheRoundingOfFloat32) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(5, 1);
  std::vector<float> whole, between, within, y;
  for (int i = 0; i < 200; ++i) {
    between.push_back(normal(random));
    within.push_back(normal(random));
    whole.push_back(between.back() + within.back());  // rounded
    y.push_back(normal(random));
  }
  Table table;
  table.add({"whole", "", "", whole});
  table.add({"between", "", "", between});
  table.add({"within", "", "", within});
  table.add({"y", "", "", y});
  EXPECT_EQ(fit_formula("y ~ whole + between + within", table).status, FitStatus::not_estimable);
  EXPECT_EQ(fit_formula("y ~ between + within", table).status, FitStatus::ok);
}

TEST(Analysis, IntervalsHaveTheLevelAskedForAndCorrespondToP) {
  auto const wide = fit_formula("y ~ time", trial(), Method::ols, {.alpha = .01});
  auto const& c = wide.coefficient("time");
  auto const exact = fit_formula("y ~ time", trial(), Method::ols, {.alpha = c.p_value});
  EXPECT_NEAR(exact.coefficient("time").upper, 0, 1e-9 * c.std_error);
  EXPECT_NEAR(c.lower + c.upper, 2 * c.estimate, 1e-12);
  EXPECT_TRUE(std::isnan(fit_formula("y ~ time", trial(), Method::ols, {.alpha = 0}).coefficient("time").lower));
}

TEST(Analysis, FitsOneLayoutToManyTables) {
  auto table = trial();
  Analysis const analysis(spec("y ~ time + (1 | therapist)"), table);
  auto const first = analysis.fit(table, {});
  auto other = table;
  for (auto& column : other.columns())
    if (column.name == "y")
      for (double& v : column.as<double>()) v *= 2;
  EXPECT_NEAR(analysis.fit(other, {}).sigma, 2 * first.sigma, 1e-12);
  EXPECT_EQ(analysis.fit(table, {}).criterion, first.criterion);
}

TEST(Analysis, AskingForAnUnknownCoefficientSuggestsOne) {
  auto const fit = fit_formula("y ~ time", trial());
  try {
    fit.coefficient("tine");
    FAIL();
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"time\"?"), std::string::npos);
  }
}

// Any numbers whatever: no exception, a status, and a message wherever it is not ok.
TEST(Analysis, NoNumbersMakeItThrow) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::vector<double> const values = {
      0, 1, -1, 2, 1e308, -1e308, 5e-324, 1e-200, inf, std::numeric_limits<double>::quiet_NaN(), 1e8, 3};
  std::mt19937 random(9);
  std::vector<Analysis> analyses;
  Table layout;
  for (auto const* name : {"y", "x", "z", "g"}) layout.add({name, "", "", std::vector<double>(1)});
  layout.add({"a", "", "", std::vector<std::int8_t>(1), {"p", "q", "r"}});
  for (auto const* formula :
       {"y ~ x + (1 | g)", "y ~ a*x + z", "y ~ 0 + a + log(x) + (1 | g)", "y ~ 1 + (1 | a)", "I(y/z) ~ I(x^z) + (1 | g)"})
    analyses.emplace_back(spec(formula), layout);
  analyses.emplace_back(spec("y ~ x + a + (1 | g)", {}, Method::cluster_level), layout);
  std::vector<int> seen(4);
  for (int round = 0; round < 4000; ++round) {
    auto const rows = random() % 12;
    auto const kinds = random() % values.size() + 1;  // from nearly all alike to everything
    Table table;
    for (auto const* name : {"y", "x", "z", "g"}) {
      std::vector<double> column;
      for (unsigned i = 0; i < rows; ++i)
        column.push_back(values[random() % kinds] + (random() % 2 == 0 ? 0 : .1 * static_cast<double>(random() % 9)));
      if (name[0] == 'g')
        for (auto& v : column) v = std::round(v);
      table.add({name, "", "", column});
    }
    std::vector<std::int8_t> arm;
    for (unsigned i = 0; i < rows; ++i) arm.push_back(static_cast<std::int8_t>(static_cast<int>(random() % 5) - 1));
    table.add({"a", "", "", arm, {"p", "q", "r"}});
    for (auto const& analysis : analyses) {
      auto const fit = analysis.fit(table, {.alpha = .05, .reml = round % 2 == 0});
      ++seen[static_cast<std::size_t>(fit.status)];
      EXPECT_EQ(fit.message.empty(), fit.status == FitStatus::ok) << fit.message;
      if (fit.status != FitStatus::ok) continue;
      for (auto const& c : fit.coefficients)
        EXPECT_TRUE(std::isfinite(c.estimate) && c.std_error >= 0 && c.df > 0 && c.p_value >= 0)
            << analysis.spec().formula << ' ' << c.estimate << ' ' << c.std_error << ' ' << c.df << ' ' << c.p_value << ' '
            << fit.iterations;
    }
  }
  EXPECT_GT(seen[0], 900);
  EXPECT_GT(seen[1], 100);
  EXPECT_GT(seen[3], 1000);
}

TEST(FitStatus, HasNames) {
  EXPECT_EQ(fit_status_name(FitStatus::ok), "ok");
  EXPECT_EQ(fit_status_name(FitStatus::not_estimable), "not_estimable");
}

}  // namespace
}  // namespace bordin
