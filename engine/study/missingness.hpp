#pragma once

#include <vector>

#include "study/study.hpp"
#include "therapy/ending_rule.hpp"

namespace bordin {

//! Why data that an analysis uses can be missing, the worst kind first; empty when nothing can.
std::vector<MissingnessReason> missingness_of(Study const& study, AnalysisSpec const& analysis);

//! "completely at random", "at random", "not at random"
char const* missingness_words(Missingness kind);

}  // namespace bordin
