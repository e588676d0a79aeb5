#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <boost/random/beta_distribution.hpp>
#include <boost/random/binomial_distribution.hpp>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/negative_binomial_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <fstream>
#include <ios>
#include <sstream>
#include <string>
#include <vector>

#include "core/errors.hpp"

namespace bordin {
namespace {

constexpr std::uint64_t seed = 20'261'122;
constexpr std::uint32_t blocks = 250'000;

struct KnownAnswer {
  RandomBlock counter;
  std::uint64_t key;
  RandomBlock result;
};

std::vector<KnownAnswer> known_answers() {
  std::ifstream file(BORDIN_SOURCE_DIR "/tests/support/philox_kat.txt");
  std::vector<KnownAnswer> out;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string generator;
    std::string rounds;
    words >> generator >> rounds >> std::hex;
    KnownAnswer answer{};
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (auto& word : answer.counter) words >> word;
    words >> low >> high;
    answer.key = (high << 32U) | low;
    for (auto& word : answer.result) words >> word;
    EXPECT_TRUE(words && generator == "philox4x32" && rounds == "10") << line;
    out.push_back(answer);
  }
  return out;
}

TEST(Philox, GivesThePublishedKnownAnswers) {
  auto const answers = known_answers();
  EXPECT_EQ(answers.size(), 11U);
  for (auto const& answer : answers) EXPECT_EQ(philox(answer.counter, answer.key), answer.result);
}

TEST(Philox, IsKnownAtCompileTime) {
  static_assert(philox({0, 0, 0, 0}, 0) == RandomBlock{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
}

TEST(Philox, AnyOneBitOfCounterOrSeedChangesAboutHalfTheBitsOfTheResult) {
  RandomBlock const counter{617, 0x01000032U, (20U << 12U) | 4U, 12U << 20U};
  auto const before = philox(counter, seed);
  int changed = 0;
  constexpr int trials = 4 * 32 + 64;
  for (unsigned bit = 0; bit < trials; ++bit) {
    RandomBlock other = counter;
    std::uint64_t key = seed;
    if (bit < 128) {
      other[bit / 32] ^= 1U << (bit % 32);
    } else {
      key ^= std::uint64_t{1} << (bit - 128);
    }
    auto const after = philox(other, key);
    for (std::size_t w = 0; w < 4; ++w) changed += std::popcount(before[w] ^ after[w]);
  }
  double const n = 128.0 * trials;
  EXPECT_LT(std::abs(changed - n / 2), 4 * std::sqrt(n / 4));
}

std::vector<double> million_normals() {
  std::vector<double> out;
  out.reserve(4 * blocks);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    for (float const z : normals(philox({i, 1, 2, 3}, seed))) out.push_back(static_cast<double>(z));
  }
  return out;
}

double mean_power(std::vector<double> const& z, int power) {
  double sum = 0;
  for (double const v : z) sum += std::pow(v, power);
  return sum / static_cast<double>(z.size());
}

double normal_moment(int power) {  // (power - 1)!! for even powers
  double product = power % 2 == 0 ? 1 : 0;
  for (int k = power - 1; k > 1; k -= 2) product *= k;
  return product;
}

TEST(Normals, MomentsOneToSixAreThoseOfTheStandardNormal) {
  auto const z = million_normals();
  for (int k = 1; k <= 6; ++k) {
    double const se =
        std::sqrt((normal_moment(2 * k) - normal_moment(k) * normal_moment(k)) / static_cast<double>(z.size()));
    EXPECT_LT(std::abs(mean_power(z, k) - normal_moment(k)), 4 * se) << "moment " << k;
  }
}

TEST(Normals, TailsAreThoseOfTheStandardNormal) {
  auto const z = million_normals();
  double const n = static_cast<double>(z.size());
  for (double const limit : {1.0, 2.0, 3.0, 4.0}) {
    double const p = std::erfc(limit / std::sqrt(2.0)) / 2;
    double upper = 0;
    double lower = 0;
    for (double const v : z) {
      upper += v > limit ? 1 : 0;
      lower += v < -limit ? 1 : 0;
    }
    EXPECT_LT(std::abs(upper / n - p), 4 * std::sqrt(p * (1 - p) / n)) << "above " << limit;
    EXPECT_LT(std::abs(lower / n - p), 4 * std::sqrt(p * (1 - p) / n)) << "below -" << limit;
  }
}

//! Goodness of fit over 1000 classes of equal probability; 4 SE of a chi-square.
TEST(Normals, FillClassesOfEqualProbability) {
  auto const z = million_normals();
  constexpr int classes = 1000;
  std::vector<double> count(classes);
  for (double const v : z) {
    double const p = std::erfc(-v / std::sqrt(2.0)) / 2;
    ++count[static_cast<std::size_t>(std::min(p * classes, classes - 1.0))];
  }
  double const expected = static_cast<double>(z.size()) / classes;
  double chi_square = 0;
  for (double const n : count) chi_square += (n - expected) * (n - expected) / expected;
  EXPECT_LT(std::abs(chi_square - (classes - 1)), 4 * std::sqrt(2.0 * (classes - 1)));
}

TEST(Normals, TheFourOfABlockAreIndependentAndSoAreNeighbouringBlocks) {
  auto const z = million_normals();
  for (std::size_t const lag : {1U, 2U, 3U, 4U, 5U, 8U}) {
    double sum = 0;
    double squares = 0;  // variances of neighbours must not move together either
    for (std::size_t i = lag; i < z.size(); ++i) {
      sum += z[i] * z[i - lag];
      squares += (z[i] * z[i] - 1) * (z[i - lag] * z[i - lag] - 1);
    }
    double const n = static_cast<double>(z.size() - lag);
    EXPECT_LT(std::abs(sum / n), 4 / std::sqrt(n)) << "lag " << lag;
    EXPECT_LT(std::abs(squares / n), 4 * 2 / std::sqrt(n)) << "squares, lag " << lag;
  }
}

TEST(Normals, ExtremeWordsStayFinite) {
  for (std::uint32_t const radius : {0U, 1U, 2U, 0x7FFFFFFFU, 0xFFFFFFFEU, 0xFFFFFFFFU}) {
    for (std::uint32_t const angle : {0U, 1U, 0x40000000U, 0x80000000U, 0xC0000000U, 0xFFFFFFFFU}) {
      auto const [first, second] = float32::normal_pair(radius, angle);
      EXPECT_LE(std::abs(first), 6.67F);
      EXPECT_LE(std::abs(second), 6.67F);
    }
  }
}

class Stream : public ::testing::Test {
 protected:
  RandomStream stream{{7, 1, 2, 0}, seed};

  //! Mean and variance of 200,000 draws against those of the distribution, within 4 SE; `kurtosis` is the plain one.
  template <class Distribution>
  void expect_moments(Distribution distribution, double mean, double variance, double kurtosis) {
    constexpr int n = 200'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; ++i) {
      double const x = static_cast<double>(distribution(stream));
      sum += x - mean;
      squares += (x - mean) * (x - mean);
    }
    EXPECT_LT(std::abs(sum / n), 4 * std::sqrt(variance / n));
    EXPECT_LT(std::abs(squares / n - variance), 4 * variance * std::sqrt((kurtosis - 1) / n));
  }
};

TEST_F(Stream, ServesBoostNormal) {
  expect_moments(boost::random::normal_distribution<double>(3, 2), 3, 4, 3);
}
TEST_F(Stream, ServesBoostGamma) {
  expect_moments(boost::random::gamma_distribution<double>(2, 10), 20, 200, 3 + 6.0 / 2);
}
TEST_F(Stream, ServesBoostGammaWithShapeBelowOne) {
  expect_moments(boost::random::gamma_distribution<double>(0.3, 2), 0.6, 1.2, 3 + 6 / 0.3);
}
TEST_F(Stream, ServesBoostPoisson) {
  expect_moments(boost::random::poisson_distribution<int>(20), 20, 20, 3 + 1.0 / 20);
}
TEST_F(Stream, ServesBoostNegativeBinomial) {  // failures before the 4th success
  double const p = 0.25;
  expect_moments(boost::random::negative_binomial_distribution<int>(4, p), 4 * (1 - p) / p, 4 * (1 - p) / (p * p),
                 3 + 6.0 / 4 + p * p / (4 * (1 - p)));
}
TEST_F(Stream, ServesBoostBeta) {
  expect_moments(boost::random::beta_distribution<double>(2, 2), 0.5, 0.05, 3 - 6.0 / 7);
}
TEST_F(Stream, ServesBoostBinomial) {
  expect_moments(boost::random::binomial_distribution<int>(12, 0.3), 3.6, 2.52, 3 + (1 - 6 * 0.21) / 2.52);
}
TEST_F(Stream, ServesBoostUniformInt) {
  expect_moments(boost::random::uniform_int_distribution<int>(1, 6), 3.5, 35.0 / 12, 3 - 1.2 * 37 / 35);
}
TEST_F(Stream, ServesBoostExponential) {
  expect_moments(boost::random::exponential_distribution<double>(0.5), 2, 4, 9);
}

TEST_F(Stream, IsTheBlocksBehindItsCounterWordByWord) {
  for (std::uint32_t block = 0; block < 100; ++block) {
    for (auto const word : philox({7, 1, 2, block}, seed)) ASSERT_EQ(stream(), word);
  }
}

TEST_F(Stream, CopiesGoOnIndependentlyFromTheSamePlace) {
  for (int i = 0; i < 5; ++i) stream();
  RandomStream copy = stream;
  auto const next = stream();
  EXPECT_EQ(copy(), next);
}

TEST_F(Stream, StopsBeforeItWouldUseNumbersOfOthers) {
  for (int i = 0; i < (1 << 22); ++i) stream();
  EXPECT_THROW(stream(), InternalError);
}

}  // namespace
}  // namespace bordin
