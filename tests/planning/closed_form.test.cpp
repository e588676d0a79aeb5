#include "planning/closed_form.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

std::optional<double> by_formula(std::vector<std::string> const& settings, std::string const& test = "") {
  std::vector<Node> changes;
  for (auto const& setting : settings) changes.push_back(parse_assignment(setting));
  Study const study(load_scenario("nested-trial", changes));
  for (auto const& t : tested_terms(study))
    if (t.name == (test.empty() ? "therapist means: armtreatment" : test)) return closed_form_power(study, t);
  throw Error("no such test");
}

TEST(ClosedForm, OfTTestsIsThatOfR) {
  // R: power.t.test(n = 20, delta = .5, sd = 1, strict = TRUE) and 1 - pt(q, 38, ncp) + pt(-q, 38, ncp)
  EXPECT_NEAR(t_test_power(0.5 / std::sqrt(2.0 / 20), 38, 0.05), 0.3379390289, 1e-9);
  EXPECT_DOUBLE_EQ(t_test_power(0, 10, 0.01), 0.01);
}

TEST(ClosedForm, OfTherapistMeansIsThePublishedTable) {
  EXPECT_NEAR(*by_formula({}), 0.423, 0.0005);
  EXPECT_NEAR(*by_formula({"classical.icc_pre_therapist=0", "design.caseload=10", "design.therapists=5"}), 0.593, 0.0005);
  EXPECT_NEAR(
      *by_formula({"classical.d=0.2", "classical.icc_pre_therapist=0.1", "design.caseload=5", "design.therapists=40"}),
      0.386, 0.0005);
  EXPECT_NEAR(*by_formula({"classical.d=0"}), 0.05, 1e-12);
}

TEST(ClosedForm, IsGivenOnlyWhereItIsExact) {
  EXPECT_FALSE(by_formula({}, "ignoring therapists: armtreatment"));
  EXPECT_FALSE(by_formula({}, "random intercept, Satterthwaite: armtreatment"));
  EXPECT_FALSE(by_formula({"design.caseload={ poisson = { mean = 15 } }"}));
  EXPECT_FALSE(by_formula({"dropout.curve={ weibull = { gone = 0.3, shape = 1.0 } }"}));
  EXPECT_FALSE(by_formula({"design.missing.questionnaires=0.1"}));
  EXPECT_FALSE(by_formula({"design.therapists_in_arms=crossed"}));
  EXPECT_FALSE(by_formula({"arms.control.caseload=3"}));
  EXPECT_FALSE(by_formula({"design.therapists=1"}));  // no degrees of freedom
}

TEST(ClosedForm, TakesArmsOfDifferentSize) {
  double const df = 4 + 12 - 2, se = std::sqrt((0.05 + 0.95 / 15) * (1.0 / 4 + 1.0 / 12));
  EXPECT_NEAR(*by_formula({"arms.treatment.therapists=12"}), t_test_power(0.5 / se, df, 0.05), 1e-12);
}

}  // namespace
}  // namespace bordin
