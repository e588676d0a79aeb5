#include "therapy/alliance.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

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

}  // namespace
}  // namespace bordin
