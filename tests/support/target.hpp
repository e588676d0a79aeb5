#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "kernel/kernel.hpp"

namespace bordin::testing {

//! Forces an instruction set while it lives; "scalar" is the readable implementation.
class Target {
 public:
  explicit Target(std::string const& name) {
    if (char const* now = std::getenv("BORDIN_TARGET")) before_ = now;
    setenv("BORDIN_TARGET", name.c_str(), 1);
  }
  Target(Target const&) = delete;
  Target& operator=(Target const&) = delete;
  ~Target() { before_.empty() ? unsetenv("BORDIN_TARGET") : setenv("BORDIN_TARGET", before_.c_str(), 1); }

 private:
  std::string before_;
};

//! The readable implementation and every kernel.
inline std::vector<std::string> targets_of_this_machine() {
  std::vector<std::string> names{"scalar"};
  for (auto const* kernel : kernels()) names.emplace_back(kernel->name);
  return names;
}

}  // namespace bordin::testing
