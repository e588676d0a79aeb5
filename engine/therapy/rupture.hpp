#pragma once

#include <vector>

#include "core/random.hpp"
#include "scenario/fields.hpp"

namespace bordin {

//! Rupture and repair of the alliance.
struct RuptureParameters {
  bool enabled = false;
  double onset = -1.54;
  double onset_alliance = 0.5;
  double decay = 0.8;
  double repair = 0;
  double gain = 0.10;
  double improvement = 0.28;
  double sensitivity = 0.80;
  double false_alarm = 0.10;

  void describe(FieldVisitor& field);
};

//! What ruptures did to one therapy so far.
struct RuptureState {
  bool open = false;
  int age = 0;      //!< sessions since onset
  float onset = 0;  //!< depth at onset [SD of alliance]
  int repairs = 0;
  float gain = 0;   //!< what repairs added to the alliance for good [SD of alliance]
  float depth = 0;  //!< by how much the open rupture lowers this session's alliance; 0 = none is open
};

//! Session by session. Nothing happens in a world whose alliance does not fluctuate.
class Ruptures {
 public:
  struct Constants {
    bool happen = false;
    float onset = 0, onset_slope = 0, smallest = 0, spread = 0;
    float repair = 0, gain = 0, improvement = 0;
    std::vector<float> remaining = {};  //!< by sessions since onset, until it has faded
  };

  Ruptures(RuptureParameters const& parameters, double session_share);

  bool happen() const { return c_.happen; }
  //! What a session does: an open rupture is repaired or fades, or one begins where none was open. `fluctuation` is w*(s),
  //! `skill` the therapist's repair skill [logit]. Returns the improvement that a repair brings at once [SD of symptoms].
  //! Draws: words 0 to 2 of the block; the last is for the client's report.
  static constexpr std::size_t word_of_report = 3;
  float next_session(RuptureState& state, RandomBlock const& chance, float fluctuation, float skill) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  float repaired(RuptureState& state) const;

  Constants c_;
};

}  // namespace bordin
