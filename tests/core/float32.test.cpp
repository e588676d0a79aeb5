#include "core/float32.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/random.hpp"

namespace bordin {
namespace {

//! Distance of neighbouring float32 numbers at x.
double last_place(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, exponent - 24);
}

float from_bits(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

// 22 million arguments over all normal numbers, and every single one in [1/2, 1], where radii of normal numbers come from.
TEST(Float32, LogIsWithinOnePlaceOfTheTruth) {
  double worst = 0;
  auto const check = [&](float x) {
    double const truth = std::log(static_cast<double>(x));
    if (truth == 0) return;
    worst = std::max(worst, std::abs(static_cast<double>(float32::log(x)) - truth) / last_place(truth));
  };
  for (std::uint32_t bits = 0x00800000U; bits < 0x7F800000U; bits += 997) check(from_bits(bits));
  for (std::uint32_t bits = 0x3F000000U; bits < 0x3F800000U; ++bits) check(from_bits(bits));
  EXPECT_LT(worst, 1.0);
}

TEST(Float32, LogOfOneIsZeroAndOfAnythingBelowIsNegative) {
  EXPECT_EQ(float32::log(1.0F), 0.0F);
  int wrong = 0;  // the radius of a normal number is a square root of it
  for (std::uint32_t bits = 0x3F000000U; bits < 0x3F800000U; ++bits) wrong += float32::log(from_bits(bits)) < 0 ? 0 : 1;
  EXPECT_EQ(wrong, 0);
}

TEST(Float32, ExpIsWithinTwoInTenMillion) {
  double worst = 0;
  for (int i = -870'000; i <= 880'000; ++i) {
    float const x = static_cast<float>(i) * 1e-4F;
    double const truth = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(float32::exp(x)) - truth) / truth);
  }
  EXPECT_LT(worst, 2e-7);
}

TEST(Float32, ExpStaysWhereItIsBeyondItsLimits) {
  EXPECT_EQ(float32::exp(-1e30F), float32::exp(-87.0F));
  EXPECT_EQ(float32::exp(1e30F), float32::exp(88.0F));
  EXPECT_EQ(float32::exp(0.0F), 1.0F);
  EXPECT_TRUE(std::isfinite(float32::exp(88.0F)));
  EXPECT_GT(float32::exp(-87.0F), 0.0F);
}

TEST(Float32, LogisticIsWithinTwoInTenMillionAndKeepsOrder) {
  double worst = 0;
  float before = 0;
  int falls = 0;
  for (int i = -800'000; i <= 800'000; ++i) {
    float const x = static_cast<float>(i) * 1e-4F;
    double const truth = 1 / (1 + std::exp(-static_cast<double>(x)));
    float const value = float32::logistic(x);
    worst = std::max(worst, std::abs(static_cast<double>(value) - truth) / truth);
    falls += static_cast<double>(value) < static_cast<double>(before) * (1 - 2e-7) ? 1 : 0;
    before = value;
  }
  EXPECT_LT(worst, 2e-7);
  EXPECT_EQ(falls, 0);
  EXPECT_EQ(float32::logistic(1e30F), 1.0F);
  EXPECT_LT(float32::logistic(-1e30F), 1e-37F);
}

TEST(Float32, SineAndCosineAreWithinTwelveInAHundredMillion) {
  double worst = 0;
  double off_circle = 0;
  for (std::uint64_t turns = 0; turns < (std::uint64_t{1} << 32U); turns += 4093) {
    double const angle = static_cast<double>(turns) * (2 * std::numbers::pi / 4294967296.0);
    auto const [sine, cosine] = float32::sincos(static_cast<std::uint32_t>(turns));
    double const s = static_cast<double>(sine);
    double const c = static_cast<double>(cosine);
    worst = std::max({worst, std::abs(s - std::sin(angle)), std::abs(c - std::cos(angle))});
    off_circle = std::max(off_circle, std::abs(s * s + c * c - 1));
  }
  EXPECT_LT(worst, 1.2e-7);
  EXPECT_LT(off_circle, 3e-7);
}

TEST(Float32, SineAndCosineAreExactAtQuarterTurns) {
  auto const at = [](std::uint32_t turns) { return float32::sincos(turns); };
  EXPECT_EQ(at(0).sin, 0.0F);
  EXPECT_EQ(at(0).cos, 1.0F);
  EXPECT_EQ(at(0x40000000U).sin, 1.0F);
  EXPECT_EQ(at(0x40000000U).cos, 0.0F);
  EXPECT_EQ(at(0x80000000U).cos, -1.0F);
  EXPECT_EQ(at(0xC0000000U).sin, -1.0F);
}

TEST(Float32, UniformHasEqualStepsInZeroToBelowOne) {
  EXPECT_EQ(float32::uniform(0), 0.0F);
  EXPECT_EQ(float32::uniform(0x000000FFU), 0.0F);
  EXPECT_EQ(float32::uniform(0x00000100U), 0x1p-24F);
  EXPECT_EQ(float32::uniform(0xFFFFFFFFU), 1.0F - 0x1p-24F);
}

//! FNV-1a over the bits of many numbers: any compiler that fuses, reorders or widens an operation gives another value.
class Fingerprint {
 public:
  void add(float value) {
    auto const bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      hash_ ^= (bits >> shift) & 0xFFU;
      hash_ *= 1'099'511'628'211U;
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
};

// Pinned with gcc 12 and clang 14 at -O0 and -O3, with and without FMA in the CPU's instruction set: the same everywhere.
TEST(Float32, AMillionNumbersOfEachKindHaveTheSameBitsOnEveryCompiler) {
  Fingerprint uniforms;
  Fingerprint normal;
  Fingerprint logistics;
  for (std::uint32_t i = 0; i < 250'000; ++i) {
    auto const block = philox({i, 1, 2, 3}, 20'261'122);
    for (auto const word : block) uniforms.add(float32::uniform(word));
    for (float const z : normals(block)) {
      normal.add(z);
      logistics.add(float32::logistic(8 * z));
    }
  }
  EXPECT_EQ(uniforms.value(), 0xcd03461c1067c760U);
  EXPECT_EQ(normal.value(), 0x3036413839f04b58U);
  EXPECT_EQ(logistics.value(), 0xb172c2740b5ee226U);
}

}  // namespace
}  // namespace bordin
