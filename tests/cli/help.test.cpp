#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace bordin {
namespace {

class Help : public ::testing::Test {
 protected:
  Help() { app.formatter(std::make_shared<PlainHelp>()); }
  std::string text() const { return app.help(); }
  // The line of an option, its spaces made single.
  std::string line(std::string const& name) const {
    std::istringstream lines(text());
    for (std::string line; std::getline(lines, line);) {
      if (line.find(name) == std::string::npos) continue;
      std::istringstream words(line);
      std::string out;
      for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
      return out;
    }
    return "";
  }

  CLI::App app{"a program", "program"};
  unsigned count = 7;
  double share = 0.5;
  std::string file;
  bool flag = false;
};

TEST_F(Help, SaysInWordsWhatAnOptionTakes) {
  app.add_option("--count", count, "how many")->check(from_to(0U, 9U))->capture_default_str();
  app.add_option("--share", share, "of all");
  app.add_option("--file", file, "what is read")->required()->type_name("FILE");
  app.add_flag("--flag", flag, "says yes");
  EXPECT_EQ(line("--count"), "--count N how many (default 7; 0 to 9)");
  EXPECT_EQ(line("--share"), "--share NUMBER of all");
  EXPECT_EQ(line("--file"), "--file FILE (required) what is read");
  EXPECT_EQ(line("--flag"), "--flag says yes");
}

TEST_F(Help, IsSilentAboutLimitsThatSayNothing) {
  app.add_option("--any", count, "one")->check(from_to(1U, 4294967295U));
  app.add_option("--many", count, "two")->check(from_to(500U, 4294967295U));
  EXPECT_EQ(line("--any"), "--any N one");
  EXPECT_EQ(line("--many"), "--many N two (at least 500)");
}

TEST_F(Help, KeepsLinesShortAndTextsWhole) {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + " ";
  app.add_option("--long", file, words);
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U);
  std::istringstream shown(text().substr(text().find("word0"))), given(words);
  for (std::string expected, found; given >> expected;) {
    shown >> found;
    EXPECT_EQ(found, expected);
  }
}

TEST_F(Help, RefusesWhatIsOutsideOfTheLimits) {
  app.add_option("--count", count, "how many")->check(from_to(2U, 9U));
  EXPECT_THROW(app.parse("--count 10"), CLI::ValidationError);
  EXPECT_THROW(app.parse("--count 1"), CLI::ValidationError);
  app.parse("--count 9");
  EXPECT_EQ(count, 9U);
}

}  // namespace
}  // namespace bordin
