#pragma once

#include <string>

#include "study/study.hpp"

namespace bordin {

//! What a scenario is, in words and tables: the design, what its parameters imply (shares of variance, ICCs), what comes
//! out of a small simulation of it (each figure with its Monte Carlo standard error), and what a run will take.
std::string describe_study(Study const& study);

}  // namespace bordin
