#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

//! Two arms without therapists whose outcomes are normal with SD 1 and differ by d.
Study two_groups(double d, int controls, int treated) {
  return Study(plain_world({"design.sessions=1", "symptoms.reference_sessions=1"}, R"toml(
[[arms]]
name = "control"
therapists = 0
clients = )toml" + std::to_string(controls) +
                                                                                       R"toml(
[[arms]]
name = "treatment"
therapists = 0
clients = )toml" + std::to_string(treated) +
                                                                                       R"toml(
change = )toml" + std::to_string(d)));
}

//! r of a difference d with the membership of one of two groups, of which p are in the one.
double point_biserial(double d, double p) {
  return d / std::sqrt(d * d + 1 / (p * (1 - p)));
}

TEST(EffectSizes, OfWellKnownFactorsAreThePublishedShares) {
  // r = d / sqrt(d^2 + 4) for groups of one size; 100 r^2 % of variance (Wampold & Imel 2015).
  struct Published {
    double d, percent;
  };
  for (auto const [d, percent] : {Published{0.57, 7.5}, Published{0.63, 9.0}, Published{0.72, 11.5}, Published{0.24, 1.4},
                                  Published{0.32, 2.5}, Published{0.55, 7.0}, Published{0.35, 3.0}, Published{0.20, 1.0}}) {
    EXPECT_NEAR(point_biserial(d, 0.5), d / std::sqrt(d * d + 4), 1e-15);
    EXPECT_NEAR(100 * std::pow(point_biserial(d, 0.5), 2), percent, 0.051) << d;
  }
}

TEST(EffectSizes, PointBiserialCorrelationOfUnequalGroups) {
  // d = .55 with 19.7 % in one group, as for alliance and dropout: r = .214.
  double const exact = point_biserial(0.55, 0.197);
  EXPECT_NEAR(exact, 0.214, 5.1e-4);
  auto const study = two_groups(0.55, 1970, 8030);
  auto const r = over_replications(study, 60, [](Dataset const& d) {
    return -pairs(numbers(d.clients, "arm"), numbers(d.clients, "post")).correlation();
  });
  EXPECT_LT(r.z(exact), four_se);
  EXPECT_GT(r.z(point_biserial(0.55, 0.5)), four_se);
}

TEST(EffectSizes, ChanceThatATreatedClientIsBetterOff) {
  // AUC = Phi(d / sqrt 2); .651 for d = .55.
  boost::math::normal_distribution<double> const normal;
  double const exact = boost::math::cdf(normal, 0.55 / std::sqrt(2.0));
  EXPECT_NEAR(exact, 0.651, 5.1e-4);
  constexpr std::size_t each = 2000;
  auto const study = two_groups(0.55, each, each);
  auto const auc = over_replications(study, 60, [](Dataset const& d) {
    auto post = numbers(d.clients, "post");
    auto const treated = post.begin() + each;
    std::sort(treated, post.end());
    double better = 0;
    for (auto control = post.begin(); control != treated; ++control)
      better += static_cast<double>(std::lower_bound(treated, post.end(), *control) - treated);
    return better / (each * each);
  });
  EXPECT_LT(auc.z(exact), four_se);
  EXPECT_GT(auc.z(boost::math::cdf(normal, 0.55)), four_se);
}

}  // namespace
}  // namespace bordin
