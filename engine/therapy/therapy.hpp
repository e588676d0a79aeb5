#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "therapy/arm_effects.hpp"
#include "therapy/course.hpp"
#include "therapy/ending_rule.hpp"
#include "therapy/parameters.hpp"
#include "therapy/weakest_link.hpp"

namespace bordin {

//! Therapy as it is done in one arm of one scenario, ready to run: every constant in float32, computed once in double.
//! The functions are the readable statement of the model; they use float32 + - * / sqrt only.
class Therapy {
 public:
  using Process = std::array<std::array<float, 4>, 4>;
  struct Constants {
    bool own_weights = false;
    ComponentsF weight{};
    float shift = 0;
    float lift = 0, severity_slope = 0;
    Process start{}, step{}, innovation{};
    std::vector<float> growth = {};       //!< mean + growth ln(s/3), composite units
    std::vector<float> course = {};       //!< change * g(s)
    std::vector<float> course_step = {};  //!< dg(s)
    std::vector<float> kept = {};         //!< share of the improvement that is left, by follow-up and last session
    float change = 0, arm_change = 0;
    float effect_therapist = 0, effect_client = 0, effect_match = 0, effect_session = 0;
    float effect_of_raise = 0;  //!< causal: nobody is confounded by an intervention
    float arm_raise = 0, feedback_raise = 0, behind = 0;
    bool necessary = false;  //!< is no work done where the alliance is below the threshold?
    float threshold = 0;
    std::optional<WeakestLink> weakest_link = {};
  };

  //! Throws ScenarioError when the parameters contradict each other.
  Therapy(TherapyParameters const& parameters, ArmEffects const& arm, Calendar calendar);

  Calendar const& calendar() const { return calendar_; }
  bool has_ruptures() const { return ruptures_.happen(); }
  bool has_commitment() const { return commitment_.acts(); }
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }
  Ruptures const& ruptures() const { return ruptures_; }
  Commitment const& commitment() const { return commitment_; }
  Attendance const& attendance() const { return attendance_; }
  //! The ending rule of that type, or nullptr where it is switched off.
  template <class Rule>
  Rule const* rule() const {
    for (auto const& active : rules_)
      if (auto const* found = dynamic_cast<Rule const*>(active.rule.get())) return found;
    return nullptr;
  }
  std::size_t rule_count() const { return rules_.size(); }
  //! One therapy, session by session, and its follow-ups.
  Outcome run(Randomness const& random, ClientNumber who, Meeting const& meeting, LatentCourse const& course,
              Witness& witness) const;

 private:
  struct ActiveRule {
    EndingEntry const* entry;
    std::unique_ptr<EndingRule> rule;
  };
  //! What the composites of therapist, client and match are with the weights of this arm.
  struct Composites {
    float ability, prospects, match;
  };

  void prepare_courses(TherapyParameters const& parameters);
  void prepare_endings(TherapyParameters const& parameters, ArmEffects const& arm);
  Composites composites(Meeting const& meeting) const;
  Walk intake(RandomBlock const& block, Meeting const& meeting) const;
  void move(Walk& walk, RandomBlock const& block) const;
  void hold_session(int s, Randomness const& random, ClientNumber who, Meeting const& meeting, Walk& walk) const;
  void hold_without_therapist(int s, Walk& walk) const;
  float raise_of_alliance(Walk const& walk) const;
  float work_of(int s, Walk const& walk, float quality) const;
  bool is_held(int s, Randomness const& random, ClientNumber who) const;
  void look(Walk& walk, int s, float seen) const;
  std::optional<Ending> ending_at(int s, RandomBlock const& chance, Walk const& walk, Meeting const& meeting) const;
  void follow_up(Walk const& at_end, Outcome const& outcome, LatentCourse const& course, Witness& witness) const;
  void record(std::size_t occasion, Walk const& walk, LatentCourse const& course, bool held) const;
  void forget_after(int s, LatentCourse const& course) const;

  Calendar calendar_;
  Constants c_;
  Ruptures ruptures_;
  Commitment commitment_;
  Attendance attendance_;
  std::vector<ActiveRule> rules_;
};

}  // namespace bordin
