#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/table.hpp"
#include "design/design.hpp"
#include "design/instruments.hpp"
#include "design/missing.hpp"
#include "design/ratings.hpp"
#include "simulation/records.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

//! One simulated study: what researchers see, and the truth beside it. Row k of truth_clients is row k of clients, and so
//! on; `therapist` and `client` columns are row numbers. Sessions have a row per client and occasion (0 = intake).
struct Dataset {
  Table therapists, clients, sessions;
  Table truth_therapists, truth_clients, truth_sessions;
};

//! Everything that is the same for all replications of a scenario: makes data sets, each from its number alone.
class World {
 public:
  //! Parameters must be completed. Throws ScenarioError when they contradict each other.
  World(TherapyParameters const& therapy, DesignParameters design, std::vector<Arm> arms,
        std::vector<Instrument> const& instruments);

  //! Thread-safe; depends on nothing but the scenario, the seed and the replication.
  Dataset simulate(std::uint64_t seed, std::uint32_t replication) const;
  //! Several replications at once, with the variables that are wanted and the rows of clients and therapists they belong
  //! to.
  std::vector<Dataset> simulate(std::uint64_t seed, std::uint32_t first, std::uint32_t count, Wanted const& wanted) const;
  //! How many replications at once keep a vector kernel busy.
  std::uint32_t batch() const;

  double expected_clients() const;
  //! Upper end of what one data set takes in memory, in bytes.
  double bytes_per_dataset() const;
  std::vector<Measure> const& measures() const { return measures_; }
  DesignParameters const& design() const { return design_; }
  std::vector<Arm> const& arms() const { return arms_; }
  Calendar const& calendar() const { return therapies_.front().calendar(); }
  bool has_ruptures() const { return therapies_.front().has_ruptures(); }
  bool has_commitment() const { return therapies_.front().has_commitment(); }
  People const& people() const { return people_; }
  Ratings const& ratings() const { return ratings_; }
  //! By arm; one where there are no arms.
  std::vector<Therapy> const& therapies() const { return therapies_; }
  MissingQuestionnaires const& missing() const { return missing_; }
  float rupture_sensitivity() const { return rupture_sensitivity_; }
  float rupture_false_alarm() const { return rupture_false_alarm_; }

 private:
  DesignParameters design_;
  std::vector<Arm> arms_;
  std::vector<Measure> measures_;
  People people_;
  Ratings ratings_;
  std::vector<Therapy> therapies_;
  float rupture_sensitivity_, rupture_false_alarm_;
  MissingQuestionnaires missing_;
};

}  // namespace bordin
