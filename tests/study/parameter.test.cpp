#include "study/parameter.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"

namespace bordin {
namespace {

TEST(NumericParameter, IsFoundByItsDottedKey) {
  auto const scenario = load_scenario("routine-care");
  auto const effect = numeric_parameter(scenario, "alliance.effect");
  EXPECT_EQ(effect.value, scenario.therapy.alliance.effect);
  EXPECT_EQ(effect.min, -5);
  EXPECT_EQ(effect.max, 5);
  EXPECT_EQ(numeric_parameter(scenario, "alliance.loadings.bond").value, scenario.therapy.alliance.loadings.bond);
  EXPECT_EQ(numeric_parameter(scenario, "instruments.WAI-SR.mean").value, 3.8);
  EXPECT_TRUE(std::isnan(numeric_parameter(scenario, "alliance.effect_client").value));
  EXPECT_TRUE(numeric_parameter(scenario, "design.therapists").whole);
}

TEST(NumericParameter, NamesTheNearest) {
  try {
    numeric_parameter(load_scenario("routine-care"), "alliance.efect");
    FAIL() << "found";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("alliance.effect"), std::string::npos) << error.what();
  }
}

TEST(ParameterOverride, ChangesThatNumberAlone) {
  auto const scenario = load_scenario("routine-care");
  for (std::string const key : {"alliance.effect", "instruments.CORE-OM.reliability", "design.therapists"}) {
    auto const parameter = numeric_parameter(scenario, key);
    double const wanted = parameter.whole ? 7 : 0.5;
    auto const changed = load_scenario("routine-care", {parameter_override(parameter, key, wanted)});
    EXPECT_EQ(numeric_parameter(changed, key).value, wanted);
    auto const back = load_scenario(
        "routine-care", {parameter_override(parameter, key, wanted), parameter_override(parameter, key, parameter.value)});
    EXPECT_EQ(scenario_text(back), scenario_text(scenario));
  }
}

}  // namespace
}  // namespace bordin
