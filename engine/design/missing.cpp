#include "design/missing.hpp"

#include <cmath>

namespace bordin {

void MissingParameters::describe(FieldVisitor& field) {
  field.field(
      "questionnaires", questionnaires,
      {.unit = "per session",
       .min = 0,
       .max = 0.99,
       .doc = "probability that no questionnaire of an attended session is filled in, for average scores; 0 = all are"});
  field.field(
      "last_score", last_score,
      {.unit = "logit per SD of the instrument's norm",
       .min = -50,
       .max = 50,
       .doc = "by how much the last observed score of the primary outcome raises these log-odds (missing at random)"});
  field.field("current_score", current_score,
              {.unit = "logit per SD of symptoms",
               .min = -50,
               .max = 50,
               .doc = "by how much the current latent symptoms raise these log-odds (missing not at random)"});
  field.field("followups", followups,
              {.min = 0, .max = 1, .doc = "probability that a client is not reached for a follow-up, by chance alone"});
}

MissingQuestionnaires::MissingQuestionnaires(MissingParameters const& p)
    : c_{.some = p.questionnaires > 0,
         .last_score = static_cast<float>(p.last_score),
         .current_score = static_cast<float>(p.current_score),
         .followups = static_cast<float>(p.followups)} {
  if (c_.some) c_.logit = static_cast<float>(std::log(p.questionnaires / (1 - p.questionnaires)));
}

bool MissingQuestionnaires::at_session(Randomness const& random, ClientNumber who, int session, float last_score,
                                       float symptoms) const {
  if (!c_.some) return false;
  auto const chance = random.of_client(who, Purpose::missed_questionnaire, static_cast<std::uint32_t>(session));
  float const logit = (c_.logit + c_.last_score * last_score) + c_.current_score * symptoms;
  return float32::uniform(chance[0]) < float32::logistic(logit);
}

bool MissingQuestionnaires::at_followup(Randomness const& random, ClientNumber who, int session) const {
  auto const chance = random.of_client(who, Purpose::missed_followup, static_cast<std::uint32_t>(session));
  return float32::uniform(chance[0]) < c_.followups;
}

}  // namespace bordin
