#include "therapy/background.hpp"

namespace bordin {

void ExperienceParameters::describe(FieldVisitor& field) {
  field.field("mean_years", mean_years,
              {.unit = "years",
               .min = 0,
               .max = 100,
               .doc = "mean experience of therapists (exponentially distributed); 0 = experience plays no part"});
  field.field("alliance", alliance,
              {.unit = "SD of alliance per year",
               .min = -1,
               .max = 1,
               .doc = "what a year of experience adds to alliance-forming ability"});
  field.field("change", change,
              {.unit = "SD of symptoms over the course per year",
               .min = -1,
               .max = 1,
               .doc = "what a year of experience adds to the therapist's direct effect on change",
               .source = "a very small decline: Goldberg et al. 2016, J Couns Psychol 63:1"});
}

void TrainingParameters::describe(FieldVisitor& field) {
  field.field("share", share, {.min = 0, .max = 1, .doc = "share of therapists trained in forming an alliance"});
  field.field("alliance", alliance,
              {.unit = "SD of alliance",
               .min = -5,
               .max = 5,
               .doc = "by how much training raises the alliance; acts on change with alliance.causal_fraction",
               .source = "moderate to large gains: Crits-Christoph et al. 2006, Psychother Res 16:268"});
}

Backgrounds::Backgrounds(ExperienceParameters const& experience, TrainingParameters const& training)
    : c_{.mean_years = static_cast<float>(experience.mean_years),
         .alliance_per_year = static_cast<float>(experience.alliance),
         .change_per_year = static_cast<float>(experience.change),
         .trained_share = static_cast<float>(training.share),
         .raise = static_cast<float>(training.alliance)} {}

Background Backgrounds::of(RandomBlock const& chance) const {
  Background own;
  if (experience_varies()) {
    own.years = -c_.mean_years * float32::log(1.0F - float32::uniform(chance[0]));
    float const beyond_mean = own.years - c_.mean_years;
    own.ability = c_.alliance_per_year * beyond_mean;
    own.direct = c_.change_per_year * beyond_mean;
  }
  own.trained = float32::uniform(chance[1]) < c_.trained_share;
  if (own.trained) own.raise = c_.raise;
  return own;
}

}  // namespace bordin
