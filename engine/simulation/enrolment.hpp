#pragma once

#include <cstdint>
#include <vector>

#include "design/design.hpp"
#include "therapy/randomness.hpp"

namespace bordin {

//! A therapist, or an arm that has none, with the clients who come there.
struct Caseholder {
  TherapistNumber number;
  std::int32_t arm = -1;        //!< -1: none, or the client's own allocation decides
  std::int32_t therapist = -1;  //!< row in therapists; -1: an arm without therapists
  std::int32_t clinic = -1;     //!< row among the clinics
  TherapistNumber clinic_number = {};
  std::uint32_t clients = 0;
};

//! Who is in one replication, in the order of its rows.
std::vector<Caseholder> caseholders(DesignParameters const& design, std::vector<Arm> const& arms, Randomness const& random);

//! Randomisation of clients within therapists in permuted blocks of one client per arm. A client's arm is the rank of a
//! number of the client's own among those of the block, whether or not the block is full: one client more changes nobody's.
std::int32_t allocated_arm(Randomness const& random, ClientNumber who, std::size_t arms);

}  // namespace bordin
