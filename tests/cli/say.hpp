#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace bordin::testing {

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

//! Runs the program with these arguments and keeps what it printed.
inline Said say(std::vector<std::string> const& arguments) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Said said;
  said.code = run_command_line(arguments);
  said.out = ::testing::internal::GetCapturedStdout();
  said.err = ::testing::internal::GetCapturedStderr();
  return said;
}

}  // namespace bordin::testing
