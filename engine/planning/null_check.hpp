#pragma once

#include <string>

#include "core/parallel.hpp"
#include "planning/trials.hpp"

namespace bordin {

//! Why the world is no null world of the test; empty when very many clients show no departure of the term from 0 (4
//! standard errors).
std::string departure_from_null(Scenario const& null_world, Study const& study, TestedTerm const& test, int threads,
                                RunControl& control);

}  // namespace bordin
