#pragma once

#include "kernel/kept_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! Random numbers for everybody of a block, several vectors side by side: a block of numbers alone would keep the processor
//! waiting for itself.
class Draws {
 public:
  static constexpr std::size_t most_numbers = 4;

  explicit Draws(std::uint64_t seed) : seed_(seed) {}

  Seed const& seed() const { return seed_; }

  //! One block each, as words.
  void words(Kept const& kept, std::size_t here, Purpose what, std::uint32_t last) {
    auto const counter = [&](Who const& who) { return who.counter(static_cast<std::uint32_t>(what), last); };
    for_blocks(kept, here, counter, [&](std::size_t i, Block const(&block)[side_by_side]) {
      each<side_by_side>([&](auto k) {
        std::size_t const at = i + k * lanes();
        hn::Store(block[k].w0, Words(), words_[0].at + at);
        hn::Store(block[k].w1, Words(), words_[1].at + at);
        hn::Store(block[k].w2, Words(), words_[2].at + at);
        hn::Store(block[k].w3, Words(), words_[3].at + at);
      });
    });
  }
  Block words_at(std::size_t i) const {
    return {hn::Load(Words(), words_[0].at + i), hn::Load(Words(), words_[1].at + i), hn::Load(Words(), words_[2].at + i),
            hn::Load(Words(), words_[3].at + i)};
  }

  //! One block each, as four normal numbers, kept beside those of other `number`s (below most_numbers).
  void normals(Kept const& kept, std::size_t here, std::uint32_t what, std::uint32_t last, std::size_t number = 0) {
    draw_normals(kept, here, number, [&](Who const& who) { return who.counter(what, last); });
  }
  void normals_of_match(Kept const& kept, std::size_t here, std::size_t number) {
    draw_normals(kept, here, number, [](Who const& who) { return who.counter_of_match(); });
  }
  Normals normals_at(std::size_t i, std::size_t number = 0) const {
    Row const(&from)[4] = normals_[number];
    return {load(from[0], i), load(from[1], i), load(from[2], i), load(from[3], i)};
  }

  //! The first normal number of a block each.
  void normal(Kept const& kept, std::size_t here, std::uint32_t what, std::uint32_t last) {
    auto const counter = [&](Who const& who) { return who.counter(what, last); };
    for_blocks(kept, here, counter, [&](std::size_t i, Block const(&block)[side_by_side]) {
      U radius[side_by_side], angle[side_by_side];
      each<side_by_side>([&](auto k) {
        radius[k] = block[k].w0;
        angle[k] = block[k].w1;
      });
      NormalPair z[side_by_side];
      normal_pairs(radius, angle, z);
      each<side_by_side>([&](auto k) { store(normals_[0][0], i + k * lanes(), z[k].first); });
    });
  }
  F normal_at(std::size_t i) const { return load(normals_[0][0], i); }

 private:
  // Measured. It may be more than registers hold: a detour through the nearest cache takes less than waiting.
  static constexpr std::size_t side_by_side = hn::MaxLanes(Floats()) == most_lanes ? 3 : 4;
  static constexpr std::size_t step = side_by_side * hn::MaxLanes(Floats());
  static_assert((block_size + step - 1) / step * step <= row_size, "the last step would not fit into a row");

  template <class Counter>
  HWY_INLINE void draw_normals(Kept const& kept, std::size_t here, std::size_t number, Counter const& counter) {
    Row(&to)[4] = normals_[number];
    for_blocks(kept, here, counter, [&](std::size_t i, Block const(&block)[side_by_side]) {
      U radius[2 * side_by_side], angle[2 * side_by_side];
      each<side_by_side>([&](auto k) {
        radius[2 * k] = block[k].w0;
        angle[2 * k] = block[k].w1;
        radius[2 * k + 1] = block[k].w2;
        angle[2 * k + 1] = block[k].w3;
      });
      NormalPair z[2 * side_by_side];
      normal_pairs(radius, angle, z);
      each<2 * side_by_side>([&](auto k) {
        std::size_t const at = i + k / 2 * lanes();
        store(to[k % 2 * 2], at, z[k].first);
        store(to[k % 2 * 2 + 1], at, z[k].second);
      });
    });
  }

  template <class Counter, class Act>
  HWY_INLINE void for_blocks(Kept const& kept, std::size_t here, Counter const& counter, Act const& act) const {
    for (std::size_t i = 0; i < here; i += step) {
      Block block[side_by_side];
      each<side_by_side>([&](auto k) { block[k] = counter(kept.who(i + k * lanes())); });
      philoxes(block, seed_);
      act(i, block);
    }
  }

  Row normals_[most_numbers][4] = {};
  RowOf<std::uint32_t> words_[4] = {};
  Seed seed_;
};

}  // namespace bordin::HWY_NAMESPACE
