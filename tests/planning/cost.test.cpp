#include "planning/cost.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

namespace bordin {
namespace {

TEST(Cost, CountsAllArms) {
  auto const trial =
      load_scenario("nested-trial", {parse_assignment("design.therapists=4"), parse_assignment("design.caseload=15")});
  EXPECT_DOUBLE_EQ(Cost("900*therapists + 120*clients").of(trial), 900 * 8 + 120 * 120);
  EXPECT_DOUBLE_EQ(Cost("sessions / clients").of(trial), 1);
  auto const cohort = load_scenario("early-alliance");
  EXPECT_DOUBLE_EQ(Cost("therapists").of(cohort), 50);
  EXPECT_DOUBLE_EQ(Cost("(clients - 1000)^2 + 1").of(cohort), 1);
}

TEST(Cost, RefusesWhatItDoesNotKnow) {
  for (auto const* text : {"900*therapist", "", "3 +", "clients + rooms"}) {
    try {
      Cost const cost(text);
      ADD_FAILURE() << text;
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find("therapists"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace bordin
