#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "design/design.hpp"
#include "design/instruments.hpp"
#include "therapy/therapy.hpp"

namespace bordin {

struct Dataset;
class World;

//! Scores of one measure, one element per client and occasion, NaN where not given.
struct Scores {
  std::vector<float> total;
  std::array<std::vector<float>, components> part;  //!< subscales of an alliance scale
  std::array<std::array<std::vector<std::int8_t>, OrdinalItems::per_component>, components> item;

  void resize(Measure const& measure, std::size_t rows);
  void rate(std::size_t row, AllianceRating const& rating);
};

//! The variables of a study while a data set is being made, and their definitions: names, units, descriptions stand here
//! and nowhere else.
class Variables {
 public:
  //! What does not happen in this world (ruptures, hope, clinics ...) has no columns.
  void resize(World const& world, std::size_t therapists, std::size_t clients);

  void therapist(std::size_t row, std::int32_t arm, std::uint32_t clients, TherapistTraits const& traits);
  void client(std::size_t row, std::int32_t therapist, std::int32_t arm, ClientTraits const& traits, Match const& match,
              Outcome const& outcome);
  void clinic(std::size_t therapist, std::int32_t number, ClinicTraits const& traits);
  void attended(std::size_t client, SessionState const& state);
  void rupture_report(std::size_t client, int session, bool reported);
  LatentCourse course(std::size_t client);
  SessionState state(std::size_t client, int session) const;

  Dataset finish(std::vector<Measure> const& measures) &&;

  std::vector<Scores> scores;               //!< by measure
  std::vector<std::vector<float>> ratings;  //!< derived ratings of clients, in the order of design.ratings

 private:
  void add_therapists(Dataset& out);
  void add_clients(Dataset& out, std::vector<Measure> const& measures);
  void add_outcomes(Table& clients, std::vector<Measure> const& measures) const;
  void add_change(Table& clients, Measure const& measure, std::string const& suffix, std::vector<float> const& pre,
                  std::vector<float> const& post) const;
  void add_alliance(Table& clients, std::vector<float> const& rating) const;
  void add_further_alliance(Table& clients, Measure const& measure, std::vector<float> const& rating) const;
  void add_ratings(Table& clients);
  static void add_scores(Table& sessions, Measure const& measure, Scores& own);
  void add_sessions(Dataset& out, std::vector<Measure> const& measures);
  void add_followups(Table& clients, std::vector<Measure> const& measures) const;
  void add_truth(Dataset& out);
  void add_truth_of_therapists(Table& out);
  void add_truth_of_clients(Table& out);
  void add_truth_of_sessions(Table& out);
  std::vector<float> times() const;
  std::vector<std::int16_t> ruptures_reported() const;
  std::vector<std::int32_t> clinic_of_client() const;
  std::vector<float> score_at_end(std::vector<float> const& score, bool completers_only) const;
  std::vector<float> at_occasion(std::vector<float> const& score, std::size_t occasion) const;
  std::vector<float> mean_over(std::vector<float> const& score, std::size_t first, std::size_t last) const;

  struct TherapistColumns {
    std::vector<std::int32_t> caseload;
    std::vector<std::int8_t> arm;
    std::vector<float> goal, task, bond, ability, direct, retention, severity, repair, years;
    std::vector<float> clinic_ability, clinic_direct;
    std::vector<std::int32_t> clinic;
    std::vector<std::int8_t> trained;
  };
  struct ClientColumns {
    std::vector<std::int32_t> therapist;
    std::vector<std::int8_t> arm, ending;
    std::vector<std::int16_t> sessions, last;
    std::vector<float> goal, task, bond, prospects, severity, expectation, change, match, standard_change;
  };
  struct SessionColumns {
    std::vector<float> goal, task, bond, alliance, symptoms, gain, rupture, repairs, hope, faith, commitment;
    std::vector<std::int8_t> rupture_reported, attended;
  };

  std::vector<std::string> arm_names_;
  std::vector<std::string> rating_names_;
  bool therapists_have_arms_ = false;
  bool ruptures_ = false, commitment_ = false, clinics_ = false, experience_ = false, training_ = false;
  Calendar calendar_;
  std::size_t occasions_ = 0;
  std::size_t early_first_ = 1, early_last_ = 3;
  TherapistColumns therapists_;
  ClientColumns clients_;
  SessionColumns sessions_;
};

}  // namespace bordin
