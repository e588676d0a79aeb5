#pragma once

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <utility>

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

//! Functions of K vectors at once, step by step side by side: one alone would wait for itself most of the time.
//! Logarithms of x / 2^Halvings, which takes the halvings from the exponent and costs nothing.
template <std::uint32_t Halvings, std::size_t K>
HWY_INLINE void logs(F (&x)[K]) {
  F exponent[K], f[K], p[K];
  each<K>([&](auto k) {
    U const sqrt_half = word(0x3F3504F3U);
    U const bits = hn::BitCast(Words(), x[k]) - word(0x3F3504F3U + (Halvings << 23));
    exponent[k] = hn::ConvertTo(Floats(), hn::ShiftRight<23>(hn::BitCast(Ints(), bits)));
    f[k] = hn::BitCast(Floats(), (bits & word(0x007FFFFFU)) + sqrt_half) - number(1.0F);
    p[k] = number(-0.07634509354829788F);
  });
  auto const step = [&](float c) { each<K>([&](auto k) { p[k] = p[k] * f[k] + number(c); }); };
  step(0.1276157796382904F);
  step(-0.13160178065299988F);
  step(0.14201757311820984F);
  step(-0.1662335842847824F);
  step(0.20001226663589478F);
  step(-0.2500081956386566F);
  step(0.3333333134651184F);
  each<K>([&](auto k) {
    F const square = f[k] * f[k];
    F const rest = square * f[k] * p[k] - number(0.5F) * square;
    x[k] = exponent[k] * number(0.693359375F) + (f[k] + (rest + exponent[k] * number(-2.12194440e-4F)));
  });
}

HWY_INLINE F log(F x) {
  F alone[1] = {x};
  logs<0>(alone);
  return alone[0];
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

//! Sines and cosines of K angles.
template <std::size_t K>
HWY_INLINE void sincos(U const (&turns)[K], F (&sines)[K], F (&cosines)[K]) {
  F x[K], z[K], s[K], c[K];
  each<K>([&](auto k) {
    // What is left of the nearest quarter turn are the lower 30 bits with their sign; four times that is one shift.
    F const rest = hn::ConvertTo(Floats(), hn::BitCast(Ints(), hn::ShiftLeft<2>(turns[k])));
    x[k] = rest * number(0.25F * 1.46291807926715968e-9F);
    z[k] = x[k] * x[k];
    s[k] = number(-0.00019517593318596482F) * z[k] + number(0.00833218079060316F);
    c[k] = number(2.4439483240712434e-05F) * z[k] - number(0.0013887378154322505F);
  });
  each<K>([&](auto k) {
    s[k] = s[k] * z[k] - number(0.16666655242443085F);
    c[k] = c[k] * z[k] + number(0.04166664555668831F);
  });
  each<K>([&](auto k) {
    F const sine = x[k] + x[k] * z[k] * s[k];
    F const cosine = (z[k] * z[k]) * c[k] - number(0.5F) * z[k] + number(1.0F);
    // Quarter turns: bit 30 swaps sine and cosine, bit 31 turns the sine around, their difference the cosine.
    U const quarter = turns[k] + word(0x20000000U);
    U const bit30 = hn::ShiftLeft<1>(quarter);
    F const swap = hn::BitCast(Floats(), bit30);
    U const half_turn = quarter & word(0x80000000U), quarter_turn = bit30 & word(0x80000000U);
    auto const bits = [](F size) { return hn::BitCast(Words(), size); };
    sines[k] = hn::BitCast(Floats(), bits(hn::IfNegativeThenElse(swap, cosine, sine)) ^ half_turn);
    cosines[k] = hn::BitCast(Floats(), hn::Xor3(bits(hn::IfNegativeThenElse(swap, sine, cosine)), half_turn, quarter_turn));
  });
}

HWY_INLINE F uniform(U random) {
  return hn::ConvertTo(Floats(), hn::BitCast(Ints(), hn::ShiftRight<8>(random))) * number(0x1p-24F);
}

struct Block {
  U w0, w1, w2, w3;
};

struct NormalPair {
  F first, second;
};

//! K pairs of normal numbers.
template <std::size_t K>
HWY_INLINE void normal_pairs(U const (&radius_word)[K], U const (&angle_word)[K], NormalPair (&out)[K]) {
  F radius[K], sine[K], cosine[K];
  each<K>([&](auto k) {
    radius[k] = hn::ConvertTo(Floats(), hn::BitCast(Ints(), hn::ShiftRight<1>(radius_word[k]))) + number(0.5F);
  });
  logs<31>(radius);
  each<K>([&](auto k) { radius[k] = hn::Sqrt(number(-2.0F) * radius[k]); });
  sincos(angle_word, sine, cosine);
  each<K>([&](auto k) { out[k] = {radius[k] * cosine[k], radius[k] * sine[k]}; });
}

HWY_INLINE NormalPair normal_pair(U radius_word, U angle_word) {
  NormalPair alone[1];
  normal_pairs<1>({radius_word}, {angle_word}, alone);
  return alone[0];
}

struct Normals {
  F z0, z1, z2, z3;
};

HWY_INLINE Normals normals(Block const& block) {
  NormalPair pair[2];
  normal_pairs<2>({block.w0, block.w2}, {block.w1, block.w3}, pair);
  return {pair[0].first, pair[0].second, pair[1].first, pair[1].second};
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

//! K blocks.
template <std::size_t K>
HWY_INLINE void philoxes(Block (&block)[K], Seed const& seed) {
  HalfBlock even[K], odd[K];
  each<K>([&](auto k) {
    auto const half = [](U words, bool is_odd) {
      L const both = hn::BitCast(Longs(), words);
      return is_odd ? hn::ShiftRight<32>(both) : both;
    };
    Block const& b = block[k];
    even[k] = {half(b.w0, false), half(b.w1, false), half(b.w2, false), half(b.w3, false)};
    odd[k] = {half(b.w0, true), half(b.w1, true), half(b.w2, true), half(b.w3, true)};
  });
  // Two rounds of one block, then of the next: where registers do not hold them all, that halves what is fetched and put
  // away.
  for (int round = 0; round < 10; round += 2) {
    L const key0[2] = {hn::Set(Longs(), seed.key0[round]), hn::Set(Longs(), seed.key0[round + 1])};
    L const key1[2] = {hn::Set(Longs(), seed.key1[round]), hn::Set(Longs(), seed.key1[round + 1])};
    each<K>([&](auto k) {
      each<2>([&](auto r) {
        philox_round(even[k], key0[r], key1[r]);
        philox_round(odd[k], key0[r], key1[r]);
      });
    });
  }
  each<K>([&](auto k) {
    auto const both = [](L e, L o) {
      return hn::OddEven(hn::BitCast(Words(), hn::ShiftLeft<32>(o)), hn::BitCast(Words(), e));
    };
    block[k] = {both(even[k].c0, odd[k].c0), both(even[k].c1, odd[k].c1), both(even[k].c2, odd[k].c2),
                both(even[k].c3, odd[k].c3)};
  });
}

HWY_INLINE Block philox(Block const& counter, Seed const& seed) {
  Block alone[1] = {counter};
  philoxes(alone, seed);
  return alone[0];
}

}  // namespace bordin::HWY_NAMESPACE
