#pragma once

#include "study/scenario.hpp"

namespace bordin {

double expected_clients(Scenario const& scenario);

//! The same scenario with more or fewer therapists, so that it has about so many clients. Listed caseloads belong to their
//! therapists: then as it is.
Scenario with_clients(Scenario scenario, double clients);

}  // namespace bordin
