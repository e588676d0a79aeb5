#pragma once

#include <limits>
#include <vector>

#include "therapy/commitment.hpp"
#include "therapy/endings.hpp"
#include "therapy/people.hpp"
#include "therapy/rupture.hpp"

namespace bordin {

//! When a study looks: sessions 0..S, then follow-ups.
struct Calendar {
  int sessions = 12;
  double spacing = 1;                  //!< weeks between sessions
  std::vector<double> followups = {};  //!< weeks after the maximum of sessions
  bool beyond_ending = false;          //!< let the latent course go on after the ending as if the client had stayed
  std::size_t occasions() const { return static_cast<std::size_t>(sessions) + 1 + followups.size(); }
};

//! The state of one client at one occasion, as measures see it.
struct SessionState {
  int occasion = 0;        //!< 0 = intake, before any alliance; 1..S; then follow-ups
  int session = 0;         //!< numbers the random numbers: the session, or most_sessions - k for follow-up k
  ComponentsF alliance{};  //!< goal, task, bond [SD of alliance]
  float composite = std::numeric_limits<float>::quiet_NaN();
  float symptoms = 0;         //!< latent score Y [SD of symptoms]
  bool rupture = false;       //!< is one open?
  float standard_change = 0;  //!< the client's change trait, in its SDs
};

//! Whoever measures during therapy. Returns the primary outcome as observed now, in SDs of its norm, or NaN if it is not
//! given: an ending that depends on an observed score is missing at random, on a latent one it is not.
class Witness {
 public:
  Witness() = default;
  Witness(Witness const&) = delete;
  Witness& operator=(Witness const&) = delete;
  virtual ~Witness() = default;
  virtual float see(SessionState const& state) = 0;
  //! The same for a therapy that goes on after its ending as if it had not: nothing is written down.
  virtual float imagine(SessionState const& state) = 0;
};

//! One number per occasion, `step` apart in memory; or nowhere.
class Series {
 public:
  Series() = default;
  Series(float* first, std::size_t step) : first_(first), step_(step) {}
  bool is_kept() const { return first_ != nullptr; }
  float& operator[](std::size_t occasion) const { return first_[occasion * step_]; }

 private:
  float* first_ = nullptr;
  std::size_t step_ = 1;
};

//! The latent course of one client, index = occasion; NaN where there was none.
struct LatentCourse {
  Series goal, task, bond, alliance;  //!< [SD of alliance], only where a session was held
  Series symptoms;                    //!< Y [SD of symptoms]
  Series gain;                        //!< D, improvement so far [SD of symptoms]
  Series rupture;                     //!< depth of the open rupture [SD of alliance], 0 = none
  Series repairs;                     //!< ruptures repaired so far; both nowhere if ruptures do not happen
  Series hope, faith, commitment;     //!< [SD of alliance]; nowhere if they do not act
};

struct Outcome {
  Ending ending = Ending::maximum;
  int sessions = 0;  //!< attended
  int last = 0;      //!< the last of them; 0 = none
};

//! One therapist, one client and their match.
struct Meeting {
  TherapistTraits const& therapist;
  ClientTraits const& client;
  Match const& match;
  bool has_therapist = true;  //!< without one there is no alliance, and nothing of it acts
};

//! What moves from session to session in one therapy.
struct Walk {
  std::array<float, 4> x{};    // w_goal, w_task, w_bond, e
  float gain = 0;              // D
  float lasting = 0;           // X + v0
  float drive = 0;             // what changes the client at every session, without the session's own alliance
  ComponentsF stable{};        // T_c + C_c + M_c
  float stable_composite = 0;  // T* + C* + M*
  float composite = 0;         // A(s)
  float early = 0;             // sum of A over the first sessions ...
  int early_sessions = 0;      // ... and their number
  float raise = 0;             // of the alliance, by training
  float score = 0;             // the last score, observed or latent
  float score_at_intake = 0;
  bool on_track = true;
  float good_enough_level = 0;
  ComponentsF alliance{};
  float symptoms = 0;
  RuptureState rupture;
  CommitmentState commitment;
  bool has_alliance = true;
};

}  // namespace bordin
