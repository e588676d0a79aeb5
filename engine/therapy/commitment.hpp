#pragma once

#include <vector>

#include "scenario/fields.hpp"
#include "therapy/people.hpp"

namespace bordin {

struct SessionProcess;

//! Hope (I see where this goes), faith in the therapist, and the commitment that follows from both.
struct CommitmentParameters {
  bool enabled = false;
  double hope_inertia = 0.7;
  double faith_inertia = 0.7;
  double dropout = 0.3;
  double work = 0.2;

  void describe(FieldVisitor& field);
};

//! Of one client [SD of alliance].
struct CommitmentState {
  float hope = 0;
  float faith = 0;
  float beyond_mean = 0;  //!< commitment less its undisturbed mean at this session
};

//! hope(0) = expectation, faith(0) = 0; at each session both move towards the alliance: hope towards the mean of goal and
//! task, faith towards the mean of task and bond. Commitment is their mean, or the lesser where the weakest link rules.
class Commitment {
 public:
  struct Constants {
    bool acts = false;
    bool lesser = false;
    float hope_inertia = 0, faith_inertia = 0, work = 0;
    std::vector<float> mean = {};  //!< undisturbed, by session
  };

  //! `missed` is the probability that a session between the first and the last is missed.
  //! `shift` and `process` are those of the arm; expectation goes with the composite of alliance.weights in all arms.
  Commitment(CommitmentParameters const& parameters, TherapistParameters const& therapists, ClientParameters const& clients,
             AllianceParameters const& alliance, double shift, SessionProcess const& process, int sessions,
             double missed = 0);

  bool acts() const { return c_.acts; }
  CommitmentState at_intake(float expectation) const { return {.hope = expectation, .faith = 0, .beyond_mean = 0}; }
  void next_session(CommitmentState& state, int session, ComponentsF const& alliance) const;
  //! By which the work of a session is multiplied.
  float work(CommitmentState const& state) const;
  float value(CommitmentState const& state) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
