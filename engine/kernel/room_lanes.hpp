#pragma once

#include <cstddef>

#include "kernel/lanes.hpp"
#include "kernel/task.hpp"

namespace bordin::HWY_NAMESPACE {

//! Rows of a block have a vector more than there are clients, so that any vector can begin at any of them.
inline constexpr std::size_t block_size = 512;  // from 256 to 1024 it makes no difference that could be measured
inline constexpr std::size_t row_size = block_size + most_lanes;

//! A row of numbers, one per lane or place.
template <class T>
struct RowOf {
  alignas(64) T at[row_size];
};
using Row = RowOf<float>;

//! Zeroed memory for some T. No std::vector, whose functions must not come from here (see target.cpp).
template <class T>
class Room {
 public:
  explicit Room(std::size_t count) : data_(static_cast<T*>(take_room((count + 1) * sizeof(T)))) {}
  Room(Room const&) = delete;
  Room& operator=(Room const&) = delete;
  ~Room() { give_room_back(static_cast<void*>(data_)); }
  T& operator[](std::size_t k) { return data_[k]; }
  T const& operator[](std::size_t k) const { return data_[k]; }

 private:
  T* data_;
};

HWY_INLINE std::size_t lanes() {
  return hn::Lanes(Floats());
}
HWY_INLINE F load(Row const& row, std::size_t i) {
  return hn::Load(Floats(), row.at + i);
}
HWY_INLINE void store(Row& row, std::size_t i, F value) {
  hn::Store(value, Floats(), row.at + i);
}

//! Flags are kept as numbers, 0 or 1.
HWY_INLINE F from_mask(M mask) {
  return hn::IfThenElse(mask, number(1), number(0));
}
HWY_INLINE M to_mask(F flag) {
  return hn::Ne(flag, number(0));
}

}  // namespace bordin::HWY_NAMESPACE
