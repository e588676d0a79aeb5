#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "therapy/endings.hpp"
#include "therapy/randomness.hpp"

namespace bordin {

struct ArmEffects;
struct Calendar;
struct Meeting;
struct TherapyParameters;
struct Walk;

//! What a rule may look at after a session (0 = intake).
struct EndingMoment {
  int session;
  Walk const& walk;
  Meeting const& meeting;
};

//! One way for a therapy to end.
class EndingRule {
 public:
  EndingRule() = default;
  EndingRule(EndingRule const&) = delete;
  EndingRule& operator=(EndingRule const&) = delete;
  virtual ~EndingRule() = default;
  //! Called once per therapy, after intake.
  virtual void begin(Randomness const&, ClientNumber, Walk&) const {}
  virtual bool ends(EndingMoment const& moment, float uniform) const = 0;
};

//! Missing completely at random, at random given what was observed, or neither (Rubin 1976).
enum class Missingness : std::int8_t { none, completely_at_random, at_random, not_at_random };

struct MissingnessReason {
  Missingness kind = Missingness::none;
  std::string why;
};

//! A line in the table of rules. They are asked in its order; `word` says which random word of the session is the rule's.
struct EndingEntry {
  Ending ending;
  std::size_t word;
  //! Whether the rule ends a therapy at the maximum of sessions too, before the maximum itself does.
  bool at_maximum;
  //! The rule of a world, or none where it is switched off.
  std::unique_ptr<EndingRule> (*make)(TherapyParameters const&, ArmEffects const&, Calendar const&);
  //! What kind of missingness it makes for scores after the ending.
  MissingnessReason (*missingness)(TherapyParameters const&, ArmEffects const&);
};
std::vector<EndingEntry> const& ending_rules();

}  // namespace bordin
