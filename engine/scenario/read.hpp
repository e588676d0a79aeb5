#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenario/fields.hpp"
#include "scenario/tree.hpp"

namespace bordin {

//! Something with declared fields, whatever it is: `[&](FieldVisitor& f) { scenario.describe(f); }`.
using Declaration = std::function<void(FieldVisitor&)>;

//! Gives the declared fields the values in `tree`; what the tree does not name keeps its default. Unknown keys, wrong
//! types and values out of range throw ScenarioError with place, value, allowed range and nearest name.
void read_fields(Declaration const& target, Node const& tree);

//! The same values as TOML, every field written out; reading it gives the same fields again.
std::string write_fields(Declaration const& source);

//! Dotted paths of the values that are replaced as a whole when scenarios are laid over each other.
std::vector<std::string> whole_values(Declaration const& source);

}  // namespace bordin
