#pragma once

#include <string>
#include <vector>

#include "core/moments.hpp"
#include "core/parallel.hpp"
#include "study/scenario.hpp"

namespace bordin {

//! What the terms of one analysis come to when clients are many: by term, its estimates from data sets that have the
//! scenario's caseloads and sessions, and more therapists. Fits that fail are left out.
//! Empty when control.stop was set.
std::vector<Moments> large_sample(Scenario scenario, std::string const& analysis, int threads, RunControl& control);

}  // namespace bordin
