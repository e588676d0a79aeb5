#include "therapy/good_enough.hpp"

#include <algorithm>

#include "therapy/parameters.hpp"

namespace bordin {

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

GoodEnough::GoodEnough(GoodEnoughLevel const& p)
    : c_{.probability = static_cast<float>(p.probability),
         .level = static_cast<float>(p.level),
         .level_sd = static_cast<float>(p.level_sd),
         .least_improvement = static_cast<float>(p.least_improvement)} {}

void GoodEnough::begin(Randomness const& random, ClientNumber who, Walk& walk) const {
  float const own = c_.level + c_.level_sd * normals(random.of_client(who, Purpose::good_enough_level))[0];
  walk.good_enough_level = std::min(own, walk.score_at_intake - c_.least_improvement);
}

bool GoodEnough::ends(EndingMoment const& moment, float uniform) const {
  return moment.session > 0 && moment.walk.score <= moment.walk.good_enough_level && uniform < c_.probability;
}

std::unique_ptr<EndingRule> make_good_enough(TherapyParameters const& p, ArmEffects const&, Calendar const&) {
  return p.ending.good_enough.probability > 0 ? std::make_unique<GoodEnough>(p.ending.good_enough) : nullptr;
}

MissingnessReason missingness_of_good_enough(TherapyParameters const& p, ArmEffects const&) {
  if (!(p.ending.good_enough.probability > 0)) return {};
  return {.kind = Missingness::at_random, .why = "good enough endings depend on scores that were observed"};
}

}  // namespace bordin
