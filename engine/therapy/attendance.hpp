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
  struct Constants {
    bool some_do_not_engage = false;
    float logit = 0, expectation = 0, severity = 0;
    float missed = 0;
  };

  explicit Attendance(AttendanceParameters const& parameters);

  bool some_do_not_engage() const { return c_.some_do_not_engage; }
  bool engages(ClientTraits const& client, RandomBlock const& chance) const;
  bool some_are_missed() const { return c_.missed > 0; }
  bool missed(RandomBlock const& chance) const { return float32::uniform(chance[0]) < c_.missed; }
  //! What it computes with, for whoever computes the same another way.
  Constants const& constants() const { return c_; }

 private:
  Constants c_;
};

}  // namespace bordin
