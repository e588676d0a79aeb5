#include "therapy/clinics.hpp"

namespace bordin {

void ClinicParameters::describe(FieldVisitor& field) {
  field.field("alliance_share", alliance_share,
              {.unit = "share of variance",
               .min = 0,
               .max = 1,
               .doc = "alliance: what the clinic brings; a part of therapists.alliance_share"});
  field.field("direct_sd", direct_sd,
              {.unit = "SD of symptoms over the course",
               .min = 0,
               .max = 10,
               .doc = "SD of clinics' direct effect on change; its square is a part of therapists.direct_sd squared",
               .source = "clinics 1 to 2 % of outcome: Firth et al. 2019; Mahon et al. 2023"});
}

}  // namespace bordin
