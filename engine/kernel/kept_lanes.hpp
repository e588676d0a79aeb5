#pragma once

#include <initializer_list>

#include "kernel/people_lanes.hpp"
#include "kernel/room_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! What is kept of a client from session to session. Which of them are used depends on the plan.
enum class Field : std::size_t {
  replication,  // words: whose random numbers, and the place in the block
  home,
  place,
  seat,
  x0,  // the session process
  x1,
  x2,
  x3,
  gain,
  lasting,
  drive,
  stable0,
  stable1,
  stable2,
  stable_composite,
  lasting_alliance,
  early,
  early_sessions,
  raise,
  retention,
  severity,
  repair_chance,
  standard_change,
  rupture_open,
  rupture_age,
  rupture_onset,
  repairs,
  rupture_gain,
  hope,
  faith,
  score_at_intake,
  on_track,
  good_enough_level,
  last_score,
  attended,
  ended,
  count
};

constexpr Field after(Field first, std::size_t k) {
  return static_cast<Field>(static_cast<std::size_t>(first) + k);
}

//! The fields of the clients of a block, one per lane. Further fields may follow those that have names.
class Kept {
 public:
  explicit Kept(std::size_t further) : rows_(named + further), used_(named + further) {
    for (std::size_t l = 0; l < most_lanes; ++l) lane_[l] = static_cast<std::int32_t>(l);
  }

  static constexpr Field further(std::size_t k) { return after(Field::count, k); }
  void use(std::initializer_list<Field> fields) {
    for (Field const f : fields) used_[used_count_++] = &rows_[static_cast<std::size_t>(f)];
  }

  Row const& row(Field f) const { return rows_[static_cast<std::size_t>(f)]; }
  HWY_INLINE F get(Field f, std::size_t i) const { return load(row(f), i); }
  HWY_INLINE void keep(Field f, std::size_t i, F value) { store(rows_[static_cast<std::size_t>(f)], i, value); }
  U word(Field f, std::size_t i) const { return hn::BitCast(Words(), get(f, i)); }
  void keep_word(Field f, std::size_t i, U value) { keep(f, i, hn::BitCast(Floats(), value)); }

  HWY_INLINE Who who(std::size_t i) const {
    return {word(Field::replication, i), word(Field::home, i), word(Field::place, i)};
  }
  std::uint32_t seat(std::size_t lane) const {
    std::uint32_t seat = 0;
    __builtin_memcpy(&seat, row(Field::seat).at + lane, sizeof seat);
    return seat;
  }
  //! Client i of the block takes lane i.
  void seat_in_order(std::size_t i) {
    U const lane = hn::BitCast(Words(), hn::Load(Ints(), lane_));
    keep_word(Field::seat, i, lane + bordin::HWY_NAMESPACE::word(static_cast<std::uint32_t>(i)));
  }

  //! Writes the numbers of those of lanes i, i + 1 ... who are in `who`. Returns how many they are.
  HWY_INLINE std::size_t list(std::size_t i, M who, std::int32_t* to) const {
    I const lane = hn::Load(Ints(), lane_) + hn::Set(Ints(), static_cast<std::int32_t>(i));
    hn::StoreU(hn::Compress(lane, hn::RebindMask(Ints(), who)), Ints(), to);
    return hn::CountTrue(Floats(), who);
  }

  //! Moves those of lanes i, i + 1 ... who stay to lane `to` and those after it. Returns how many they are.
  HWY_INLINE std::size_t close_up(std::size_t i, M staying, std::size_t to) {
    auto const who = hn::IndicesFromVec(Floats(), hn::Compress(hn::Load(Ints(), lane_), hn::RebindMask(Ints(), staying)));
    for (std::size_t k = 0; k < used_count_; ++k) {
      Row& row = *used_[k];
      hn::StoreU(hn::TableLookupLanes(load(row, i), who), Floats(), row.at + to);
    }
    return hn::CountTrue(Floats(), staying);
  }

 private:
  static constexpr auto named = static_cast<std::size_t>(Field::count);

  alignas(64) std::int32_t lane_[most_lanes] = {};  // 0, 1, 2 ...
  Room<Row> rows_;
  Room<Row*> used_;
  std::size_t used_count_ = 0;
};

}  // namespace bordin::HWY_NAMESPACE
