#pragma once

#include <string>

#include "planning/solve.hpp"

namespace bordin {

//! The answer in words, with its interval, and the points it rests on.
std::string solution_text(Solution const& solution, SolveOptions const& options);
std::string frontier_text(Frontier const& frontier, SolveOptions const& options);

}  // namespace bordin
