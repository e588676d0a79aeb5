#include "planning/trials.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(Trials, DecisionsAreThoseOfTheReplications) {
  Study const study(load_scenario("nested-trial"));
  auto const tests = tested_terms(study);
  ASSERT_EQ(tests.size(), 5U);
  RunControl control;
  std::vector<Decisions> all(tests.size()), parts(tests.size());
  EXPECT_EQ(decide(study, tests, 7, 0, 100, 2, control, all), 100U);
  EXPECT_EQ(control.finished.load(), 100U);
  decide(study, tests, 7, 0, 37, 1, control, parts);
  decide(study, tests, 7, 37, 63, 1, control, parts);
  int rejected = 0;
  for (std::uint32_t r = 0; r < 100; ++r) {
    auto const alone = study.replicate(7, r, KeepData::none);
    for (std::size_t t = 0; t < tests.size(); ++t) {
      EXPECT_EQ(all[t][r], parts[t][r]);
      bool const p = alone.estimates[tests[t].analysis].terms[tests[t].term].p_value <= 0.05;
      EXPECT_EQ(all[t][r] == Decision::rejected, p);
      rejected += p ? 1 : 0;
    }
  }
  EXPECT_GT(rejected, 50);  // of 500: there is something to compare
}

TEST(Trials, ThePrimaryTestIsTheOneThatIsNamed) {
  Study const study(load_scenario("nested-trial", {parse_assignment("study.primary='ignoring therapists: armtreatment'")}));
  EXPECT_EQ(primary_test(study, tested_terms(study)), 1U);
  EXPECT_THROW(primary_test(study, {}), Error);
}

}  // namespace
}  // namespace bordin
