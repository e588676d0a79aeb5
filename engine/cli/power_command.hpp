#pragma once

#include "cli/source.hpp"

namespace bordin {

//! `bordin power`.
struct PowerCommand {
  Source source;
  std::vector<std::string> vary;
  std::optional<std::uint32_t> replications;
  std::optional<std::uint64_t> seed;
  int threads = 0;
  double until_half_width = 0;
  std::string output;
  bool overwrite = false;
  bool quiet = false;

  void add_to(CLI::App& command);
};

//! Prints the table; true when every cell was finished.
bool power(PowerCommand const& command);

}  // namespace bordin
