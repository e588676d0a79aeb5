#include "therapy/parameters.hpp"

namespace bordin {

void EndingParameters::describe(FieldVisitor& field) {
  field.group("good_enough", good_enough, {.doc = "planned ending once a client is well enough"});
  field.field(
      "agreed", agreed,
      {.unit = "per session",
       .min = 0,
       .max = 1,
       .doc =
           "planned ending whatever the score: probability at the reference length, growing in proportion to the session"});
}

void TherapyParameters::describe(FieldVisitor& field) {
  field.group("therapists", therapists, {.doc = "how therapists differ"});
  field.group("clients", clients, {.doc = "how clients differ"});
  field.group("alliance", alliance, {.doc = "the working alliance and its effect on change"});
  field.group("symptoms", symptoms, {.doc = "symptoms and their course"});
  field.group("dropout", dropout, {.doc = "leaving before the planned ending"});
  field.group("ending", ending, {.doc = "planned endings"});
  field.group("rupture", rupture, {.doc = "rupture and repair"});
  field.group("commitment", commitment, {.doc = "hope, faith and commitment"});
  field.group("attendance", attendance, {.doc = "clients who never come, and sessions that are missed"});
  field.group("clinics", clinics, {.doc = "how clinics differ (their number is design.clinics)"});
  field.group("experience", experience, {.doc = "therapists' experience"});
  field.group("training", training, {.doc = "therapists' training in forming an alliance"});
}

People people_of(TherapyParameters const& p) {
  TherapistParameters therapists = p.therapists;
  // What does not vary must not make other correlations impossible.
  if (!p.rupture.enabled) therapists.ability_repair_correlation = 0;
  if (therapists.severity_sd == 0) therapists.ability_severity_correlation = therapists.direct_severity_correlation = 0;
  return People(therapists, p.clients, p.alliance, p.symptoms.fluctuation_share, p.clinics,
                Backgrounds(p.experience, p.training));
}

}  // namespace bordin
