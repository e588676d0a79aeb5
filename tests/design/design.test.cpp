#include "design/design.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

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

}  // namespace
}  // namespace bordin
