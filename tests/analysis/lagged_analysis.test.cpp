#include "analysis/lagged_analysis.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "analysis/reference.hpp"
#include "analysis/sessions.hpp"
#include "core/errors.hpp"
#include "core/moments.hpp"

namespace bordin {
namespace {

using testing::expect_relative;
using testing::Json;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Table const& sessions() {
  static Table const table = testing::read_data("regression_sessions.csv");
  return table;
}

Fit fit(Table const& table, std::string const& formula, Method method = Method::lagged) {
  AnalysisSpec spec;
  spec.formula = formula;
  spec.method = method;
  return Analysis(spec, table).fit(table, {});
}

// What R was asked for, written as a formula; terms in an order of their own.
std::string formula_of(Json const& asked) {
  std::string formula = "y ~ ";
  for (auto const& name : asked["Z"]) formula += name.get<std::string>() + " + ";
  for (auto name = asked["W"].rbegin(); name != asked["W"].rend(); ++name)
    formula += "lag(" + name->get<std::string>() + ") + ";
  return formula + (asked["cluster"] == "therapist" ? "(1 | therapist/client)" : "(1 | client)");
}

TEST(LaggedAnalysis, FormulasAgreeWithR) {
  auto const references = testing::read_json("regression_reference.json");
  for (auto const& expected : references.at("lagged")) {
    bool const corrected = expected["corrected"];
    auto const formula = formula_of(expected);
    SCOPED_TRACE(formula);
    auto const found = fit(sessions(), formula, corrected ? Method::lagged : Method::lagged_uncorrected);
    EXPECT_EQ(found.status, FitStatus::ok) << found.message;
    EXPECT_EQ(found.observations, expected["pairs"]);
    EXPECT_EQ(found.groups.front().count, expected["clients"]);
    EXPECT_EQ(found.groups.back().count, expected["clusters"]);
    std::vector<std::string> terms;
    for (auto const& name : expected["W"]) terms.push_back("lag(" + name.get<std::string>() + ")");
    for (auto const& name : expected["Z"]) terms.push_back(name);
    ASSERT_EQ(found.coefficients.size(), terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
      auto const& c = found.coefficients[k];
      EXPECT_EQ(c.term, terms[k]);
      EXPECT_NEAR(c.estimate, expected["estimate"][k].get<double>(), 1e-10 * expected["se"][k].get<double>());
      expect_relative(c.std_error, expected["se"][k], 1e-9, c.term);
      EXPECT_EQ(c.df, expected["clusters"].get<double>() - 1);
      EXPECT_GT(c.p_value, 0);
    }
  }
}

//! Rows of sessions() that `keeps`, or all of them with what is not kept missing in `column`.
Table without(std::function<bool(std::size_t)> const& keeps, std::string const& column) {
  Table out;
  for (auto const& c : sessions().columns()) {
    std::vector<double> values;
    for (std::size_t i = 0; i < sessions().rows(); ++i) {
      if (keeps(i)) values.push_back(c.at(i));
      if (!keeps(i) && !column.empty()) values.push_back(c.name == column ? missing : c.at(i));
    }
    out.add({.name = c.name, .unit = "", .description = "", .values = std::move(values)});
  }
  return out;
}

void expect_same(Fit const& a, Fit const& b) {
  EXPECT_EQ(a.observations, b.observations);
  ASSERT_EQ(a.coefficients.size(), b.coefficients.size());
  for (std::size_t k = 0; k < a.coefficients.size(); ++k) {
    EXPECT_NEAR(a.coefficients[k].estimate, b.coefficients[k].estimate, 1e-12);
    EXPECT_NEAR(a.coefficients[k].std_error, b.coefficients[k].std_error, 1e-12);
  }
}

TEST(LaggedAnalysis, AMissingSessionBreaksTheChainWhetherItHasARowOrNot) {
  auto const formula = "y ~ lag(y) + lag(x) + z + (1 | client)";
  auto const session = sessions().column("session").numbers();
  auto const keeps = [&](std::size_t row) { return session[row] != 5; };
  auto const absent = fit(without(keeps, ""), formula);
  expect_same(absent, fit(without(keeps, "y"), formula));
  expect_same(absent, fit(without(keeps, "x"), formula));
  expect_same(absent, fit(without(keeps, "session"), formula));
  EXPECT_LT(absent.observations, fit(sessions(), formula).observations);
  // A bridged gap would be a chain of renumbered sessions.
  auto bridged = without(keeps, "");
  for (double& s : bridged.columns()[2].as<double>()) s -= s > 5 ? 1 : 0;
  EXPECT_GT(fit(bridged, formula).observations, absent.observations);
}

TEST(LaggedAnalysis, ARowWithoutAPredictorCanStillBeTheSessionBefore) {
  auto const session = sessions().column("session").numbers();
  auto const keeps = [&](std::size_t row) { return session[row] != 5; };
  auto const formula = "y ~ lag(y) + z + (1 | client)";
  EXPECT_GT(fit(without(keeps, "z"), formula).observations, fit(without(keeps, ""), formula).observations);
}

TEST(LaggedAnalysis, CategoriesThatAreMissingAreNoZeros) {
  Table table = without([](std::size_t) { return true; }, "");
  std::vector<std::int32_t> codes;
  std::vector<double> indicator;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    codes.push_back(i % 7 == 0 ? -1 : static_cast<std::int32_t>(i % 2));
    indicator.push_back(i % 7 == 0 ? missing : static_cast<double>(i % 2));
  }
  table.add({.name = "homework", .unit = "", .description = "", .values = codes, .levels = {"no", "yes"}});
  table.add({.name = "number", .unit = "", .description = "", .values = indicator});
  auto const by_category = fit(table, "y ~ 0 + lag(y) + homework + (1 | client)");
  EXPECT_EQ(by_category.coefficients[1].term, "homeworkyes");
  expect_same(by_category, fit(table, "y ~ lag(y) + number + (1 | client)"));
}

TEST(LaggedAnalysis, TheSessionsMayBeNumberedByAnotherColumn) {
  Table table = without([](std::size_t) { return true; }, "");
  table.columns()[2].name = "week";
  auto const found = fit(table, "y ~ lag(y, week) + lag(x, week) + z + (1 | client)", Method::automatic);
  EXPECT_EQ(found.method, Method::lagged);
  EXPECT_EQ(found.coefficients[1].term, "lag(x)");
  expect_same(found, fit(sessions(), "y ~ lag(y) + lag(x) + z + (1 | client)"));
  for (double& week : table.columns()[2].as<double>()) week += .5;
  auto const between = fit(table, "y ~ lag(y, week) + (1 | client)");
  EXPECT_EQ(between.status, FitStatus::not_estimable);
  EXPECT_NE(between.message.find("sessions are numbered by whole numbers"), std::string::npos) << between.message;
}

TEST(LaggedAnalysis, EitherRandomTermMayNameTheClients) {
  auto const nested = fit(sessions(), "y ~ lag(y) + (1 | therapist/client)");
  expect_same(nested, fit(sessions(), "y ~ lag(y) + (1 | client) + (1 | therapist)"));
  expect_same(nested, fit(sessions(), "y ~ lag(y) + (1 | therapist) + (1 | client)"));
  auto const mixed_up = fit(sessions(), "y ~ lag(y) + (1 | client) + (1 | session)");
  EXPECT_EQ(mixed_up.status, FitStatus::not_estimable);
  EXPECT_NE(mixed_up.message.find("different values of session"), std::string::npos) << mixed_up.message;
}

// ---- known truth

TEST(LaggedAnalysis, FormulasGiveTheTruthAndWithoutCorrectionDoNot) {
  testing::Panel const panel{.clients = 1000,
                             .least = 3,
                             .most = 9,
                             .missing = .1,
                             .rho = .4,
                             .effect = .25,
                             .feedback = .3,
                             .shared = .5,
                             .with_x = true};
  auto const over_data = [&](Method method, std::string const& term) {
    Moments estimates;
    for (unsigned r = 0; r < 100; ++r) {
      auto const drawn = testing::drawn(panel, 9000 + r);
      Table table;
      auto const add = [&](char const* name, Column::Values values) {
        table.add({.name = name, .unit = "", .description = "", .values = std::move(values)});
      };
      add("who", drawn.client);
      add("session", drawn.session);
      add("symptoms", std::vector<double>(drawn.y.begin(), drawn.y.end()));
      auto const x = drawn.lagged.col(0);
      add("alliance", std::vector<double>(x.begin(), x.end()));
      estimates.add(fit(table, "symptoms ~ lag(symptoms) + lag(alliance) + (1 | who)", method).coefficient(term).estimate);
    }
    return estimates;
  };
  auto const z = [](Moments const& m, double expected) { return std::abs(m.mean() - expected) / m.se(); };
  EXPECT_LT(z(over_data(Method::lagged, "lag(symptoms)"), panel.rho), 4);
  EXPECT_LT(z(over_data(Method::lagged, "lag(alliance)"), panel.effect), 4);
  EXPECT_GT(z(over_data(Method::lagged_uncorrected, "lag(symptoms)"), panel.rho), 10);
  EXPECT_GT(z(over_data(Method::lagged_uncorrected, "lag(alliance)"), panel.effect), 10);
}

// ---- mistakes

void expect_refusal(AnalysisSpec const& spec, std::string const& part) {
  try {
    Analysis const analysis(spec, sessions());
    FAIL() << spec.formula << " was understood";
  } catch (FormulaError const& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

void expect_refusal(std::string const& formula, std::string const& part) {
  AnalysisSpec spec;
  spec.formula = formula;
  spec.method = Method::lagged;
  expect_refusal(spec, part);
}

TEST(LaggedAnalysis, MistakesSayWhatInstead) {
  expect_refusal("y ~ z + (1 | client)", "one session earlier on the right: add lag(y)");
  expect_refusal("y ~ lag(x) + (1 | client)", "add lag(y)");
  expect_refusal("log(y) ~ lag(y) + (1 | client)", "add lag(log(y))");
  expect_refusal("y ~ lag(y)", "add (1 | client)");
  expect_refusal("y ~ lag(y) + (z | client)", "character 17: a lagged model compares sessions within clients");
  expect_refusal("y ~ lag(y) + (1 | client) + (1 | therapist) + (1 | session)", "(1 | therapist/client)");
  expect_refusal("y ~ lag(y) * z + (1 | client)", "character 5: lag(y):z is an interaction with lag()");
  expect_refusal("Surv(y, z) ~ lag(y) + (1 | client)", "Surv(time, event)");
  expect_refusal("y ~ lag(y, week) + (1 | client)", "lag(x, week) reads them from \"week\": there is no column \"week\"");
  AnalysisSpec spec;
  spec.formula = "y ~ lag(y) + (1 | client)";
  spec.family = Family::binomial;
  expect_refusal(spec, "a lagged model is of a number, not of 0 and 1");
  spec.family = Family::gaussian;
  spec.se = StandardErrors::cr2;
  expect_refusal(spec, "robust as they are");
  spec.se = StandardErrors::classical;
  spec.df = DfMethod::kenward_roger;
  expect_refusal(spec, "linear mixed models");
  spec.df = DfMethod::satterthwaite;
  spec.method = Method::mixed;
  expect_refusal(spec, "lag() is for lagged models; say method = \"lagged\"");
}

TEST(LaggedAnalysis, ACategoryHasNoLag) {
  Table table = without([](std::size_t) { return true; }, "");
  table.add({.name = "mood",
             .unit = "",
             .description = "",
             .values = std::vector<std::int32_t>(table.rows()),
             .levels = {"bad", "good"}});
  AnalysisSpec spec;
  spec.formula = "y ~ lag(y) + lag(mood) + (1 | client)";
  try {
    Analysis const analysis(spec, table);
    FAIL();
  } catch (FormulaError const& error) {
    EXPECT_NE(std::string(error.what()).find("character 14: lag(mood) is of a category"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace bordin
