#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kernel/task.hpp"
#include "simulation/buffer.hpp"
#include "simulation/enrolment.hpp"

namespace bordin {

class World;

//! The variables somebody wants; nobody pays for others.
class Wanted {
 public:
  static Wanted everything() { return Wanted(); }
  //! `sessions`: those of sessions, too, not only those of clients and therapists.
  static Wanted only(std::set<std::string> names, bool sessions) { return {std::move(names), sessions}; }
  bool sessions() const { return sessions_; }
  bool has(std::string const& name) const { return all_ || names_.contains(name); }

 private:
  Wanted() = default;
  Wanted(std::set<std::string> names, bool sessions) : all_(false), sessions_(sessions), names_(std::move(names)) {}
  bool all_ = true, sessions_ = true;
  std::set<std::string> names_;
};

//! What is drawn of several replications: columns of float32, missing = NaN. Therapists stand in the order of their rows,
//! replication after replication. Clients of one arm stand together, so that those of many small studies fill the lanes of
//! the kernel; `place` says where.
struct Records {
  struct Replication {
    std::uint32_t number = 0;
    std::vector<Caseholder> holders;
    std::size_t first_therapist = 0, therapists = 0;
    std::size_t first_client = 0, clients = 0;
  };
  //! The clients of one arm, with therapists or without.
  struct Group {
    std::size_t arm = 0;
    bool has_therapist = true;
    std::size_t first = 0, count = 0;  //!< places
  };

  std::uint64_t seed = 0;
  std::vector<Replication> replications;
  std::vector<Group> groups;

  // By client, in the order of rows: the row of the therapist in the replication, the arm (-1 = none), the place.
  std::vector<std::int32_t> therapist;
  std::vector<std::int32_t> arm;
  std::vector<std::uint32_t> place;

  // By place: words of the counters of random numbers, and the therapist's place in the columns of therapists.
  std::vector<std::uint32_t> replication_word, home_word, place_word;
  std::vector<std::int32_t> therapist_place;

  // By therapist, filled up to whole vectors.
  std::vector<std::uint32_t> therapist_replication, therapist_home;
  TherapistColumns of_therapists{}, of_clinics{};
  ClientColumns of_clients{};
  SessionColumns of_sessions{};

  Buffer numbers;  //!< what the columns point to

  std::size_t therapists() const;
  Roster roster(Group const& group) const;
};

//! Draws replications `first` to `first + count - 1`.
Records draw_records(World const& world, std::uint64_t seed, std::uint32_t first, std::uint32_t count,
                     Wanted const& wanted);

}  // namespace bordin
