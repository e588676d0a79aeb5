#pragma once

#include <string>

#include "study/scenario.hpp"

namespace bordin {

//! A number of a scenario as it was declared.
struct NumericParameter {
  double value = not_a_number;  //!< NaN where the scenario leaves it to something else
  double min = not_a_number;
  double max = not_a_number;
  bool whole = false;  //!< only whole numbers
};

//! The number at a dotted key: "alliance.effect", "instruments.WAI-SR.mean" (entries of lists by name). Throws Error with
//! the nearest keys when there is no such number.
NumericParameter numeric_parameter(Scenario const& scenario, std::string const& key);

//! The same as an override for load_scenario(): key = value.
Node parameter_override(NumericParameter const& parameter, std::string const& key, double value);

}  // namespace bordin
