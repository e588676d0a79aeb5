#pragma once

#include <string>
#include <vector>

#include "study/scenario.hpp"

namespace bordin {

//! "15 clients each"; empty where none is stated.
std::string caseload_words(Caseload const& caseload);

//! A paragraph for the methods section of a paper: design, analyses, replications, seed and version. `varied`: keys of the
//! scenario with the values they take, such as "design.therapists (4, 8)".
std::string methods_text(Scenario const& scenario, std::uint64_t replications, std::uint64_t seed,
                         std::vector<std::string> const& varied = {});

}  // namespace bordin
