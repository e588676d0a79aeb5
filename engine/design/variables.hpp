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
  //! `ruptures`: whether they happen in this world; otherwise there are no columns about them.
  void resize(DesignParameters const& design, std::vector<Arm> const& arms, std::vector<Measure> const& measures,
              bool ruptures, std::size_t therapists, std::size_t clients);

  void therapist(std::size_t row, std::int32_t arm, std::uint32_t clients, TherapistTraits const& traits);
  void client(std::size_t row, std::int32_t therapist, std::int32_t arm, ClientTraits const& traits, Match const& match,
              Outcome const& outcome);
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
  void add_truth(Dataset& out);
  std::vector<float> score_at_end(std::vector<float> const& score, bool completers_only) const;
  std::vector<float> at_occasion(std::vector<float> const& score, std::size_t occasion) const;
  std::vector<float> mean_over(std::vector<float> const& score, std::size_t first, std::size_t last) const;

  struct TherapistColumns {
    std::vector<std::int32_t> caseload;
    std::vector<std::int8_t> arm;
    std::vector<float> goal, task, bond, ability, direct, retention, severity, repair;
  };
  struct ClientColumns {
    std::vector<std::int32_t> therapist;
    std::vector<std::int8_t> arm, ending;
    std::vector<std::int16_t> sessions;
    std::vector<float> goal, task, bond, prospects, severity, expectation, change, match, standard_change;
  };
  struct SessionColumns {
    std::vector<float> goal, task, bond, alliance, symptoms, gain, rupture, repairs;
    std::vector<std::int8_t> rupture_reported;
  };

  std::vector<std::string> arm_names_;
  std::vector<std::string> rating_names_;
  bool therapists_have_arms_ = false;
  bool ruptures_ = false;
  float spacing_ = 1;
  std::size_t occasions_ = 0;
  std::size_t early_first_ = 1, early_last_ = 3;
  TherapistColumns therapists_;
  ClientColumns clients_;
  SessionColumns sessions_;
};

}  // namespace bordin
