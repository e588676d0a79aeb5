#include "design/design.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "therapy/randomness.hpp"

namespace bordin {
namespace {

Arm arm(std::string name) {
  Arm out;
  out.name = std::move(name);
  return out;
}

TEST(Design, NestedArmsTakeWhatTheyDoNotSayFromTheDesign) {
  DesignParameters design;
  design.therapists = 4;
  std::vector<Arm> arms{arm("a"), arm("b")};
  arms[1].therapists = 7;
  arms[1].caseload = Caseload(3);
  complete(design, arms);
  EXPECT_EQ(arms[0].therapists, 4);
  EXPECT_DOUBLE_EQ(arms[0].caseload.mean(), 20);
  EXPECT_EQ(arms[1].therapists, 7);
  EXPECT_DOUBLE_EQ(arms[1].caseload.mean(), 3);
}

TEST(Design, RefusesContradictions) {
  auto const refused = [](auto const& change) {
    DesignParameters design;
    std::vector<Arm> arms{arm("a"), arm("b")};
    change(design, arms);
    try {
      complete(design, arms);
    } catch (ScenarioError const&) {
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused([](auto&, auto&) {}));
  EXPECT_TRUE(refused([](auto&, auto& a) { a.pop_back(); }));
  EXPECT_TRUE(refused([](auto&, auto& a) { a[0].therapists = 0; }));
  EXPECT_TRUE(refused([](auto&, auto& a) { a[0].clients = 5; }));
  EXPECT_TRUE(refused([](auto& d, auto&) { d.early_sessions = {13, 14}; }));
  EXPECT_TRUE(refused([](auto& d, auto&) { d.early_sessions = {2}; }));
  EXPECT_TRUE(refused([](auto& d, auto& a) {
    d.therapists_in_arms = TherapistsInArms::crossed;
    a[1].therapists = 3;
  }));
  EXPECT_TRUE(refused([](auto&, auto& a) { a.resize(200, a[0]); }));
}

TEST(Design, RefusesClinicsAndFollowUpsThatCannotBe) {
  auto const refusal = [](auto const& change, std::size_t number_of_arms = 2) -> std::string {
    DesignParameters design;
    std::vector<Arm> arms;
    for (char const* name : {"a", "b"})
      if (arms.size() < number_of_arms) arms.push_back(arm(name));
    change(design);
    try {
      complete(design, arms);
    } catch (ScenarioError const& error) {
      return error.what();
    }
    return "";
  };
  auto const nested = [](auto& d) { d.clinics = 3, d.clinics_in_arms = ClinicsInArms::nested; };
  EXPECT_EQ(refusal(nested), "");
  EXPECT_NE(refusal(nested, 0).find("needs arms"), std::string::npos);
  EXPECT_NE(refusal([](auto& d) { d.clinics_in_arms = ClinicsInArms::nested; }).find("design.clinics is 0"),
            std::string::npos);
  EXPECT_NE(refusal([&](auto& d) { nested(d), d.therapists_in_arms = TherapistsInArms::crossed; }), "");
  EXPECT_EQ(refusal([](auto& d) { d.followups = {0, 13, 26}; }), "");
  EXPECT_NE(refusal([](auto& d) { d.followups = {26, 13}; }).find("in order"), std::string::npos);
  EXPECT_NE(refusal([](auto& d) { d.followups = {13, 13}; }).find("in order"), std::string::npos);
  EXPECT_NE(refusal([](auto& d) {
              for (int f = 0; f <= 100; ++f) d.followups.push_back(f);
            }).find("at most 100"),
            std::string::npos);
  // Sessions are numbered up, follow-ups down from the same end.
  EXPECT_EQ(refusal([](auto& d) { d.sessions = most_sessions - 1, d.followups = {1}; }), "");
  EXPECT_NE(refusal([](auto& d) { d.sessions = most_sessions, d.followups = {1}; }).find("together"), std::string::npos);
}

}  // namespace
}  // namespace bordin
