#include "therapy/alliance.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

TEST(Composite, HasVarianceOneWhateverTheWeights) {
  AllianceLoadings const loadings;
  auto const load = loadings.array();
  for (auto const& omega : {std::array{0.40, 0.45, 0.15}, std::array{0.2, 0.2, 0.6}, std::array{0.0, 0.0, 3.0}}) {
    AllianceWeights weights;
    weights.goal = omega[0];
    weights.task = omega[1];
    weights.bond = omega[2];
    auto const composite = composite_of(weights, loadings);
    double variance = 0;
    double common = 0;
    for (std::size_t a = 0; a < components; ++a) {
      common += composite.weight[a] * composite.shift;
      for (std::size_t b = 0; b < components; ++b)
        variance += composite.weight[a] * composite.weight[b] * (a == b ? 1 : load[a] * load[b]);
    }
    EXPECT_NEAR(variance, 1, 1e-12);
    EXPECT_NEAR(common, 1, 1e-12);  // a shift of all components by `shift` is a shift of the composite by 1
  }
}

TEST(Composite, NeedsAWeight) {
  AllianceWeights none;
  none.goal = none.task = none.bond = 0;
  EXPECT_THROW(composite_of(none, {}), ScenarioError);
}

TEST(NecessaryAlliance, NoWorkIsDoneInSessionsBelowTheThreshold) {
  using namespace bordin::testing;
  Study const study(plain_world(
      {"alliance.necessary={enabled=true, threshold=-0.4, dropout=0}", "alliance.session_share=0.4", "alliance.effect=0.2",
       "symptoms.change=2", "symptoms.course=linear", "design.therapists=10", "design.caseload=20", "design.sessions=6"}));
  auto const d = study.simulate(1, 0);
  auto const alliance = numbers(d.truth_sessions, "alliance_true"), gain = numbers(d.truth_sessions, "gain_true");
  std::size_t empty_chairs = 0;
  for (std::size_t row = 0; row < gain.size(); ++row) {
    if (row % 7 == 0) continue;
    bool const empty = alliance[row] < -0.4;
    empty_chairs += empty ? 1 : 0;
    EXPECT_NEAR(gain[row] - gain[row - 1], empty ? 0 : (2 + 0.2 * alliance[row]) / 12, 1e-5);
  }
  EXPECT_GT(empty_chairs, 200U);
  EXPECT_LT(empty_chairs, 600U);
}

TEST(NecessaryAlliance, LosesClientsByItsLogit) {
  using namespace bordin::testing;
  Study const study(plain_world({"alliance.necessary={enabled=true, threshold=-0.4, dropout=1.5}", "dropout.enabled=true",
                                 "dropout.baseline=-2", "alliance.session_share=0.4", "design.therapists=40",
                                 "design.caseload=25", "design.sessions=2"}));
  auto const left = [&](bool below) {
    return over_replications(study, 40, [=](Dataset const& d) {
      auto const alliance = numbers(d.truth_sessions, "alliance_true"), dropped = numbers(d.clients, "dropped_out");
      Moments of;
      for (std::size_t i = 0; i < dropped.size(); ++i)
        if ((alliance[i * 3 + 1] < -0.4) == below) of.add(dropped[i]);
      return of.mean();
    });
  };
  EXPECT_LT(left(true).z(1 / (1 + std::exp(0.5))), 4);
  EXPECT_LT(left(false).z(1 / (1 + std::exp(2.0))), 4);
}

}  // namespace
}  // namespace bordin
