#pragma once

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "therapy/alliance.hpp"
#include "therapy/endings.hpp"
#include "therapy/people.hpp"
#include "therapy/randomness.hpp"
#include "therapy/rupture.hpp"
#include "therapy/symptoms.hpp"

namespace bordin {

//! All parameters of the simulated world, each group declared beside its mechanism.
struct TherapyParameters {
  TherapistParameters therapists;
  ClientParameters clients;
  AllianceParameters alliance;
  SymptomParameters symptoms;
  DropoutParameters dropout;
  EndingParameters ending;
  RuptureParameters rupture;

  void describe(FieldVisitor& field);
};

//! What an arm adds for its clients.
struct ArmEffects {
  float change = 0;   //!< specific effect on change [SD of symptoms over the course]
  float dropout = 0;  //!< added to the logit of leaving
};

//! The state of one client at one session, as measures see it.
struct SessionState {
  int session = 0;         //!< 0 = intake, before any alliance
  ComponentsF alliance{};  //!< goal, task, bond [SD of alliance]
  float composite = std::numeric_limits<float>::quiet_NaN();
  float symptoms = 0;         //!< latent score Y [SD of symptoms]
  bool rupture = false;       //!< is one open?
  float standard_change = 0;  //!< the client's change trait, in its SDs
};

//! Whoever measures during therapy. Returns the primary outcome as observed now, in SDs of its norm, or NaN if it is not
//! given at this session: an ending that depends on an observed score is missing at random, on a latent one it is not.
class Witness {
 public:
  Witness() = default;
  Witness(Witness const&) = delete;
  Witness& operator=(Witness const&) = delete;
  virtual ~Witness() = default;
  virtual float see(SessionState const& state) = 0;
};

//! The latent course of one client, index = session 0..S; NaN where there was no session.
struct LatentCourse {
  std::span<float> goal, task, bond, alliance;  //!< [SD of alliance], session 0 has none
  std::span<float> symptoms;                    //!< Y [SD of symptoms]
  std::span<float> gain;                        //!< D, improvement so far [SD of symptoms]
  std::span<float> rupture;                     //!< depth of the open rupture [SD of alliance], 0 = none
  std::span<float> repairs;                     //!< ruptures repaired so far; both empty where ruptures do not happen
};

struct Outcome {
  Ending ending = Ending::maximum;
  int sessions = 0;  //!< attended
};

//! One therapist, one client, their match and the arm.
struct Meeting {
  TherapistTraits const& therapist;
  ClientTraits const& client;
  Match const& match;
  ArmEffects const& arm;
  bool has_therapist = true;  //!< without one there is no alliance, and nothing of it acts
};

//! The world of one scenario, ready to run: every constant in float32, computed once in double.
//! The functions are the readable statement of the model; they use float32 + - * / sqrt only.
class Therapy {
 public:
  //! Throws ScenarioError when the parameters contradict each other.
  Therapy(TherapyParameters const& parameters, int sessions, bool beyond_ending);

  People const& people() const { return people_; }
  int sessions() const { return sessions_; }
  bool has_ruptures() const { return ruptures_.happen(); }
  //! One therapy, session by session. With beyond_ending the latent course goes on after the ending as if the client had
  //! stayed; nothing observed changes.
  Outcome run(Randomness const& random, ClientNumber who, Meeting const& meeting, LatentCourse const& course,
              Witness& witness) const;

 private:
  struct Walk;  // the state that moves from session to session
  Walk intake(RandomBlock const& block, Meeting const& meeting) const;
  static void record(int s, Walk const& walk, LatentCourse const& course);
  static void forget_after(int s, LatentCourse const& course);
  std::optional<Ending> ending_at(int s, RandomBlock const& chance, Walk const& walk, float seen,
                                  Meeting const& meeting) const;
  void next_session(int s, Randomness const& random, ClientNumber who, Meeting const& meeting, Walk& walk) const;
  bool good_enough_now(Walk const& walk, float seen, float uniform) const;
  bool leaves_now(int s, Walk const& walk, Meeting const& meeting, float uniform) const;

  int sessions_;
  bool beyond_ending_;
  People people_;
  ComponentsF weight_{};
  float shift_;
  float lift_, severity_slope_;
  std::array<std::array<float, 4>, 4> start_{}, step_{}, innovation_{};
  std::vector<float> growth_;       // mean + growth ln(s/3), composite units
  std::vector<float> course_;       // change * g(s)
  std::vector<float> course_step_;  // dg(s)
  float change_;
  float effect_therapist_, effect_client_, effect_match_, effect_session_;
  bool dropout_;
  std::vector<float> hazard_;           // baseline + log_session ln(s)
  std::array<float, 3> early_scale_{};  // early_alliance / implied SD of the mean of 1, 2, 3 sessions
  float hazard_now_, hazard_severity_, hazard_gain_, hazard_rupture_;
  float good_enough_, level_, level_sd_, least_improvement_;
  std::vector<float> agreed_;  // probability per session
  Ruptures ruptures_;
};

}  // namespace bordin
