#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "design/instruments.hpp"
#include "design/missing.hpp"
#include "design/ratings.hpp"
#include "therapy/agreed_end.hpp"
#include "therapy/dropout.hpp"
#include "therapy/dropout_curve.hpp"
#include "therapy/good_enough.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

//! No target works on more persons at once: 512 bits of float32. Columns are padded to multiples of it.
inline constexpr std::size_t most_lanes = 16;

//! What is the same for all clients of one arm.
struct TherapyPlan {
  Therapy const* therapy = nullptr;
  People const* people = nullptr;
  std::vector<Measure> const* measures = nullptr;
  Ratings const* ratings = nullptr;
  MissingQuestionnaires const* missing = nullptr;
  float rupture_sensitivity = 0, rupture_false_alarm = 0;
  bool has_therapist = true;
  // The rules of this arm, null where switched off.
  GoodEnough const* good_enough = nullptr;
  AgreedEnd const* agreed = nullptr;
  DropoutHazard const* hazard = nullptr;
  CurveDropout const* curve = nullptr;

  int sessions = 0;
  std::size_t occasions = 0;
  std::size_t primary = 0;          //!< measure of the primary outcome; beyond the measures: none
  std::vector<std::uint8_t> given;  //!< by measure and occasion
  std::vector<std::uint8_t> post;   //!< by measure: given at the end of a completed therapy, where it is not anyway

  bool is_given(std::size_t measure, std::size_t occasion) const {
    return given.data()[measure * occasions + occasion] != 0;
  }
};

//! Columns of a number per client and occasion: rows of `stride` numbers, one row per occasion. Null: not wanted.
struct SessionColumns {
  enum Latent : std::size_t {
    goal,
    task,
    bond,
    alliance,
    symptoms,
    gain,
    rupture,
    repairs,
    hope,
    faith,
    commitment,
    attended,
    rupture_reported,
    latent_columns
  };
  struct Scores {
    float* total = nullptr;
    std::array<float*, components> part{};
    std::array<std::array<float*, OrdinalItems::per_component>, components> item{};
  };
  std::array<float*, latent_columns> latent{};
  std::vector<Scores> scores;  //!< by measure
  std::size_t stride = 0;
};

//! Columns of a number per client. None is null.
struct ClientColumns {
  float *goal, *task, *bond, *prospects, *severity, *expectation, *change, *standard_change, *match;
  float *ending, *sessions, *last;
  std::vector<float*> ratings;
};

//! Columns of a number per therapist. None is null.
struct TherapistColumns {
  float *goal, *task, *bond, *ability, *direct, *retention, *severity, *repair, *raise, *years, *trained;
};

//! Who they are, as words of the counter of their random numbers.
struct Roster {
  std::uint64_t seed = 0;
  std::size_t count = 0;
  std::uint32_t const* replication = nullptr;
  std::uint32_t const* home = nullptr;   //!< the therapist's number
  std::uint32_t const* place = nullptr;  //!< place in the caseload, shifted past the purpose
};

struct TherapistTask {
  People const* people = nullptr;
  Roster who;                 //!< `place` is not used
  TherapistColumns clinic{};  //!< what the clinic of each therapist brings: goal, task, bond, ability, direct
  bool has_clinics = false;
  TherapistColumns to{};
};

//! Clients of one arm. Place k of every column is the k-th of them.
struct ClientTask {
  TherapyPlan const* plan = nullptr;
  Roster who;
  std::int32_t const* therapist = nullptr;  //!< place in the columns of therapists
  TherapistColumns therapists{};
  ClientColumns clients{};
  SessionColumns sessions;
};

//! Zeroed memory for kernels, aligned for vectors. Throws std::bad_alloc, which kernels must not do themselves: the code
//! for it would be theirs.
void* take_room(std::size_t bytes);
void give_room_back(void* room);

}  // namespace bordin
