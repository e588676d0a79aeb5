#include "therapy/attendance.hpp"

#include <cmath>

namespace bordin {

void AttendanceParameters::describe(FieldVisitor& field) {
  field.field(
      "not_engaging", not_engaging,
      {.min = 0,
       .max = 0.99,
       .doc = "probability that a client of average expectation and severity is assessed but never attends; 0 = all do"});
  field.field("expectation", expectation,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much expectation lowers the log-odds of not engaging",
               .source = "assumed"});
  field.field("severity", severity,
              {.unit = "logit per SD",
               .min = -50,
               .max = 50,
               .doc = "by how much severity raises the log-odds of not engaging",
               .source = "assumed"});
  field.field("missed", missed,
              {.unit = "per session",
               .min = 0,
               .max = 0.99,
               .doc = "probability that a session is missed, by chance alone; never the first and the last possible one"});
}

Attendance::Attendance(AttendanceParameters const& p)
    : c_{.some_do_not_engage = p.not_engaging > 0,
         .expectation = static_cast<float>(p.expectation),
         .severity = static_cast<float>(p.severity),
         .missed = static_cast<float>(p.missed)} {
  if (c_.some_do_not_engage) c_.logit = static_cast<float>(std::log(p.not_engaging / (1 - p.not_engaging)));
}

bool Attendance::engages(ClientTraits const& client, RandomBlock const& chance) const {
  float const logit = (c_.logit - c_.expectation * client.expectation) + c_.severity * client.severity;
  return float32::uniform(chance[0]) >= float32::logistic(logit);
}

}  // namespace bordin
