#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/say.hpp"
#include "core/version.hpp"
#include "results/reader.hpp"

namespace bordin {
namespace {

using testing::say;

namespace fs = std::filesystem;

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("bordin-cli-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    file = (folder / "out.h5").string();
  }
  void TearDown() override { fs::remove_all(folder); }

  std::vector<std::string> small_run(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{
        "run",   "early-alliance",    "-o",     file, "--replications", "20", "--seed", "1", "--set", "design.therapists=8",
        "--set", "design.caseload=6", "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  fs::path folder;
  std::string file;
};

TEST_F(CommandLine, RunPrintsTheTableAndWritesTheFile) {
  auto const said = say(small_run());
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_NE(said.out.find("alliance_within"), std::string::npos);
  EXPECT_NE(said.out.find("Monte Carlo standard error"), std::string::npos);
  EXPECT_EQ(ResultsFile(file).replications(), 20);
  EXPECT_EQ(said.err, "");
}

TEST_F(CommandLine, NeverOverwritesSilently) {
  ASSERT_EQ(say(small_run()).code, 0);
  auto const again = say(small_run());
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("--overwrite"), std::string::npos);
  EXPECT_EQ(say(small_run({"--overwrite"})).code, 0);
}

TEST_F(CommandLine, ReplayFromTheFileEqualsTheRun) {
  ASSERT_EQ(say(small_run({"--data", "full"})).code, 0);
  auto const csv = (folder / "csv").string();
  auto const said = say({"replay", file, "--replication", "17", "--csv", csv});
  ASSERT_EQ(said.code, 0) << said.err;
  auto const stored = ResultsFile(file).estimates("multilevel");
  std::ifstream estimates(folder / "csv" / "estimates.csv");
  std::string line;
  std::getline(estimates, line);
  for (std::size_t t = 0; t < stored.terms.size(); ++t) {
    std::getline(estimates, line);
    auto const start = line.find(stored.terms[t] + ",") + stored.terms[t].size() + 1;
    EXPECT_EQ(std::stod(line.substr(start)), stored.estimate[17 * stored.terms.size() + t]) << line;
  }
  auto const data = ResultsFile(file).data(17);
  ASSERT_TRUE(data.has_value());
  std::ifstream clients(folder / "csv" / "clients.csv");
  std::size_t lines = 0;
  while (std::getline(clients, line)) ++lines;
  EXPECT_EQ(lines, data->clients.rows() + 1);
}

TEST_F(CommandLine, BadInputIsExitCodeTwoAndOneMessage) {
  std::vector<std::vector<std::string>> const wrong{
      {"run", "early-allianc", "-o", file},
      small_run({"--set", "design.therapists=0"}),
      small_run({"--set", "design.therapist=3"}),
      small_run({"--set", "nothing"}),
      {"run", "early-alliance", "-o", "/no/such/folder/out.h5", "--replications", "2"},
      {"describe", (folder / "missing.toml").string()},
      {"info", (folder / "missing.h5").string()},
      {"replay", (folder / "missing.h5").string(), "--replication", "1"},
  };
  for (auto const& arguments : wrong) {
    auto const said = say(arguments);
    EXPECT_EQ(said.code, 2) << arguments[1];
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
    EXPECT_EQ(said.err.rfind("bordin: ", 0), 0U) << said.err;
  }
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(CommandLine, WrongWordsAreExitCodeTwo) {
  for (auto const& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"fly"},
                                                                     {"run"},
                                                                     small_run({"--replications", "0"}),
                                                                     small_run({"--data", "some"}),
                                                                     small_run({"--seed", "-1"}),
                                                                     {"replay", "early-alliance"}})
    EXPECT_EQ(say(arguments).code, 2);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(CommandLine, MisspelledCommandsAndOptionsAreNamedWithWhatWasMeant) {
  auto const said = [](std::vector<std::string> const& arguments) { return say(arguments).err; };
  EXPECT_EQ(said({"rum", "early-alliance"}),
            "bordin: there is no command \"rum\"; did you mean \"run\"? (pictures and reports: python -m bordin)\n");
  EXPECT_EQ(said(small_run({"--replictions", "5"})),
            "bordin: run has no option --replictions; did you mean \"--replications\"?\n");
  EXPECT_EQ(said(small_run({"--sead=5"})), "bordin: run has no option --sead; did you mean \"--seed\"?\n");
  EXPECT_EQ(said(small_run({"--replications", "0"})).find("no option"), std::string::npos);
  EXPECT_EQ(said({}).find("no command"), std::string::npos);
}

TEST_F(CommandLine, HelpVersionListAndDescribeAreDone) {
  EXPECT_EQ(say({"--version"}).out, std::string(version()) + "\n");
  EXPECT_EQ(say({"run", "--help"}).code, 0);
  auto const list = say({"list"});
  EXPECT_NE(list.out.find("early-alliance"), std::string::npos);
  EXPECT_NE(list.out.find("CORE-OM           symptoms   0 to 40"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("Connell et al. 2007"), std::string::npos);
  EXPECT_EQ(say({"list", "--schema"}).out.front(), '{');
  auto const described = say({"describe", "routine-care", "--set", "design.therapists=40"});
  EXPECT_EQ(described.code, 0);
  EXPECT_NE(described.out.find("40 therapists"), std::string::npos);
}

TEST_F(CommandLine, MostFitsFailedIsExitCodeFour) {
  auto const said = say(small_run({"--set", "dropout.baseline=40"}));  // everybody leaves: there is no post score
  EXPECT_EQ(said.code, 4) << said.out << said.err;
  EXPECT_NE(said.out.find("failed"), std::string::npos);
}

TEST_F(CommandLine, EvidenceLaysTargetsBesideTheEngine) {
  auto const said = say({"evidence", "--clients", "2000", "--scenario", "routine-care", "--quiet"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  for (char const* word : {"2000 clients", "alliance-outcome-2018", "0.256 to 0.299", "gating targets hold"})
    EXPECT_NE(said.out.find(word), std::string::npos) << word;
  EXPECT_EQ(said.out.find("rupture-frequency"), std::string::npos);
  auto const page = say({"evidence", "--clients", "2000", "--markdown", "--quiet", "--threads", "2"});
  EXPECT_EQ(page.out.rfind("# Published targets", 0), 0U);
  auto const wrong = say({"evidence", "--scenario", "routine-car", "--quiet"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("routine-care"), std::string::npos) << wrong.err;
}

TEST_F(CommandLine, InfoSaysWhatTheFileHolds) {
  ASSERT_EQ(say(small_run()).code, 0);
  auto const info = say({"info", file});
  EXPECT_EQ(info.code, 0);
  for (char const* word : {"Early alliance", "20", "multilevel", "rejection_rate", "data/clients"})
    EXPECT_NE(info.out.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace bordin
