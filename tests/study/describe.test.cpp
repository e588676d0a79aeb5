#include "study/describe.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>

namespace bordin {
namespace {

std::string described(std::string const& text) {
  return describe_study(Study(parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n" + text, "t")));
}

TEST(Describe, BudgetsAddToOneHundredPercentAsPrinted) {
  auto const text = described("[therapists]\nalliance_share = 0.077\n[alliance]\nmatch_share = 0.033\n");
  std::istringstream lines(text);
  std::regex const share(R"((  .*\S)\s+(\d+\.\d) %)");
  double sum = 0;
  int totals = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, share)) continue;
    if (match[1] == "  total") {
      EXPECT_NEAR(sum, 100, 1e-6) << text;
      EXPECT_EQ(match[2], "100.0");
      sum = 0;
      ++totals;
    } else {
      sum += std::stod(match[2]);
    }
  }
  EXPECT_EQ(totals, 2);
}

TEST(Describe, SaysWhoMeetsWhom) {
  auto const cohort = described("");
  EXPECT_NE(cohort.find("50 therapists, 20 clients each"), std::string::npos) << cohort;
  EXPECT_NE(cohort.find("1000 expected"), std::string::npos);
  auto const partial =
      described("[[arms]]\nname = \"therapy\"\n[[arms]]\nname = \"waiting list\"\ntherapists = 0\nclients = 60\n");
  EXPECT_NE(partial.find("60 clients without a therapist"), std::string::npos) << partial;
  EXPECT_NE(partial.find("1060 expected"), std::string::npos) << partial;
}

TEST(Describe, SaysWhoRatesAndWhatElseIsRated) {
  auto const text = described(
      "[design]\nratings = [\"empathy\", \"credibility\"]\n[[instruments]]\nname = \"WAI-T\"\npreset = \"WAI-SR\"\n"
      "rater = \"therapist\"\nwhen = [\"session 3\"]\n");
  EXPECT_NE(text.find("alliance, by the therapist: session 3"), std::string::npos) << text;
  EXPECT_NE(text.find("empathy and credibility"), std::string::npos) << text;
}

TEST(Describe, SaysWhenARunWillBeRefused) {
  auto const text = described("[design]\ntherapists = 1000000\ncaseload = 100000\n");
  EXPECT_NE(text.find("will be refused"), std::string::npos) << text;
}

}  // namespace
}  // namespace bordin
