#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"

namespace bordin::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

//! One lane is one person. Every function does per lane what its namesake in core/float32.hpp and core/random.hpp does, in
//! the same order: the same bits on every target. No fused multiply-add, no function of Highway that approximates.
using Floats = hn::ScalableTag<float>;
using Words = hn::ScalableTag<std::uint32_t>;
using Ints = hn::ScalableTag<std::int32_t>;
using Longs = hn::Repartition<std::uint64_t, Words>;
using F = hn::Vec<Floats>;
using U = hn::Vec<Words>;
using I = hn::Vec<Ints>;
using L = hn::Vec<Longs>;
using M = hn::Mask<Floats>;

//! Calls act(k) for k = 0 .. N-1, each a constant, so that small arrays of vectors stay in registers.
template <std::size_t... K, class Act>
HWY_INLINE void each_of(std::index_sequence<K...> /*unused*/, Act const& act) {
  (act(std::integral_constant<std::size_t, K>()), ...);
}
template <std::size_t N, class Act>
HWY_INLINE void each(Act const& act) {
  each_of(std::make_index_sequence<N>(), act);
}

HWY_INLINE F number(float x) {
  return hn::Set(Floats(), x);
}
HWY_INLINE U word(std::uint32_t x) {
  return hn::Set(Words(), x);
}

//! As std::max and std::min: of zeros and where one is NaN, the first. The instructions of x86 do that, turned around.
HWY_INLINE F larger(F a, F b) {
#if HWY_ARCH_X86
  return hn::Max(b, a);
#else
  return hn::IfThenElse(hn::Lt(a, b), b, a);
#endif
}
HWY_INLINE F smaller(F a, F b) {
#if HWY_ARCH_X86
  return hn::Min(b, a);
#else
  return hn::IfThenElse(hn::Lt(b, a), b, a);
#endif
}

HWY_INLINE F log(F x) {
  U const sqrt_half = word(0x3F3504F3U);
  U const bits = hn::BitCast(Words(), x) - sqrt_half;
  F const exponent = hn::ConvertTo(Floats(), hn::ShiftRight<23>(hn::BitCast(Ints(), bits)));
  F const f = hn::BitCast(Floats(), (bits & word(0x007FFFFFU)) + sqrt_half) - number(1.0F);
  F p = number(-0.07634509354829788F);
  p = p * f + number(0.1276157796382904F);
  p = p * f - number(0.13160178065299988F);
  p = p * f + number(0.14201757311820984F);
  p = p * f - number(0.1662335842847824F);
  p = p * f + number(0.20001226663589478F);
  p = p * f - number(0.2500081956386566F);
  p = p * f + number(0.3333333134651184F);
  F const square = f * f;
  F const rest = square * f * p - number(0.5F) * square;
  return exponent * number(0.693359375F) + (f + (rest + exponent * number(-2.12194440e-4F)));
}

HWY_INLINE F exp(F x) {
  F const below = hn::IfThenElse(hn::Gt(x, number(88.0F)), number(88.0F), x);
  F const clamped = hn::IfThenElse(hn::Lt(x, number(-87.0F)), number(-87.0F), below);
  F const power = hn::Floor(clamped * number(1.44269504F) + number(0.5F));
  F const r = (clamped - power * number(0.693359375F)) - power * number(-2.12194440e-4F);
  F p = number(0.0013950325082987547F);
  p = p * r + number(0.00836881436407566F);
  p = p * r + number(0.04166620969772339F);
  p = p * r + number(0.1666651964187622F);
  p = p * r + number(0.5F);
  F const mantissa = (r * r) * p + r + number(1.0F);
  I const scale = hn::ShiftLeft<23>(hn::ConvertTo(Ints(), power) + hn::Set(Ints(), 127));
  return mantissa * hn::BitCast(Floats(), scale);
}

HWY_INLINE F logistic(F x) {
  return number(1.0F) / (number(1.0F) + exp(hn::Neg(x)));
}

struct SinCos {
  F sin, cos;
};

