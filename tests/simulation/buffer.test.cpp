#include "simulation/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace bordin {
namespace {

//! Every test in a thread of its own, which has no room kept from before.
template <class Test>
void in_new_thread(Test const& test) {
  std::thread(test).join();
}

float* room_of(std::size_t count) {
  return Buffer::of_size(count).data();
}

TEST(Buffer, IsAlignedForVectors) {
  in_new_thread([] {
    for (std::size_t const count : {1U, 17U, 1000U, 100'001U})
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(room_of(count)) % 64, 0U) << count;
  });
}

TEST(Buffer, TakesTheRoomOfTheOneBeforeIfThatIsEnough) {
  in_new_thread([] {
    auto* const first = room_of(1000);
    EXPECT_EQ(room_of(1000), first);
    EXPECT_EQ(room_of(1), first);
    EXPECT_EQ(room_of(1000), first);
    EXPECT_EQ(room_of(1100), first);  // a little larger
    EXPECT_NE(room_of(1'000'000), nullptr);
    EXPECT_EQ(room_of(1'000'000), room_of(1000));
  });
}

TEST(Buffer, RoomHasOneOwner) {
  in_new_thread([] {
    room_of(1000);
    std::vector<Buffer> all;
    for (float k = 0; k < 20; ++k) {
      all.push_back(Buffer::of_size(1000));
      std::fill_n(all.back().data(), 1000, k);
    }
    for (std::size_t k = 0; k < all.size(); ++k) {
      for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(all[k].data()[i], static_cast<float>(k));
    }
  });
}

TEST(Buffer, RoomIsHandedOnWithTheBuffer) {
  in_new_thread([] {
    auto one = Buffer::of_size(100);
    auto* const data = one.data();
    Buffer other(std::move(one));
    EXPECT_EQ(other.data(), data);
    EXPECT_EQ(one.data(), nullptr);  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what is left is asked
    auto third = Buffer::of_size(100);
    EXPECT_NE(third.data(), data);
    third = std::move(other);
    EXPECT_EQ(third.data(), data);
    EXPECT_EQ(Buffer().data(), nullptr);
  });
}

TEST(Buffer, ThreadsShareNoRoom) {
  auto* const here = room_of(1000);
  in_new_thread([here] {
    auto const there = Buffer::of_size(1000);
    EXPECT_NE(there.data(), here);
  });
  EXPECT_EQ(room_of(1000), here);
}

TEST(Buffer, OfAnotherThreadCanBeKeptHere) {
  in_new_thread([] {
    Buffer made;
    in_new_thread([&] { made = Buffer::of_size(1000); });
    auto* const data = made.data();
    { Buffer const last = std::move(made); }
    EXPECT_EQ(room_of(1000), data);
  });
}

TEST(Buffer, TheLargestRoomIsKept) {
  for (bool const large_first : {true, false}) {
    in_new_thread([large_first] {
      auto one = Buffer::of_size(large_first ? 100'000 : 10), other = Buffer::of_size(large_first ? 10 : 100'000);
      auto* const large = large_first ? one.data() : other.data();
      { Buffer const first = std::move(one); }
      { Buffer const second = std::move(other); }
      EXPECT_EQ(room_of(100'000), large);
    });
  }
}

TEST(Buffer, RoomOfMoreThan512MiBIsGivenBack) {
  in_new_thread([] {
    auto* const much = room_of((1U << 27) + 1);
    EXPECT_NE(room_of(1000), much);
    auto* const less = room_of(1U << 26);
    EXPECT_EQ(room_of(1000), less);
  });
}

}  // namespace
}  // namespace bordin
