#include "analysis/predicted_effects.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <tuple>

#include "analysis/rows_reference.hpp"

namespace bordin {
namespace {

std::map<std::tuple<std::string, std::string, std::string>, PredictedEffect> by_name(Fit const& fit) {
  std::map<std::tuple<std::string, std::string, std::string>, PredictedEffect> out;
  for (auto const& effect : fit.ranef) out[{effect.group, effect.term, effect.level}] = effect;
  return out;
}

Fit with_effects(std::string const& formula, Table const& table) {
  return Analysis(testing::asking(formula, {}), table).fit(table, {.details = true, .ranef = true});
}

// lme4's ranef(condVar = TRUE).
TEST(PredictedEffects, AreThoseOfLme4) {
  for (auto const& expected : testing::rows_reference()["predicted"]) {
    SCOPED_TRACE(testing::described(expected));
    auto const fit = with_effects(expected["formula"], testing::read_data(expected["data"]));
    auto const effects = by_name(fit);
    EXPECT_EQ(effects.size(), expected["effects"].size());
    for (auto const& lme4 : expected["effects"]) {
      std::string level = lme4["level"];  // the nested factor is therapist:clinic there
      std::string group = lme4["group"];
      auto const found = effects.find({group, lme4["term"], level});
      ASSERT_NE(found, effects.end()) << group << " " << level;
      EXPECT_NEAR(found->second.value, lme4["value"].get<double>(), 1e-5);
      EXPECT_NEAR(found->second.sd, lme4["sd"].get<double>(), 1e-5);
    }
  }
}

TEST(PredictedEffects, AreNamedAndReliableAsTheirGroups) {
  auto table = testing::read_data("mixed_models_growth.csv");
  for (auto& column : table.columns())
    if (column.name == "y") column.as<double>()[0] = not_a_number;  // rows and complete rows differ
  auto const fit = with_effects("y ~ time + (1 | therapist)", table);
  ASSERT_EQ(fit.ranef.size(), 12U);
  for (std::size_t i = 0; i < fit.ranef.size(); ++i) {
    EXPECT_EQ(fit.ranef[i].level, std::to_string(i + 1));
    double const share = fit.ranef[i].sd * fit.ranef[i].sd / fit.variances.front().value;
    EXPECT_NEAR(fit.ranef[i].reliability, 1 - share, 1e-6);
  }
}

TEST(PredictedEffects, FollowTheUnitsOfOutcomeAndSlope) {
  auto table = testing::read_data("mixed_models_growth.csv");
  std::string const formula = "y ~ time + (1 + time | therapist)";
  auto const before = with_effects(formula, table).ranef;
  for (auto& column : table.columns()) {
    if (column.name == "y")
      for (double& y : column.as<double>()) y *= 100;
    if (column.name == "time")
      for (double& t : column.as<double>()) t *= 7;
  }
  auto const after = with_effects(formula, table).ranef;
  for (std::size_t i = 0; i < before.size(); ++i) {
    double const unit = before[i].term == "time" ? 100.0 / 7 : 100;
    EXPECT_NEAR(after[i].value, before[i].value * unit, 1e-5 * unit);
    EXPECT_NEAR(after[i].sd, before[i].sd * unit, 1e-5 * unit);
    EXPECT_NEAR(after[i].reliability, before[i].reliability, 1e-5);
  }
}

}  // namespace
}  // namespace bordin
