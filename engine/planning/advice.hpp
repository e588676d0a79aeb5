#pragma once

#include <string>
#include <vector>

#include "planning/power.hpp"

namespace bordin {

//! What somebody who reads the table should know: plain sentences, the gravest first.
std::vector<std::string> advice_on(PowerResult const& result, Scenario const& scenario);

}  // namespace bordin
