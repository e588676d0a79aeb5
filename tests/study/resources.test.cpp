#include "study/resources.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

Study small_study() {
  return Study(
      load_scenario("early-alliance", {parse_assignment("design.therapists=8"), parse_assignment("design.caseload=6")}));
}

TEST(Needs, GrowWithThreadsAndKeptData) {
  auto const study = small_study();
  auto const one = needs_of(study, {.replications = 1000, .threads = 1, .keep = KeepData::none});
  auto const two = needs_of(study, {.replications = 1000, .threads = 2, .keep = KeepData::none});
  EXPECT_GT(two.memory, one.memory);
  auto const per_replication = [&](KeepData keep) {
    return (needs_of(study, {.replications = 1001, .threads = 1, .keep = keep}).disk -
            needs_of(study, {.replications = 1, .threads = 1, .keep = keep}).disk) /
           1000;
  };
  EXPECT_GT(per_replication(KeepData::full), 100 * per_replication(KeepData::none));
  EXPECT_EQ(needs_of(study, {.replications = 1'000'000, .threads = 1, .keep = KeepData::none}).memory, one.memory);
  EXPECT_GT(measured_seconds(study), 0);
}

TEST(FewerPeople, KeepTheKindOfStudy) {
  auto const big = load_scenario("early-alliance", {parse_assignment("design.therapists=5000")});
  auto const small = with_fewer_people(big, 60'000);
  World const world(small.therapy, small.design, small.arms, small.instruments);
  EXPECT_LE(world.expected_clients(), 6000);
  EXPECT_GE(world.expected_clients(), 3000);
  EXPECT_EQ(small.design.sessions, big.design.sessions);
}

}  // namespace
}  // namespace bordin
