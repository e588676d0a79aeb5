#pragma once

#include "cli/source.hpp"

namespace bordin {

//! `bordin solve`.
struct SolveCommand {
  Source source;
  std::vector<std::string> vary;
  double power = 0.80;
  std::string cost;
  std::string test;
  std::optional<std::uint32_t> replications;
  std::optional<std::uint64_t> seed;
  int threads = 0;
  bool quiet = false;

  void add_to(CLI::App& command);
};

//! Prints the answer; true when the search came to its end.
bool solve_command(SolveCommand const& command);

}  // namespace bordin
