#pragma once

#include "scenario/fields.hpp"
#include "therapy/randomness.hpp"

namespace bordin {

//! What goes missing although the client is there.
struct MissingParameters {
  double questionnaires = 0;
  double last_score = 0;
  double current_score = 0;
  double followups = 0;

  void describe(FieldVisitor& field);
};

//! Whether the questionnaires of an attended session are filled in, all of them or none:
//!     logit P(not) = logit(questionnaires) + last_score y(s-1) + current_score Y(s)
//! y is the last observed score of the primary outcome in SDs of its norm, Y the latent one.
class MissingQuestionnaires {
 public:
  struct Constants {
    bool some = false;
    float logit = 0, last_score = 0, current_score = 0;
    float followups = 0;
  };

  explicit MissingQuestionnaires(MissingParameters const& parameters);
  bool at_session(Randomness const& random, ClientNumber who, int session, float last_score, float symptoms) const;
  bool at_followup(Randomness const& random, ClientNumber who, int session) const;
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
