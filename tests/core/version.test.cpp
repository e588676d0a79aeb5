#include "core/version.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace bordin {
namespace {

TEST(Version, IsTheOneInPyprojectToml) {
  std::ifstream file(BORDIN_SOURCE_DIR "/pyproject.toml");
  std::string stated;
  for (std::string line; stated.empty() && std::getline(file, line);) {
    if (line.starts_with("version = ")) stated = line;
  }
  EXPECT_EQ(stated, "version = \"" + std::string(version()) + "\"");
}

}  // namespace
}  // namespace bordin
