#pragma once

#include "scenario/fields.hpp"
#include "therapy/course.hpp"
#include "therapy/ending_rule.hpp"

namespace bordin {

//! Planned ending because the client is well enough: the score is at or below min(N(level, sd), intake -
//! least_improvement).
struct GoodEnoughLevel {
  double probability = 0.40;
  double level = -1.4;
  double level_sd = 0.2;
  double least_improvement = 0.95;

  void describe(FieldVisitor& field);
};

//! The score is the observed one where the primary outcome is measured at this session, the latent one where it is not.
class GoodEnough final : public EndingRule {
 public:
  struct Constants {
    float probability = 0, level = 0, level_sd = 0, least_improvement = 0;
  };

  explicit GoodEnough(GoodEnoughLevel const& parameters);
  void begin(Randomness const& random, ClientNumber who, Walk& walk) const override;
  bool ends(EndingMoment const& moment, float uniform) const override;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

std::unique_ptr<EndingRule> make_good_enough(TherapyParameters const& parameters, ArmEffects const& arm,
                                             Calendar const& calendar);
MissingnessReason missingness_of_good_enough(TherapyParameters const& parameters, ArmEffects const& arm);

}  // namespace bordin
