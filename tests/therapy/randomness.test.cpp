#include "therapy/randomness.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bordin {
namespace {

TEST(Randomness, CountersOfDifferentDrawsAreDifferent) {
  Randomness const random(1, 5);
  std::set<RandomBlock> seen;
  std::size_t drawn = 0;
  auto const keep = [&](RandomBlock const& block) {
    seen.insert(block);
    ++drawn;
  };
  for (std::uint32_t arm : {0U, 1U, 2U}) {
    for (std::uint32_t place : {0U, 1U, 2U, most_therapists_in_arm}) {
      TherapistNumber const home{.arm = arm, .place = place};
      for (auto const what : {Purpose::therapist_traits, Purpose::caseload}) {
        keep(random.of_therapist(home, what, 0));
        keep(random.of_therapist(home, what, 1));
      }
      for (std::uint32_t client : {1U, 2U, most_clients_of_therapist}) {
        for (auto const what :
             {Purpose::client_traits, Purpose::session_process, Purpose::ending, Purpose::first_instrument}) {
          for (std::uint32_t session : {0U, 1U, most_sessions})
            keep(random.of_client({.home = home, .place = client}, what, session));
        }
        keep(random.of_match({.home = home, .place = client}, {.arm = 1, .place = 1}));
        keep(random.of_match({.home = home, .place = client}, {.arm = 2, .place = 1}));
      }
    }
  }
  EXPECT_EQ(seen.size(), drawn);
}

TEST(Randomness, SeedAndReplicationChangeEverything) {
  ClientNumber const who{.home = {.arm = 1, .place = 3}, .place = 2};
  auto const block = Randomness(1, 0).of_client(who, Purpose::client_traits);
  EXPECT_NE(block, Randomness(2, 0).of_client(who, Purpose::client_traits));
  EXPECT_NE(block, Randomness(1, 1).of_client(who, Purpose::client_traits));
  EXPECT_NE(block, Randomness(std::uint64_t{1} << 32U | 1U, 0).of_client(who, Purpose::client_traits));
  EXPECT_EQ(block, Randomness(1, 0).of_client(who, Purpose::client_traits));
}

}  // namespace
}  // namespace bordin
