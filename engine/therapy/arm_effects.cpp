#include "therapy/arm_effects.hpp"

namespace bordin {

void ArmWeights::describe(FieldVisitor& field) {
  field.field("goal", goal, {.min = 0, .max = 1000, .doc = "weight of agreement on goals; alliance.weights unless stated"});
  field.field("task", task, {.min = 0, .max = 1000, .doc = "weight of agreement on tasks; alliance.weights unless stated"});
  field.field("bond", bond, {.min = 0, .max = 1000, .doc = "weight of the bond; alliance.weights unless stated"});
}

void FeedbackParameters::describe(FieldVisitor& field) {
  field.field(
      "alliance", alliance,
      {.unit = "SD of alliance",
       .min = -5,
       .max = 5,
       .doc = "by how much the alliance is raised while a client is not on track; 0 = no feedback. Acts on change with "
              "alliance.causal_fraction",
       .source = "feedback d = .15: de Jong et al. 2021, Clin Psychol Rev 85:102002"});
  field.field(
      "behind", behind,
      {.unit = "SD of the instrument's norm",
       .min = -20,
       .max = 20,
       .doc = "a client is not on track whose last score shows so much less improvement than symptoms.change expects "
              "by then",
       .source = "assumed"});
}

void ArmEffects::describe(FieldVisitor& field) {
  field.field("change", change,
              {.unit = "SD of symptoms over the course",
               .min = -10,
               .max = 10,
               .doc = "specific effect of the arm on change",
               .source = "treatments differ by less than d = .20 (Wampold et al. 1997)"});
  field.field("dropout", dropout,
              {.unit = "logit", .min = -50, .max = 50, .doc = "added to the log-odds of leaving in this arm"});
  field.field("alliance", alliance,
              {.unit = "SD of alliance",
               .min = -10,
               .max = 10,
               .doc = "by how much training or another intervention raises the alliance in this arm; acts on change with "
                      "alliance.causal_fraction"});
  field.group("weights", weights,
              {.doc = "weight this arm's modality lays on the components; intake traits keep to alliance.weights"});
  field.shape("dropout_curve", dropout_curve,
              {.unit = "share of clients", .doc = "as dropout.curve, for this arm; dropout.curve unless stated"});
  field.group("feedback", feedback, {.doc = "feedback about clients who are not on track"});
}

}  // namespace bordin
