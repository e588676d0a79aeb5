#pragma once

#include <vector>

#include "therapy/ending_rule.hpp"

namespace bordin {

//! Planned ending that was agreed to, whatever the score: with probability min(1, ending.agreed s / reference_sessions).
class AgreedEnd final : public EndingRule {
 public:
  struct Constants {
    std::vector<float> probability = {};  //!< by session
  };

  AgreedEnd(double agreed, std::int64_t reference_sessions, int sessions);
  bool ends(EndingMoment const& moment, float uniform) const override;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

std::unique_ptr<EndingRule> make_agreed_end(TherapyParameters const& parameters, ArmEffects const& arm,
                                            Calendar const& calendar);
MissingnessReason missingness_of_agreed_end(TherapyParameters const& parameters, ArmEffects const& arm);

}  // namespace bordin