HWY_INLINE SinCos sincos(U turns) {
  U const shifted = turns + word(0x20000000U);
  I const rest = hn::BitCast(Ints(), shifted & word(0x3FFFFFFFU)) - hn::Set(Ints(), 0x20000000);
  F const x = hn::ConvertTo(Floats(), rest) * number(1.46291807926715968e-9F);
  F const z = x * x;
  F s = number(-0.00019517593318596482F);
  s = s * z + number(0.00833218079060316F);
  s = s * z - number(0.16666655242443085F);
  F const sine = x + x * z * s;
  F c = number(2.4439483240712434e-05F);
  c = c * z - number(0.0013887378154322505F);
  c = c * z + number(0.04166664555668831F);
  F const cosine = (z * z) * c - number(0.5F) * z + number(1.0F);
  // Quarter turns: bit 30 swaps sine and cosine, bit 31 turns the sine around, their difference the cosine.
  M const swap =
      hn::MaskFromVec(hn::BitCast(Floats(), hn::BroadcastSignBit(hn::BitCast(Ints(), hn::ShiftLeft<1>(shifted)))));
  U const sign = word(0x80000000U);
  U const sine_turns = shifted & sign;
  U const cosine_turns = (shifted ^ hn::ShiftLeft<1>(shifted)) & sign;
  auto const turned = [](F size, U turn) { return hn::BitCast(Floats(), hn::BitCast(Words(), size) ^ turn); };
  return {turned(hn::IfThenElse(swap, cosine, sine), sine_turns), turned(hn::IfThenElse(swap, sine, cosine), cosine_turns)};
}

HWY_INLINE F uniform(U random) {
  return hn::ConvertTo(Floats(), hn::BitCast(Ints(), hn::ShiftRight<8>(random))) * number(0x1p-24F);
}

struct NormalPair {
  F first, second;
};

HWY_INLINE NormalPair normal_pair(U radius_word, U angle_word) {
  F const u =
      hn::ConvertTo(Floats(), hn::BitCast(Ints(), hn::ShiftRight<1>(radius_word))) * number(0x1p-31F) + number(0x1p-32F);
  F const radius = hn::Sqrt(number(-2.0F) * log(u));
  auto const [sine, cosine] = sincos(angle_word);
  return {radius * cosine, radius * sine};
}

struct Block {
  U w0, w1, w2, w3;
};

struct Normals {
  F z0, z1, z2, z3;
};

HWY_INLINE Normals normals(Block const& block) {
  auto const a = normal_pair(block.w0, block.w1);
  auto const b = normal_pair(block.w2, block.w3);
  return {a.first, a.second, b.first, b.second};
}

//! Half of the lanes of a block of counters, each in a lane of 64 bits whose upper half means nothing: there a product of
//! 32 by 32 bits needs no shuffling.
struct HalfBlock {
  L c0, c1, c2, c3;
};

//! The keys of the ten rounds, prepared once for a seed.
struct Seed {
  std::uint64_t key0[10], key1[10];

  explicit Seed(std::uint64_t seed) {
    auto first = static_cast<std::uint32_t>(seed);
    auto second = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round, first += 0x9E3779B9U, second += 0xBB67AE85U) {
      key0[round] = first;
      key1[round] = second;
    }
  }
};

HWY_INLINE void philox_round(HalfBlock& at, L key0, L key1) {
  L const product0 = hn::MulEven(word(0xD2511F53U), hn::BitCast(Words(), at.c0));
  L const product1 = hn::MulEven(word(0xCD9E8D57U), hn::BitCast(Words(), at.c2));
  at.c0 = hn::Xor3(hn::ShiftRight<32>(product1), at.c1, key0);
  at.c1 = product1;
  at.c2 = hn::Xor3(hn::ShiftRight<32>(product0), at.c3, key1);
  at.c3 = product0;
}

HWY_INLINE Block philox(Block const& counter, Seed const& seed) {
  auto const half = [](U words, bool odd) {
    L const both = hn::BitCast(Longs(), words);
    return odd ? hn::ShiftRight<32>(both) : both;
  };
  HalfBlock even{half(counter.w0, false), half(counter.w1, false), half(counter.w2, false), half(counter.w3, false)};
  HalfBlock odd{half(counter.w0, true), half(counter.w1, true), half(counter.w2, true), half(counter.w3, true)};
  for (int round = 0; round < 10; ++round) {
    L const key0 = hn::Set(Longs(), seed.key0[round]);
    L const key1 = hn::Set(Longs(), seed.key1[round]);
    philox_round(even, key0, key1);
    philox_round(odd, key0, key1);
  }
  auto const both = [](L e, L o) {
    return hn::OddEven(hn::BitCast(Words(), hn::ShiftLeft<32>(o)), hn::BitCast(Words(), e));
  };
  return {both(even.c0, odd.c0), both(even.c1, odd.c1), both(even.c2, odd.c2), both(even.c3, odd.c3)};
}

}  // namespace bordin::HWY_NAMESPACE
