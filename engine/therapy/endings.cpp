#include "therapy/endings.hpp"

namespace bordin {

Words const& ending_words() {
  static Words const words{"dropout", "good enough", "agreed", "maximum"};
  return words;
}

void DropoutParameters::describe(FieldVisitor& field) {
  constexpr char const* calibrated =
      "calibrated to 19.7 % dropout (Swift & Greenberg 2012) and d = .55 of alliance (Sharf et al. 2010)";
  field.field("enabled", enabled, {.doc = "whether clients can leave before the planned ending"});
  field.field("baseline", baseline,
              {.unit = "logit",
               .min = -50,
               .max = 50,
               .doc = "log-odds of leaving after the first session for an average client",
               .source = calibrated});
  field.field("log_session", log_session,
              {.unit = "logit per unit of ln(session)",
               .min = -50,
               .max = 50,
               .doc = "change of the log-odds with ln(session)",
               .source = "attrition is steepest early (Phillips 1985)"});
  field.field("early_alliance", early_alliance,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much 1 SD of early alliance lowers the log-odds",
               .source = calibrated});
  field.field("current_alliance", current_alliance,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much 1 SD of this session's alliance lowers the log-odds",
               .source = "assumed; hardly identified apart from early_alliance"});
  field.field("severity", severity,
              {.unit = "logit per SD", .min = -50, .max = 50, .doc = "by how much 1 SD of severity raises the log-odds"});
  field.field(
      "gain", gain,
      {.unit = "logit per SD", .min = -50, .max = 50, .doc = "by how much 1 SD of improvement so far lowers the log-odds"});
  field.field("rupture", rupture,
              {.unit = "logit",
               .min = -50,
               .max = 50,
               .doc = "by how much an open rupture raises the log-odds (where rupture.enabled)",
               .source = "calibrated: hazard times 1.8"});
}

void GoodEnoughLevel::describe(FieldVisitor& field) {
  field.field("probability", probability,
              {.unit = "per session",
               .min = 0,
               .max = 1,
               .doc = "probability that therapy ends once the client is well enough; 0 = never",
               .source = "good-enough level: Barkham et al. 2006, JCCP 74:160"});
  field.field("level", level,
              {.unit = "SD of the instrument's norm",
               .min = -20,
               .max = 20,
               .doc = "mean score at or below which a client is well enough"});
  field.field("level_sd", level_sd,
              {.unit = "SD of the instrument's norm", .min = 0, .max = 20, .doc = "SD of that level between clients"});
  field.field("least_improvement", least_improvement,
              {.unit = "SD of the instrument's norm",
               .min = -20,
               .max = 20,
               .doc = "the least improvement since intake that counts as well enough"});
}

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

}  // namespace bordin
