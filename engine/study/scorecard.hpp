#pragma once

#include <string>

#include "study/evidence.hpp"

namespace bordin {

//! The evidence as text: the best-known list with the joint R2 beside the sum, then a table per scenario.
std::string scorecard_text(Evidence const& evidence);

//! The same as the page scenarios/evidence/README.md, with definitions and sources.
std::string scorecard_page(Evidence const& evidence);

}  // namespace bordin
