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
  struct Constants {
    float mean_years = 0, alliance_per_year = 0, change_per_year = 0;
    float trained_share = 0, raise = 0;
  };

  Backgrounds(ExperienceParameters const& experience, TrainingParameters const& training);
  bool experience_varies() const { return c_.mean_years > 0; }
  bool training_varies() const { return c_.trained_share > 0; }
  //! Years are exponential: most therapists have few, some have many.
  Background of(RandomBlock const& chance) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
