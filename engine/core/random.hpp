#pragma once

#include <array>
#include <cstdint>

#include "core/float32.hpp"

namespace bordin {

using RandomBlock = std::array<std::uint32_t, 4>;

//! Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, SC'11, doi 10.1145/2063384.2063405): four random words as a pure
//! function of a counter and a key. Whoever knows the counter has the numbers: there is no state to share, to seed or to
//! advance, so nothing depends on threads or order.
constexpr RandomBlock philox(RandomBlock counter, std::uint64_t seed) {
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    std::uint64_t const product0 = std::uint64_t{0xD2511F53U} * counter[0];
    std::uint64_t const product1 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return counter;
}

//! Four independent standard normal numbers from one block.
inline std::array<float, 4> normals(RandomBlock const& block) {
  auto const a = float32::normal_pair(block[0], block[1]);
  auto const b = float32::normal_pair(block[2], block[3]);
  return {a.first, a.second, b.first, b.second};
}

//! The blocks that follow one counter, as a random number engine for Boost.Random (and std) distributions, where speed
//! does not matter. The low 20 bits of the last counter word number the blocks: a stream has 2^22 words.
class RandomStream {
 public:
  using result_type = std::uint32_t;

  RandomStream(RandomBlock counter, std::uint64_t seed) : counter_(counter), seed_(seed) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xFFFFFFFFU; }
  result_type operator()();

 private:
  RandomBlock counter_;
  std::uint64_t seed_;
  RandomBlock block_{};
  unsigned used_ = 4;  // words of block_ handed out
  std::uint32_t blocks_ = 0;
};

}  // namespace bordin
