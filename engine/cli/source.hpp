#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "study/scenario.hpp"

namespace bordin {

//! A scenario as commands name it, with what is laid over it.
struct Source {
  std::string scenario;
  std::vector<std::string> set;

  void add_to(CLI::App& command);
  void add_set_to(CLI::App& command);
  Scenario load() const;
  ScenarioVariants variants() const;
};

//! The number a command takes as seed, replications or threads, with its range.
CLI::Option* add_seed(CLI::App& command, std::optional<std::uint64_t>& seed);
CLI::Option* add_replications(CLI::App& command, std::optional<std::uint32_t>& replications);
CLI::Option* add_until_half_width(CLI::App& command, double& half_width);
CLI::Option* add_threads(CLI::App& command, int& threads);

}  // namespace bordin
