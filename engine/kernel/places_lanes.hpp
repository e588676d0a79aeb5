#pragma once

#include "kernel/kept_lanes.hpp"

namespace bordin::HWY_NAMESPACE {

//! What is noted of everybody at an occasion, by lane, and where it goes.
struct Column {
  float* to;      // its row of occasion 0, null if nobody wants it
  float nothing;  // for whom nothing is noted
  bool noted;     // at this occasion
  Row of;
};

//! Clients keep their places in the block's rows of results, while lanes are closed up when somebody leaves. Order is kept:
//! the lanes of a group of places follow each other.
class Places {
 public:
  //! Everybody is in the lane of his place.
  void settle(std::size_t clients) {
    clients_ = clients;
    for (std::size_t p = 0; p < block_size; ++p) {
      lane_of_.at[p] = static_cast<std::int32_t>(p);
      is_there_.at[p] = p < clients ? 1.0F : 0.0F;
    }
    for (std::size_t g = 0; g * lanes() < block_size; ++g) first_lane_[g] = g * lanes();
  }

  //! After lanes were closed up: in which lane everybody is, and where the lanes of each group of places begin.
  void find(Kept const& kept, std::size_t here) {
    for (std::size_t k = 0; k < here; ++k) lane_of_.at[kept.seat(k)] = static_cast<std::int32_t>(k);
    std::size_t lane = 0;
    for (std::size_t p = 0, g = 0; p < clients_; p += lanes(), ++g) {
      first_lane_[g] = lane;
      lane += hn::CountTrue(Floats(), to_mask(load(is_there_, p)));
    }
  }

  //! A group of places and the lanes of those who are there.
  class Group {
   public:
    Group(Places const& places, std::size_t p)
        : is_there(to_mask(load(places.is_there_, p))),
          first_lane_(places.first_lane_[p / lanes()]),
          order_(hn::Load(Ints(), places.lane_of_.at + p) - hn::Set(Ints(), static_cast<std::int32_t>(first_lane_))) {
      order_ = order_ & hn::Set(Ints(), static_cast<std::int32_t>(lanes()) - 1);  // any lane for those who are not there
    }
    //! What the lanes of a row have, in the order of places.
    HWY_INLINE F placed(Row const& row) const {
      F const those = hn::LoadU(Floats(), row.at + first_lane_);
      return hn::TableLookupLanes(those, hn::IndicesFromVec(Floats(), order_));
    }

    M is_there;

   private:
    std::size_t first_lane_;
    I order_;
  };

  //! Writes what was noted of an occasion to rows of results that begin `row` numbers after the columns' beginning. Group
  //! after group, so that who is where is looked up once.
  void spread(Column const* const* columns, std::size_t count, std::size_t row) const {
    for (std::size_t p = 0; p < clients_; p += lanes()) {
      Group const group(*this, p);
      for (std::size_t k = 0; k < count; ++k) {
        Column const& column = *columns[k];
        F const nothing = number(column.nothing);
        F const noted = column.noted ? hn::IfThenElse(group.is_there, group.placed(column.of), nothing) : nothing;
        hn::StoreU(noted, Floats(), column.to + row + p);
      }
    }
  }

  //! Who left is not there any more.
  void clear(std::size_t place) { is_there_.at[place] = 0; }

 private:
  std::size_t clients_ = 0;
  std::size_t first_lane_[block_size] = {};  // by group of places
  Row is_there_{};                           // by place: flags
  RowOf<std::int32_t> lane_of_{};            // by place
};

}  // namespace bordin::HWY_NAMESPACE
