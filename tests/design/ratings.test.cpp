#include "design/ratings.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::string const all = R"(design.ratings=["empathy", "goal_consensus", "collaboration", "expectation", "credibility"])";

//! The alliance of routine care, and nothing that disturbs it.
Study undisturbed() {
  return Study(plain_world({"therapists.alliance_share=0.09", "alliance.match_share=0.05", "alliance.session_share=0.165",
                            "alliance.mean=0.7", "alliance.growth=0.3", "design.therapists=50", "design.caseload=20",
                            "design.sessions=3", all}));
}

Estimate mean_square(Study const& study, char const* name, double from) {
  return over_replications(study, 40, [&](Dataset const& data) {
    Moments squares;
    for (double const v : numbers(data.clients, name)) squares.add((v - from) * (v - from));
    return squares.mean();
  });
}

Estimate correlation(Study const& study, char const* name, std::function<std::vector<double>(Dataset const&)> const& with) {
  return over_replications(
      study, 40, [&](Dataset const& data) { return pairs(numbers(data.clients, name), with(data)).correlation(); });
}

std::vector<double> at_session_3(Dataset const& data, char const* name) {
  std::vector<double> out;
  auto const all_sessions = numbers(data.truth_sessions, name);
  for (std::size_t row = 3; row < all_sessions.size(); row += 4) out.push_back(all_sessions[row]);
  return out;
}

TEST(Ratings, HaveMean0AndSd1WhereNothingDisturbsTheAlliance) {
  auto const study = undisturbed();
  for (auto const& kind : rating_kinds()) {
    EXPECT_LT(mean_square(study, kind.name, 0).z(1), 4) << kind.name;
    EXPECT_GT(mean_square(study, kind.name, 0).z(1.05), 4) << kind.name;
    auto const mean =
        over_replications(study, 40, [&](Dataset const& data) { return mean_of(numbers(data.clients, kind.name)).mean; });
    EXPECT_LT(mean.z(0), 4) << kind.name;
  }
}

TEST(Ratings, CorrelateWithWhatTheyShowByTheRootOfTheirReliability) {
  auto const study = undisturbed();
  auto const goal = [](Dataset const& data) { return at_session_3(data, "goal_true"); };
  EXPECT_LT(correlation(study, "goal_consensus", goal).z(std::sqrt(0.80)), 4);
  EXPECT_GT(correlation(study, "goal_consensus", goal).z(std::sqrt(0.90)), 4);
  auto const expectation = [](Dataset const& data) { return numbers(data.truth_clients, "expectation_true"); };
  EXPECT_LT(correlation(study, "expectation", expectation).z(std::sqrt(0.80)), 4);
  auto const other = [](Dataset const& data) { return numbers(data.clients, "credibility"); };
  EXPECT_LT(correlation(study, "expectation", other).z(0.80), 4);  // errors of their own
}

TEST(Ratings, EmpathyIsHalfTheBondAndHalfTheLastingAlliance) {
  // Correlation of z(bond_3)/2 + z(T* + C* + M*)/2 with either: sqrt((1 + k)/2), k their own correlation.
  AllianceParameters const alliance;
  auto const composite = composite_of(alliance.weights, alliance.loadings);
  auto const load = alliance.loadings.array();
  double with_composite = composite.weight[2];
  for (std::size_t c : {0U, 1U}) with_composite += composite.weight[c] * load[c] * load[2];
  double const k = std::sqrt(1 - 0.165) * with_composite;
  auto const bond = [](Dataset const& data) { return at_session_3(data, "bond_true"); };
  auto const task = [](Dataset const& data) { return at_session_3(data, "task_true"); };
  auto const study = undisturbed();
  EXPECT_LT(correlation(study, "empathy", bond).z(std::sqrt(0.90 * (1 + k) / 2)), 4);
  EXPECT_GT(correlation(study, "empathy", task).z(std::sqrt(0.90 * (1 + k) / 2)), 4);
}

TEST(Ratings, AreMissingWhereThereWasNoSession3OrNoTherapist) {
  std::string const waiting = "[[arms]]\nname = \"A\"\n[[arms]]\nname = \"B\"\ntherapists = 0\nclients = 30\n";
  auto const data = Study(parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n" + waiting, "test",
                                         {parse_assignment("design.therapists=10"),
                                          parse_assignment("design.continue_after_ending=true"), parse_assignment(all)}))
                        .simulate(3, 0);
  auto const attended = numbers(data.clients, "sessions_attended");
  auto const arm = numbers(data.clients, "arm");
  auto const empathy = numbers(data.clients, "empathy");
  int early = 0;
  for (std::size_t i = 0; i < empathy.size(); ++i) {
    EXPECT_EQ(std::isnan(empathy[i]), attended[i] < 3 || arm[i] == 1);
    early += attended[i] < 3 ? 1 : 0;
  }
  EXPECT_GT(early, 5);
  for (double const v : numbers(data.clients, "credibility")) EXPECT_FALSE(std::isnan(v));
}

TEST(Ratings, ChangeNothingElse) {
  auto const with = Study(load_scenario("routine-care", {parse_assignment(all)})).simulate(3, 0);
  auto const without = Study(load_scenario("routine-care")).simulate(3, 0);
  auto const same = [](std::size_t row) { return row; };
  EXPECT_GT(expect_same_rows(without.clients, with.clients, same), 0U);
  expect_same_rows(without.sessions, with.sessions, same);
  expect_same_rows(without.truth_sessions, with.truth_sessions, same);
  auto const one =
      Study(load_scenario("routine-care", {parse_assignment("design.ratings=[\"credibility\"]")})).simulate(3, 0);
  expect_same_rows(one.clients, with.clients, same);
}

TEST(Ratings, RefuseWhatIsNone) {
  AllianceParameters const alliance;
  EXPECT_THROW(Ratings({"warmth"}, alliance, 12), ScenarioError);
  EXPECT_THROW(Ratings({"empathy", "empathy"}, alliance, 12), ScenarioError);
  EXPECT_THROW(Ratings({"empathy"}, alliance, 2), ScenarioError);
  EXPECT_NO_THROW(Ratings({"credibility"}, alliance, 2));
}

TEST(Ratings, AreFiniteWhereTheAllianceIsNothingButFluctuation) {
  AllianceParameters alliance;
  alliance.session_share = 1;
  Ratings const ratings({"empathy"}, alliance, 3);
  ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = 1};
  EXPECT_TRUE(std::isfinite(ratings.score(0, Randomness(1, 0), who, {.session_3 = {0.5F, 0.1F, 1.0F}})));
}

}  // namespace
}  // namespace bordin
