#include "core/machine.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

TEST(Machine, HasBetweenAMegabyteAndAPetabyteOfFreeMemory) {
  EXPECT_GT(available_memory(), 1e6);
  EXPECT_LT(available_memory(), 1e15);
}

TEST(Machine, KnowsTheDiskAFileWouldStandOn) {
  double const here = available_disk("new-file.h5");
  EXPECT_GE(here, 0);
  EXPECT_TRUE(std::isfinite(here));
  EXPECT_TRUE(std::isfinite(available_disk(std::filesystem::temp_directory_path() / "new-file.h5")));
}

TEST(Machine, AFolderThatIsNotThereHasNoKnownLimit) {
  EXPECT_TRUE(std::isinf(available_disk("no-such-folder/new-file.h5")));
}

TEST(Machine, NamesItsCpuAndCompiler) {
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_NE(compiler_name().find_first_of("0123456789"), std::string::npos) << compiler_name();
}

}  // namespace
}  // namespace bordin
