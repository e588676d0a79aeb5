#pragma once

#include "scenario/fields.hpp"

namespace bordin {

//! How clinics differ: an optional level above therapists, whose part is taken from what therapists vary by.
struct ClinicParameters {
  double alliance_share = 0;
  double direct_sd = 0;

  void describe(FieldVisitor& field);
};

}  // namespace bordin
