#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/tree.hpp"

namespace bordin {

//! Scenarios that come with the engine.
struct LibraryScenario {
  std::string_view name;
  std::string_view text;
};

//! Reads the scenario `source` (a path, or the name of a library scenario) with everything it is based on, laid over each
//! other. Chains of based_on are at most 8 long and have no circles; a file has a title or a based_on.
//! Paths in `whole` are replaced as one value when one file is laid over another. Throws ScenarioError.
Node load_scenario_tree(std::string const& source, std::vector<LibraryScenario> const& library,
                        std::vector<std::string> const& whole);

//! The same for a scenario that is TOML text already; based_on paths are relative to the current folder.
Node parse_scenario_tree(std::string const& text, std::string const& file, std::vector<LibraryScenario> const& library,
                         std::vector<std::string> const& whole);

}  // namespace bordin
