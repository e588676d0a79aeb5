#pragma once

#include <string>

#include "scenario/read.hpp"

namespace bordin {

//! JSON Schema (draft 2020-12) of the declared fields, with defaults, ranges, units ("x-unit") and sources ("x-source").
std::string json_schema(Declaration const& source, std::string const& title);

}  // namespace bordin
