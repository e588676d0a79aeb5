#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace bordin {
namespace {

class Help : public ::testing::Test {
 protected:
  Help() { app_.formatter(std::make_shared<PlainHelp>()); }
  std::string text() const { return app_.help(); }
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

  CLI::App app_{"a program", "program"};
  unsigned count_ = 7;
  double share_ = 0.5;
  std::string file_;
  bool flag_ = false;
};

TEST_F(Help, SaysInWordsWhatAnOptionTakes) {
  app_.add_option("--count", count_, "how many")->check(from_to(0U, 9U))->capture_default_str();
  app_.add_option("--share", share_, "of all");
  app_.add_option("--file", file_, "what is read")->required()->type_name("FILE");
  app_.add_flag("--flag", flag_, "says yes");
  EXPECT_EQ(line("--count"), "--count N how many (default 7; 0 to 9)");
  EXPECT_EQ(line("--share"), "--share NUMBER of all");
  EXPECT_EQ(line("--file"), "--file FILE (required) what is read");
  EXPECT_EQ(line("--flag"), "--flag says yes");
}

TEST_F(Help, IsSilentAboutLimitsThatSayNothing) {
  app_.add_option("--any", count_, "one")->check(from_to(1U, 4294967295U));
  app_.add_option("--many", count_, "two")->check(from_to(500U, 4294967295U));
  EXPECT_EQ(line("--any"), "--any N one");
  EXPECT_EQ(line("--many"), "--many N two (at least 500)");
}

TEST_F(Help, KeepsLinesShortAndTextsWhole) {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + " ";
  app_.add_option("--long", file_, words);
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U);
  std::istringstream shown(text().substr(text().find("word0"))), given(words);
  for (std::string expected, found; given >> expected;) {
    shown >> found;
    EXPECT_EQ(found, expected);
  }
}

TEST_F(Help, RefusesWhatIsOutsideOfTheLimits) {
  app_.add_option("--count", count_, "how many")->check(from_to(2U, 9U));
  EXPECT_THROW(app_.parse("--count 10"), CLI::ValidationError);
  EXPECT_THROW(app_.parse("--count 1"), CLI::ValidationError);
  app_.parse("--count 9");
  EXPECT_EQ(count_, 9U);
}

}  // namespace
}  // namespace bordin
