#pragma once

#include <string>
#include <vector>

#include "core/formula.hpp"
#include "study/scenario.hpp"

namespace bordin {

//! What a design costs: arithmetic on `therapists` and `clients` (in all arms together, expected), `sessions` (clients
//! times the planned maximum) and `measurements` (clients times occasions), such as "900*therapists + 120*clients".
class Cost {
 public:
  //! Throws Error where the expression cannot be understood or names something else.
  explicit Cost(std::string const& text);

  double of(Scenario const& scenario) const;

 private:
  Variable expression_;
};

}  // namespace bordin
