#include "therapy/agreed_end.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/ending_rules.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/parameters.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

TEST(AgreedEnd, ProbabilityGrowsInProportionToTheSessionUpTo1) {
  AgreedEnd const rule(0.3, 6, 30);
  Encounter const e;
  auto const meeting = e.meeting();
  for (int const s : {0, 1, 6, 19}) expect_probability(rule, e.at(s, meeting), 0.3 * s / 6);
  EXPECT_TRUE(rule.ends(e.at(20, meeting), 0.9999999F));
  EXPECT_TRUE(rule.ends(e.at(30, meeting), 0.9999999F));
}

TEST(AgreedEnd, DoesNotLookAtTheClient) {
  AgreedEnd const rule(0.3, 6, 30);
  Encounter e;
  e.walk.score = e.walk.composite = -5;
  e.client.severity = 3;
  auto const meeting = e.meeting();
  expect_probability(rule, e.at(6, meeting), 0.3);
}

TEST(AgreedEnd, IsAPlannedEndingAtTheMaximumToo) {
  Study const study(plain_world({"ending.agreed=0.5", "symptoms.reference_sessions=2", "design.therapists=40",
                                 "design.caseload=25", "design.sessions=2"}));
  auto const share = [&](Ending ending) {
    return over_replications(study, 40, [=](Dataset const& d) {
      Moments of;
      for (double const e : numbers(d.clients, "ending")) of.add(e == static_cast<double>(ending) ? 1 : 0);
      return of.mean();
    });
  };
  EXPECT_LT(share(Ending::agreed).z(0.25 + 0.75 * 0.5), 4);
  EXPECT_LT(share(Ending::maximum).z(0.75 * 0.5), 4);
}

TEST(AgreedEnd, MissingnessIsCompletelyAtRandomWhereItActs) {
  TherapyParameters p;
  EXPECT_EQ(missingness_of_agreed_end(p, {}).kind, Missingness::completely_at_random);
  EXPECT_NE(make_agreed_end(p, {}, {}), nullptr);
  p.ending.agreed = 0;
  EXPECT_EQ(missingness_of_agreed_end(p, {}).kind, Missingness::none);
  EXPECT_EQ(make_agreed_end(p, {}, {}), nullptr);
}

}  // namespace
}  // namespace bordin
