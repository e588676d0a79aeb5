#include "simulation/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::string const no_curve = "dropout.enabled=true";
std::string const curve = "dropout.curve={weibull={gone=0.5, shape=1}}";
std::string const good_enough = "ending.good_enough.probability=0.4";
std::string const agreed = "ending.agreed=0.1";

//! All four, in their two ways to go together, each of them alone, and none.
std::vector<std::vector<std::string>> const worlds{{good_enough, agreed, no_curve},
                                                   {good_enough, agreed, no_curve, curve},
                                                   {good_enough},
                                                   {agreed},
                                                   {no_curve},
                                                   {no_curve, curve},
                                                   {}};

TEST(Plan, KnowsEveryEndingRule) {
  for (auto const& settings : worlds) {
    auto const has = [&](std::string const& setting) {
      return std::find(settings.begin(), settings.end(), setting) != settings.end();
    };
    Study const study(plain_world(settings));
    auto const plan = plan_of(study.world(), 0, true);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->good_enough != nullptr, has(good_enough));
    EXPECT_EQ(plan->agreed != nullptr, has(agreed));
    EXPECT_EQ(plan->hazard != nullptr, has(no_curve) && !has(curve));
    EXPECT_EQ(plan->curve != nullptr, has(curve));
  }
}

//! Whoever adds a rule must tell the kernels, or every study that has it runs one client after the other.
TEST(Plan, NoRuleIsLeftToTheScalarImplementation) {
  std::vector<bool> made(ending_rules().size());
  for (auto const& settings : worlds) {
    auto const scenario = plain_world(settings);
    Study const study(scenario);
    ASSERT_TRUE(plan_of(study.world(), 0, true).has_value());
    for (std::size_t k = 0; k < made.size(); ++k)
      made[k] = made[k] || ending_rules()[k].make(scenario.therapy, {}, study.world().calendar()) != nullptr;
  }
  for (std::size_t k = 0; k < made.size(); ++k) EXPECT_TRUE(made[k]) << "no world here has rule " << k;
}

TEST(Plan, IsOfTheArm) {
  Study const study(plain_world({no_curve}, R"(
[[arms]]
name = "A"
[[arms]]
name = "B"
change = 0.5
dropout_curve = { weibull = { gone = 0.5, shape = 1 } }
)"));
  auto const a = plan_of(study.world(), 0, true), b = plan_of(study.world(), 1, false);
  EXPECT_EQ(a->therapy, &study.world().therapies()[0]);
  EXPECT_EQ(b->therapy, &study.world().therapies()[1]);
  EXPECT_TRUE(a->has_therapist);
  EXPECT_FALSE(b->has_therapist);
  EXPECT_EQ(a->curve, nullptr);
  EXPECT_NE(b->curve, nullptr);
}

TEST(Plan, SaysWhenInstrumentsAreGiven) {
  Study const study(plain_world({"design.sessions=5", "design.followups=[13]"}, R"(
[[instruments]]
name = "PHQ-9"
when = ["pre", "session 3", "post", "follow-up"]
)"));
  auto const plan = plan_of(study.world(), 0, true);
  EXPECT_EQ(plan->sessions, 5);
  EXPECT_EQ(plan->occasions, 7U);
  EXPECT_EQ(plan->primary, 0U);  // z-score, the first
  ASSERT_EQ(plan->given.size(), study.world().measures().size() * 7);
  std::size_t const phq = study.world().measures().size() - 1;
  std::vector<bool> given;
  for (std::size_t occasion = 0; occasion < 7; ++occasion) given.push_back(plan->is_given(phq, occasion));
  EXPECT_EQ(given, (std::vector<bool>{true, false, false, true, false, false, true}));
  EXPECT_EQ(plan->post[phq], 1);
}

TEST(Plan, WithoutSymptomsMeasuredNoMeasureIsPrimary) {
  Study const study(parse_scenario("title = \"t\"\n[[instruments]]\nname = \"WAI-SR\"\n", "test"));
  auto const plan = plan_of(study.world(), 0, true);
  EXPECT_EQ(plan->primary, study.world().measures().size());
}

}  // namespace
}  // namespace bordin
