#pragma once

#include "core/random.hpp"
#include "scenario/fields.hpp"
#include "therapy/people.hpp"

namespace bordin {

//! Whether clients who were assessed come to a first session, and whether they come to single later ones.
struct AttendanceParameters {
  double not_engaging = 0;
  double expectation = 0.5;
  double severity = 0;
  double missed = 0;

  void describe(FieldVisitor& field);
};

class Attendance {
 public:
  explicit Attendance(AttendanceParameters const& parameters);

  bool some_do_not_engage() const { return some_do_not_engage_; }
  bool engages(ClientTraits const& client, RandomBlock const& chance) const;
  bool some_are_missed() const { return missed_ > 0; }
  bool missed(RandomBlock const& chance) const { return float32::uniform(chance[0]) < missed_; }

 private:
  bool some_do_not_engage_;
  float logit_ = 0, expectation_, severity_;
  float missed_;
};

}  // namespace bordin
