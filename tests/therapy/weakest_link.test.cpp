#include "therapy/weakest_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/monte_carlo.hpp"
#include "therapy/correlation.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

AllianceLoadings loadings(double goal, double task, double bond) {
  AllianceLoadings out;
  out.goal = goal, out.task = task, out.bond = bond;
  return out;
}

//! B of many undisturbed alliances.
std::vector<double> many(WeakestLink const& link, AllianceLoadings const& load, std::uint32_t n = 60'000) {
  auto const l = load.array();
  std::vector<double> out;
  for (std::uint32_t i = 0; i < n; ++i) {
    auto const z = normals(Randomness(5, 0).of_therapist({.arm = 1, .place = i + 1}, Purpose::therapist_traits));
    std::array<float, components> x{};
    for (std::size_t c = 0; c < components; ++c)
      x[c] =
          static_cast<float>(l[c] * static_cast<double>(z[0]) + std::sqrt(1 - l[c] * l[c]) * static_cast<double>(z[c + 1]));
    out.push_back(static_cast<double>(link(x)));
  }
  return out;
}

TEST(WeakestLink, UndisturbedHasMean0AndSd1) {
  for (double const tolerance : {0.02, 0.25, 3.0}) {
    for (auto const& load : {loadings(0.956, 0.956, 0.697), loadings(0, 0, 0), loadings(0.5, 0.9, 0.2)}) {
      auto b = many(WeakestLink(tolerance, load), load);
      EXPECT_LT(mean_of(b).z(0), 4) << tolerance;
      for (double& value : b) value *= value;
      EXPECT_LT(mean_of(b).z(1), 4) << tolerance;
    }
  }
  // With loadings of another alliance it would not.
  EXPECT_GT(mean_of(many(WeakestLink(0.25, loadings(0, 0, 0)), loadings(0.956, 0.956, 0.697))).z(0), 4);
}

TEST(WeakestLink, IsTheMinimumWithoutToleranceAndTheMeanWithMuch) {
  auto const load = loadings(0, 0, 0);
  std::array<std::array<float, components>, 4> const alliances{
      {{0.3F, -1.2F, 0.9F}, {-0.5F, 0.4F, 2.0F}, {1.5F, 1.0F, 0.2F}, {0.1F, 0.1F, 0.1F}}};
  auto const linear_in = [&](WeakestLink const& link, auto const& of, double tolerance) {
    PairMoments points;
    for (auto const& z : alliances) points.add(of(z), static_cast<double>(link(z)));
    EXPECT_NEAR(points.correlation(), 1, tolerance);
    return points;
  };
  auto const least = linear_in(
      WeakestLink(0.01, load), [](auto const& z) { return static_cast<double>(*std::min_element(z.begin(), z.end())); },
      1e-3);
  // The least of three independent normal numbers has the mean -3 / (2 sqrt(pi)) and the SD sqrt(1 + sqrt(3) / (2 pi) -
  // mean^2).
  double const mean = -1.5 / std::sqrt(M_PI);
  double const sd = std::sqrt(1 + std::sqrt(3.0) / (2 * M_PI) - mean * mean);
  EXPECT_NEAR(least.slope(), 1 / sd, 0.01);
  auto const average = linear_in(
      WeakestLink(10, load),
      [](auto const& z) { return (static_cast<double>(z[0]) + static_cast<double>(z[1]) + static_cast<double>(z[2])) / 3; },
      0.01);
  EXPECT_NEAR(average.slope(), std::sqrt(3.0), 0.1);
}

TEST(WeakestLink, GrowsWithEachComponentAndMostWithTheWeakest) {
  WeakestLink const link(0.25, AllianceLoadings());
  std::array<float, components> const z{-0.5F, 0.2F, 0.4F};
  std::array<float, components> rise{};
  for (std::size_t c = 0; c < components; ++c) {
    auto better = z;
    better[c] += 0.1F;
    rise[c] = link(better) - link(z);
    EXPECT_GT(rise[c], 0) << c;
  }
  EXPECT_GT(rise[0], rise[1]);
  EXPECT_GT(rise[1], rise[2]);
}

TEST(WeakestLink, DoesNotKnowWhichComponentIsWhich) {
  WeakestLink const link(0.25, AllianceLoadings());
  EXPECT_NEAR(link({-0.5F, 0.2F, 0.4F}), link({0.4F, -0.5F, 0.2F}), 1e-6F);
}

TEST(WeakestLink, EffectsBySourceAreRefused) {
  for (char const* source : {"therapist", "client", "match", "session"}) {
    auto const key = std::string("alliance.effect_") + source;
    EXPECT_THROW(Study(plain_world({"alliance.rule=\"weakest link\"", key + "=0.3"})), ScenarioError) << key;
    EXPECT_NO_THROW(Study(plain_world({key + "=0.3"})));
  }
}

TEST(WeakestLink, ActsOnChangeAsTheFormulaSays) {
  // B knows sources and ruptures, but neither growth nor what a repair adds for good.
  auto const scenario =
      plain_world({"alliance.rule=\"weakest link\"", "alliance.tolerance=0.4", "alliance.effect=0.5",
                   "therapists.alliance_share=0.2", "alliance.match_share=0.1", "alliance.session_share=0.3",
                   "alliance.growth=0.4", "alliance.mean=0.2", "symptoms.change=0.8", "symptoms.course=linear",
                   "clients.change_sd=0.5", "rupture={enabled=true, gain=0, improvement=0, onset=0}", "design.therapists=5",
                   "design.caseload=10", "design.sessions=5"});
  auto const d = Study(scenario).simulate(1, 0);
  std::array const parts{numbers(d.truth_sessions, "goal_true"), numbers(d.truth_sessions, "task_true"),
                         numbers(d.truth_sessions, "bond_true")};
  auto const gain = numbers(d.truth_sessions, "gain_true");
  auto const own_change = numbers(d.truth_clients, "change_trait_true");
  auto const& alliance = scenario.therapy.alliance;
  WeakestLink const link(0.4, alliance.loadings);
  double const shift = composite_of(alliance.weights, alliance.loadings).shift;
  for (std::size_t row = 0; row < gain.size(); ++row) {
    auto const s = row % 6;
    if (s == 0) continue;
    std::array<float, components> z{};
    for (std::size_t c = 0; c < components; ++c)
      z[c] = static_cast<float>(parts[c][row] - shift * (0.2 + 0.4 * std::log(static_cast<double>(s) / 3)));
    double const drive = 0.8 + own_change[row / 6] + 0.5 * static_cast<double>(link(z));
    ASSERT_NEAR(gain[row] - gain[row - 1], drive / 12, 2e-6) << row;
  }
}

}  // namespace
}  // namespace bordin
