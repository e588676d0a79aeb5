#include "analysis/exponentials.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace bordin {
namespace {

TEST(Exponentials, AreThoseOfTheCLibraryToTheLastDigits) {
  std::vector<double> x;
  for (int i = -70000; i <= 70000; ++i) x.push_back(i / 100.3);
  auto values = x;
  exponentiate(values);
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(values[i] / std::exp(x[i]), 1, 2 * std::numeric_limits<double>::epsilon()) << x[i];
}

TEST(Exponentials, OfZeroIsOneAndOfWhatIsFarBelowNearlyNothing) {
  std::vector<double> values{0, -701, -1e300, -std::numeric_limits<double>::infinity()};
  exponentiate(values);
  EXPECT_EQ(values[0], 1);
  for (std::size_t i = 1; i < values.size(); ++i) EXPECT_NEAR(values[i] / std::exp(-700.0), 1, 1e-15);
}

TEST(Exponentials, KeepWhatIsNoNumber) {
  std::vector<double> values{std::numeric_limits<double>::quiet_NaN(), -1};
  exponentiate(values);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_NEAR(values[1], std::exp(-1.0), 1e-16);
}

}  // namespace
}  // namespace bordin
