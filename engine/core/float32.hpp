#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>

//! Elementary functions in float32 that give the same bits on every CPU and compiler: only + - * / sqrt and integer
//! operations, each rounded once (no fused multiply-add: the targets are compiled with -ffp-contract=off), in the order
//! written here. A vector kernel that does the same operations per lane gets the same bits.
//! Polynomials are weighted minimax fits made for this file (Lawson's algorithm on 4000 Chebyshev nodes).
namespace bordin::float32 {

static_assert(FLT_EVAL_METHOD == 0, "float32 arithmetic must not be done in wider registers");

//! Natural logarithm of a positive, normal x. Error below 1.5 units in the last place of the result or of 1e-7.
inline float log(float x) {
  constexpr std::uint32_t sqrt_half = 0x3F3504F3U;  // bits of sqrt(1/2): the mantissa is taken from [sqrt(1/2), sqrt(2))
  auto const bits = std::bit_cast<std::uint32_t>(x) - sqrt_half;
  float const exponent = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
  float const f = std::bit_cast<float>((bits & 0x007FFFFFU) + sqrt_half) - 1.0F;
  float p = -0.07634509354829788F;
  p = p * f + 0.1276157796382904F;
  p = p * f - 0.13160178065299988F;
  p = p * f + 0.14201757311820984F;
  p = p * f - 0.1662335842847824F;
  p = p * f + 0.20001226663589478F;
  p = p * f - 0.2500081956386566F;
  p = p * f + 0.3333333134651184F;
  float const square = f * f;
  float const rest = square * f * p - 0.5F * square;
  constexpr float ln2_high = 0.693359375F;  // few bits, so that exponent * ln2_high is exact
  constexpr float ln2_low = -2.12194440e-4F;
  return exponent * ln2_high + (f + (rest + exponent * ln2_low));
}

//! e^x for any finite x; below -87 and above 88 it stays at the value there. Relative error below 2e-7.
inline float exp(float x) {
  float const clamped = x < -87.0F ? -87.0F : (x > 88.0F ? 88.0F : x);
  float const power = std::floor(clamped * 1.44269504F + 0.5F);
  float const r = (clamped - power * 0.693359375F) - power * -2.12194440e-4F;
  float p = 0.0013950325082987547F;
  p = p * r + 0.00836881436407566F;
  p = p * r + 0.04166620969772339F;
  p = p * r + 0.1666651964187622F;
  p = p * r + 0.5F;
  float const mantissa = (r * r) * p + r + 1.0F;
  auto const scale = static_cast<std::uint32_t>(static_cast<std::int32_t>(power) + 127) << 23;
  return mantissa * std::bit_cast<float>(scale);
}

//! 1 / (1 + e^-x)
inline float logistic(float x) {
  return 1.0F / (1.0F + exp(-x));
}

struct SinCos {
  float sin;
  float cos;
};

//! Sine and cosine of the angle `turns` * 2 pi / 2^32.
inline SinCos sincos(std::uint32_t turns) {
  // The nearest quarter turn is taken off, the rest is an angle in [-pi/4, pi/4).
  std::uint32_t const shifted = turns + 0x20000000U;
  std::uint32_t const quarter = shifted >> 30;
  auto const rest = static_cast<std::int32_t>((shifted & 0x3FFFFFFFU)) - 0x20000000;
  float const x = static_cast<float>(rest) * 1.46291807926715968e-9F;  // 2 pi / 2^32
  float const z = x * x;
  float s = -0.00019517593318596482F;
  s = s * z + 0.00833218079060316F;
  s = s * z - 0.16666655242443085F;
  float const sine = x + x * z * s;
  float c = 2.4439483240712434e-05F;
  c = c * z - 0.0013887378154322505F;
  c = c * z + 0.04166664555668831F;
  float const cosine = (z * z) * c - 0.5F * z + 1.0F;
  bool const swap = (quarter & 1U) != 0;
  float const sin_size = swap ? cosine : sine;
  float const cos_size = swap ? sine : cosine;
  return {.sin = (quarter & 2U) != 0 ? -sin_size : sin_size, .cos = ((quarter + 1U) & 2U) != 0 ? -cos_size : cos_size};
}

//! A random word as a number in [0, 1): 24 bits, so 1 is never reached and steps are equal.
inline float uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

struct NormalPair {
  float first;
  float second;
};

//! Two independent standard normal numbers from two random words (Box and Muller 1958). |z| is at most 6.66.
inline NormalPair normal_pair(std::uint32_t radius_word, std::uint32_t angle_word) {
  float const u = static_cast<float>(static_cast<std::int32_t>(radius_word >> 1)) * 0x1p-31F + 0x1p-32F;  // (0, 1]
  float const radius = std::sqrt(-2.0F * log(u));
  auto const [sine, cosine] = sincos(angle_word);
  return {.first = radius * cosine, .second = radius * sine};
}

}  // namespace bordin::float32
