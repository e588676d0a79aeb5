#include "cli/power_command.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/say.hpp"

namespace bordin {
namespace {

using testing::say;

namespace fs = std::filesystem;

class PowerCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("bordin-power-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    file = (folder / "power.csv").string();
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string content() const {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  fs::path folder;
  std::string file;
};

TEST_F(PowerCommandTest, PrintsTheTableAndWritesItCellByCell) {
  auto const said =
      say({"power", "nested-trial", "--vary", "design.therapists=4:8:4", "--replications", "100", "--quiet", "-o", file});
  EXPECT_EQ(said.code, 0) << said.err;
  for (auto const* part :
       {"type I error", "by formula", "therapist means", "Methods: We simulated 100 data sets", "seed 1"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part;
  auto const text = content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 * 5);
}

TEST_F(PowerCommandTest, AnExistingFileIsNotLost) {
  std::ofstream(file) << "mine\n";
  auto const refused = say({"power", "nested-trial", "--replications", "10", "--quiet", "-o", file});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--overwrite"), std::string::npos);
  EXPECT_EQ(content(), "mine\n");
  EXPECT_EQ(say({"power", "nested-trial", "--replications", "10", "--quiet", "-o", file, "--overwrite"}).code, 0);
  EXPECT_NE(content(), "mine\n");
}

TEST_F(PowerCommandTest, BadInputIsRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(say({"power", "nested-trial", "--vary", "design.therapist=4,5", "-o", file}).code, 2);
  EXPECT_EQ(say({"power", "nested-trial", "--vary", "design.therapists=4:x", "-o", file}).code, 2);
  EXPECT_EQ(say({"power", "nested-trial", "--until-half-width", "2", "-o", file}).code, 2);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(PowerCommandTest, LooksUntilItIsPreciseEnough) {
  auto const said = say({"power", "nested-trial", "--until-half-width", "0.03", "--quiet"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_NE(said.out.find("at most 100000 replications"), std::string::npos);
  EXPECT_NE(said.out.find("looks"), std::string::npos);
  EXPECT_NE(said.out.find("looked at the results more than once"), std::string::npos);
}

}  // namespace
}  // namespace bordin
