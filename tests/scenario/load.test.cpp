#include "scenario/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/errors.hpp"

namespace bordin {
namespace {

namespace fs = std::filesystem;

std::vector<LibraryScenario> const library{{"base", "title = 'Base'\n[a]\nx = 1\ny = 2"},
                                           {"middle", "title = 'Middle'\nbased_on = 'base'\n[a]\ny = 3"},
                                           {"lost", "title = 'Lost'\nbased_on = 'bse'"}};

class Load : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder / "sub"); }
  void TearDown() override { fs::remove_all(folder); }

  std::string write(std::string const& name, std::string const& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  static std::string loaded(std::string const& source) { return toml_text(load_scenario_tree(source, library, {})); }
  static std::string refusal(std::string const& source) {
    try {
      return "accepted: " + loaded(source);
    } catch (ScenarioError const& error) {
      return error.what();
    }
  }
  static void expect_refusal(std::string const& source, std::string const& part) {
    auto const message = refusal(source);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }

  fs::path folder = fs::path(::testing::TempDir()) /
                    ("bordin-load-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(Load, LaysFilesOverEachOtherBaseFirst) {
  EXPECT_EQ(loaded("middle"), "{ title = \"Middle\", a = { x = 1, y = 3 } }");
  EXPECT_EQ(loaded(write("own.toml", "based_on = 'middle'\n[a]\nx = 9")), "{ title = \"Middle\", a = { x = 9, y = 3 } }");
}

TEST_F(Load, PathsAreRelativeToTheFileThatNamesThem) {
  write("sub/base.toml", "title = 'In the folder'\nbased_on = '../above.toml'");
  write("above.toml", "title = 'Above'\nz = 1");
  EXPECT_EQ(loaded(write("own.toml", "based_on = 'sub/base.toml'")), "{ title = \"In the folder\", z = 1 }");
}

TEST_F(Load, ALibraryNameIsNoPathAndAPathNoLibraryName) {
  write("base", "title = 'Not this one'");
  EXPECT_EQ(loaded(write("own.toml", "based_on = 'base'")), "{ title = \"Base\", a = { x = 1, y = 2 } }");
  EXPECT_EQ(loaded(write("other.toml", "based_on = './base'")), "{ title = \"Not this one\" }");
}

TEST_F(Load, RefusesUnknownNamesWithTheNearest) {
  EXPECT_EQ(refusal("bases"), "there is no scenario \"bases\"; did you mean \"base\"? (or give a path to a file)");
  EXPECT_EQ(refusal("lost"),
            "library/lost.toml:2:12: there is no scenario \"bse\"; did you mean \"base\"? (or give a path to a file)");
  expect_refusal(write("own.toml", "\nbased_on = 'gone.toml'"), "own.toml:2:12: there is no file ");
}

TEST_F(Load, RefusesWhatIsNoFile) {
  expect_refusal(folder.string(), "is not a file");
  expect_refusal("/dev/null", "is not a file");
  expect_refusal(write("own.toml", "based_on = './sub'"), "own.toml:1:12: ");
  expect_refusal(write("large.toml", "title = 'x'\n" + std::string((1U << 20U) + 1, '#')), "is larger than 1 MiB");
}

TEST_F(Load, RefusesAFileWithNeitherTitleNorBase) {
  expect_refusal(write("own.toml", "[a]\nx = 1"), "has neither a title nor a based_on");
  expect_refusal(write("empty.toml", ""), "has neither a title nor a based_on");
  write("nothing.toml", "[a]\nx = 1");
  expect_refusal(write("over.toml", "title = 'x'\nbased_on = 'nothing.toml'"),
                 "nothing.toml: has neither a title nor a based_on");
}

TEST_F(Load, RefusesABaseThatIsNoText) {
  expect_refusal(write("own.toml", "based_on = 3"), "own.toml:1:12: based_on: is 3, but must be a text");
  expect_refusal(write("list.toml", "based_on = ['base']"), "is a list, but must be a text");
}

TEST_F(Load, RefusesCirclesOfAnySizeUnderAnyName) {
  expect_refusal(write("self.toml", "based_on = 'self.toml'"), "is in the end based on itself");
  expect_refusal(write("dots.toml", "based_on = './sub/../dots.toml'"), "is in the end based on itself");
  write("b.toml", "based_on = 'c.toml'");
  write("c.toml", "based_on = 'a.toml'");
  expect_refusal(write("a.toml", "based_on = 'b.toml'"), "c.toml:1:12: based_on: ");
  fs::create_symlink(folder / "link.toml", folder / "link2.toml");
  expect_refusal(write("link.toml", "based_on = 'link2.toml'"), "is in the end based on itself");
}

TEST_F(Load, ChainsAreAtMostEightLong) {
  auto const chain = [&](int length) {
    write("1.toml", "title = 'x'");
    for (int i = 2; i <= length; ++i) write(std::to_string(i) + ".toml", "based_on = '" + std::to_string(i - 1) + ".toml'");
    return (folder / (std::to_string(length) + ".toml")).string();
  };
  EXPECT_EQ(loaded(chain(8)), "{ title = \"x\" }");
  expect_refusal(chain(9), "more than 8 scenarios build on one another");
}

TEST_F(Load, TextIsReadAsAFileWouldBe) {
  EXPECT_EQ(toml_text(parse_scenario_tree("based_on = 'middle'", "dictionary", library, {})),
            "{ title = \"Middle\", a = { x = 1, y = 3 } }");
  EXPECT_THROW(parse_scenario_tree("x = 1", "dictionary", library, {}), ScenarioError);
}

TEST_F(Load, TakesCarriageReturnsAndAByteOrderMark) {
  EXPECT_EQ(loaded(write("dos.toml", "\xEF\xBB\xBFtitle = 'x'\r\n[a]\r\nb = 1\r\n")), "{ title = \"x\", a = { b = 1 } }");
}

}  // namespace
}  // namespace bordin
