#include "therapy/dropout_curve.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "support/ending_rules.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

DropoutCurve curve(std::string const& value) {
  DropoutCurve out;
  out.read(parse_assignment("curve=" + value).members.at(0).second);
  return out;
}

std::string refusal(std::string const& value) {
  try {
    curve(value);
  } catch (ScenarioError const& error) {
    return error.what();
  }
  return "";
}

//! Share still there at `session`, that is: attended it.
Estimate still_there(Study const& study, int session) {
  return over_replications(study, 40, [=](Dataset const& d) {
    auto const sessions = numbers(d.clients, "sessions_attended");
    double there = 0;
    for (double const n : sessions) there += n >= session ? 1 : 0;
    return there / static_cast<double>(sessions.size());
  });
}

Study losing_by(std::string const& value, std::string const& more = "") {
  return Study(
      plain_world({"dropout.enabled=true", "dropout.baseline=5", "dropout.curve=" + value, "symptoms.reference_sessions=8",
                   "design.therapists=50", "design.caseload=40", "design.sessions=6"},
                  more));
}

TEST(DropoutCurve, OfWeibullIsTheFormula) {
  auto const c = curve("{ weibull = { gone = 0.3, shape = 0.7 } }");
  EXPECT_EQ(c.gone(0, 12), 0);
  EXPECT_NEAR(c.gone(12, 12), 0.3, 1e-15);
  EXPECT_NEAR(c.gone(4, 12), 1 - std::pow(0.7, std::pow(1.0 / 3, 0.7)), 1e-15);
  EXPECT_NEAR(c.gone(24, 12), 1 - std::pow(0.7, std::pow(2.0, 0.7)), 1e-15);
}

TEST(DropoutCurve, HazardsMakeTheCurveAgain) {
  std::vector<double> const gone{0.05, 0.05, 0.2, 0.45};
  CurveDropout const rule(curve("[0.05, 0.05, 0.2, 0.45]"), 12, 4);
  Encounter const e;
  auto const meeting = e.meeting();
  double before = 0;
  for (std::size_t s = 0; s < gone.size(); ++s) {
    expect_probability(rule, e.at(static_cast<int>(s), meeting), 1 - (1 - gone[s]) / (1 - before));
    before = gone[s];
  }
}

TEST(DropoutCurve, AsManyAreThereAtEverySessionAsItSays) {
  auto const weibull = losing_by("{weibull={gone=0.4, shape=0.6}}");
  auto const table = losing_by("[0.1, 0.1, 0.3, 0.3, 0.5, 0.55]");
  std::vector<double> const gone{0, 0.1, 0.1, 0.3, 0.3, 0.5, 0.55};
  for (int s = 1; s <= 6; ++s) {
    EXPECT_LT(still_there(weibull, s).z(std::pow(0.6, std::pow(s / 8.0, 0.6))), 4) << s;
    EXPECT_LT(still_there(table, s).z(1 - gone[static_cast<std::size_t>(s)]), 4) << s;
  }
  EXPECT_GT(still_there(weibull, 3).z(std::pow(0.6, std::pow(3 / 8.0, 0.7))), 4);
}

TEST(DropoutCurve, ASteadyShapeOf1IsAConstantHazard) {
  CurveDropout const rule(curve("{weibull={gone=0.4, shape=1}}"), 8, 6);
  Encounter const e;
  auto const meeting = e.meeting();
  for (int s = 0; s < 6; ++s) expect_probability(rule, e.at(s, meeting), 1 - std::pow(0.6, 1.0 / 8));
}

TEST(DropoutCurve, OfAnArmTakesThePlaceOfTheScenarios) {
  auto const study =
      losing_by("[0.1, 0.1, 0.1, 0.1, 0.1, 0.1]",
                "[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\ndropout_curve = [0.0, 0.4, 0.4, 0.4, 0.4, 0.4]\n");
  auto const gone = [&](double arm) {
    return over_replications(study, 30, [=](Dataset const& d) {
      auto const arms = numbers(d.clients, "arm");
      auto const dropped = numbers(d.clients, "dropped_out");
      Moments of_arm;
      for (std::size_t i = 0; i < arms.size(); ++i)
        if (arms[i] == arm) of_arm.add(dropped[i]);
      return of_arm.mean();
    });
  };
  EXPECT_LT(gone(0).z(0.1), 4);
  EXPECT_LT(gone(1).z(0.4), 4);
}

TEST(DropoutCurve, IsWrittenAsItIsRead) {
  for (char const* value : {"[0, 0.1, 0.25]", "{ weibull = { gone = 0.3, shape = 0.7 } }"})
    EXPECT_EQ(curve(value).write(), value);
  EXPECT_EQ(DropoutCurve().write(), "");
  EXPECT_FALSE(DropoutCurve().stated());
}

TEST(DropoutCurve, RefusesWhatIsNoCurve) {
  EXPECT_EQ(refusal("[0.1, 0.1]"), "");
  EXPECT_NE(refusal("[0.2, 0.1]").find("they cannot fall"), std::string::npos);
  EXPECT_NE(refusal("[0.2, 1.0]").find("below 1"), std::string::npos);
  EXPECT_NE(refusal("[-0.2]"), "");
  EXPECT_NE(refusal("[]"), "");
  EXPECT_NE(refusal("0.3"), "");
  EXPECT_NE(refusal("{weibull={gone=0.3}}"), "");
  EXPECT_NE(refusal("{weibull={gone=0.3, scale=1}}").find("needs shape"), std::string::npos);
  EXPECT_NE(refusal("{weibull={gone=0.3, shape=0}}").find("shape must be"), std::string::npos);
  EXPECT_NE(refusal("{weibull={gone=1.0, shape=1}}").find("gone must be"), std::string::npos);
  EXPECT_NE(refusal("{gompertz={gone=0.3, shape=1}}"), "");
}

TEST(DropoutCurve, ATableMustReachTheMaximumOfSessions) {
  EXPECT_NO_THROW(CurveDropout(curve("[0.1, 0.2, 0.3]"), 12, 3));
  EXPECT_THROW(CurveDropout(curve("[0.1, 0.2, 0.3]"), 12, 4), ScenarioError);
}

}  // namespace
}  // namespace bordin
