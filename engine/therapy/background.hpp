#pragma once

#include "core/random.hpp"
#include "scenario/fields.hpp"

namespace bordin {

//! Therapists' years of experience, and what a year more adds to what they are otherwise like.
struct ExperienceParameters {
  double mean_years = 0;
  double alliance = 0;
  double change = 0;

  void describe(FieldVisitor& field);
};

//! Training in forming an alliance, for some of the therapists.
struct TrainingParameters {
  double share = 0;
  double alliance = 0.5;

  void describe(FieldVisitor& field);
};

//! Of one therapist.
struct Background {
  float years = 0;
  bool trained = false;
  float ability = 0;  //!< added to ability by experience [SD of alliance]
  float direct = 0;   //!< added to the direct effect by experience [SD of symptoms over the course]
  float raise = 0;    //!< by how much training raises the alliance [SD of alliance]
};

class Backgrounds {
 public:
  Backgrounds(ExperienceParameters const& experience, TrainingParameters const& training);
  bool experience_varies() const { return mean_years_ > 0; }
  bool training_varies() const { return trained_share_ > 0; }
  //! Years are exponential: most therapists have few, some have many.
  Background of(RandomBlock const& chance) const;

 private:
  float mean_years_, alliance_per_year_, change_per_year_;
  float trained_share_, raise_;
};

}  // namespace bordin
