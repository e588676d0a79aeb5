#include "study/resized.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(Resized, ChangesTherapistsNotCaseloads) {
  auto const larger = with_clients(load_scenario("nested-trial"), 6000);
  EXPECT_DOUBLE_EQ(expected_clients(larger), 6000);
  EXPECT_EQ(*larger.arms[0].therapists, 200);
  EXPECT_EQ(larger.arms[0].caseload.mean(), 15);
  EXPECT_EQ(with_clients(load_scenario("nested-trial"), 10).arms[0].therapists.value(), 2);
}

TEST(Resized, LeavesListedCaseloadsAlone) {
  auto const listed =
      load_scenario("routine-care", {parse_assignment("design.caseload=[3, 4]"), parse_assignment("design.therapists=2")});
  EXPECT_DOUBLE_EQ(expected_clients(with_clients(listed, 1000)), expected_clients(listed));
}

}  // namespace
}  // namespace bordin
