#include "analysis/concordance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace bordin {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// The definition, pair by pair.
double over_all_pairs(VectorXd const& time, VectorXd const& event, VectorXd const& risk) {
  double pairs = 0;
  double right = 0;
  for (Index i = 0; i < time.size(); ++i) {
    for (Index j = 0; j < time.size(); ++j) {
      bool const first = event[i] == 1 && (time[i] < time[j] || (time[i] == time[j] && event[j] == 0));
      if (!first) continue;
      ++pairs;
      right += risk[i] > risk[j] ? 1 : risk[i] == risk[j] ? .5 : 0;
    }
  }
  return right / pairs;
}

TEST(Concordance, IsTheShareOfPairsInTheRightOrder) {
  Concordance concordance;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    auto const below = [&](unsigned end) { return static_cast<double>(random() % end); };
    auto const rows = static_cast<Index>(1 + random() % 40);
    VectorXd time(rows);
    VectorXd event(rows);
    VectorXd risk(rows);
    for (Index i = 0; i < rows; ++i) {
      time[i] = below(seed % 2 == 0 ? 6 : 1000000);
      event[i] = below(2);
      risk[i] = below(seed % 3 == 0 ? 4 : 1000000);
    }
    RiskSets sets;
    sets.sort(time, event);
    double const expected = over_all_pairs(time, event, risk);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(concordance(sets, risk)));
    else
      EXPECT_NEAR(concordance(sets, risk), expected, 1e-15);
  }
}

}  // namespace
}  // namespace bordin
