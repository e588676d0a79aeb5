#include "planning/null_check.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(NullCheck, TellsAWorldWithAnEffectFromOneWithout) {
  Study const study(load_scenario("nested-trial"));
  auto const test = tested_terms(study).front();
  RunControl control;
  EXPECT_EQ(departure_from_null(null_world(study.scenario(), study.scenario().analyses[0]), study, test, 2, control), "");
  auto const departure = departure_from_null(study.scenario(), study, test, 2, control);
  EXPECT_NE(departure.find("not a null world"), std::string::npos);
  EXPECT_NE(departure.find("armtreatment"), std::string::npos);
}

}  // namespace
}  // namespace bordin
