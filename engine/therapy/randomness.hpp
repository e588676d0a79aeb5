#pragma once

#include <cstdint>

#include "core/errors.hpp"
#include "core/random.hpp"

namespace bordin {

//! What a random number is for. Every purpose has numbers of its own, so that a new kind of draw shifts nobody else's.
//! The values are part of the promise "same scenario, seed and replication, same bits": add, never renumber.
enum class Purpose : std::uint32_t {
  therapist_traits = 1,
  client_traits = 2,
  match = 3,
  session_process = 4,
  ending = 5,
  good_enough_level = 6,
  caseload = 7,
  allocation = 8,
  rupture = 9,
  trait_kind = 11,
  clinic_traits = 12,
  background = 13,
  engagement = 14,
  missed_session = 15,
  missed_questionnaire = 16,
  missed_followup = 17,
  empathy = 20,  // derived ratings, design/ratings.hpp
  goal_consensus = 21,
  collaboration = 22,
  expectation_rating = 23,
  credibility = 24,
  first_instrument = 1024,  //!< instruments and their raters follow, see design/instruments.hpp
};

inline constexpr std::uint32_t most_arms = 127;
inline constexpr std::uint32_t most_therapists_in_arm = (1U << 24) - 1;
inline constexpr std::uint32_t most_clients_of_therapist = (1U << 20) - 1;
inline constexpr std::uint32_t most_sessions = (1U << 12) - 1;

//! A therapist's number: the arm (0 = works in several arms) and the place in it (0 = no therapist).
//! More therapists in one arm thus renumber nobody.
struct TherapistNumber {
  std::uint32_t arm = 0;
  std::uint32_t place = 0;
  constexpr std::uint32_t word() const { return (arm << 24) | place; }
};

//! A client's number: the home therapist and the place in the caseload (from 1), kept whoever treats the client.
struct ClientNumber {
  TherapistNumber home;
  std::uint32_t place = 1;
};

//! All random numbers of one replication. Counter words: replication | home therapist | place in the caseload and purpose |
//! session and block. Injective; nothing is hashed.
class Randomness {
 public:
  Randomness(std::uint64_t seed, std::uint32_t replication) : seed_(seed), replication_(replication) {}

  RandomBlock of_therapist(TherapistNumber who, Purpose what, std::uint32_t block = 0) const {
    return philox(counter(who, 0, what, block), seed_);
  }
  RandomBlock of_client(ClientNumber who, Purpose what, std::uint32_t session = 0, std::uint32_t block = 0) const {
    return philox(counter(who.home, who.place, what, (session << 20) | block), seed_);
  }
  //! The match belongs to the pair that meets.
  RandomBlock of_match(ClientNumber who, TherapistNumber met) const {
    return philox(counter(who.home, who.place, Purpose::match, met.word()), seed_);
  }
  //! For Boost.Random distributions.
  RandomStream stream_of_therapist(TherapistNumber who, Purpose what) const { return {counter(who, 0, what, 0), seed_}; }

 private:
  RandomBlock counter(TherapistNumber home, std::uint32_t place, Purpose what, std::uint32_t last) const {
    return {replication_, home.word(), (place << 12) | static_cast<std::uint32_t>(what), last};
  }
  std::uint64_t seed_;
  std::uint32_t replication_;
};

}  // namespace bordin
