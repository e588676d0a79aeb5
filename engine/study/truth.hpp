#pragma once

#include <vector>

#include "study/study.hpp"

namespace bordin {

//! The true value of what a term estimates; NaN where the scenario names none.
struct TrueValue {
  double value = not_a_number;
  double se = 0;  //!< Monte Carlo standard error, of values from complete data
};

//! By analysis and term.
using TrueValues = std::vector<std::vector<TrueValue>>;

//! Throws ScenarioError when `truth` of an analysis names a term it does not have, or something that is no value.
void check_truths(Study const& study);

//! Numbers and parameters as they stand; "complete data" by large_sample() of the world in which nobody drops out and
//! nothing is missing.
TrueValues true_values(Study const& study, int threads, RunControl& control);

}  // namespace bordin
