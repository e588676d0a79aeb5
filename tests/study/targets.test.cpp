#include "study/targets.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <regex>
#include <set>

#include "core/errors.hpp"

namespace bordin {
namespace {

std::string message(std::string const& text) {
  try {
    static_cast<void>(read_targets(text, "targets.toml"));
  } catch (ScenarioError const& error) {
    return error.what();
  }
  return "";
}

Target target(std::string value, std::vector<double> interval = {}) {
  Target out;
  out.value = std::move(value);
  out.interval = std::move(interval);
  return out;
}

TEST(AcceptedBand, IsThePublishedInterval) {
  auto const band = accepted_band(target("0.278", {0.256, 0.299}), 0.5);
  EXPECT_TRUE(band.holds(0.256));
  EXPECT_TRUE(band.holds(0.299));
  EXPECT_FALSE(band.holds(0.2559));
  EXPECT_FALSE(band.holds(0.2991));
  EXPECT_FALSE(band.holds(std::nan("")));
}

TEST(AcceptedBand, OtherwiseIsThreeErrorsAndTheRoundingOfTheLastDigit) {
  auto const band = accepted_band(target("0.55"), 0.001);
  EXPECT_NEAR(band.low, 0.55 - 0.003 - 0.005, 1e-15);
  EXPECT_NEAR(band.high, 0.55 + 0.003 + 0.005, 1e-15);
  EXPECT_NEAR(accepted_band(target("0.550"), 0).high, 0.5505, 1e-15);
  EXPECT_NEAR(accepted_band(target("14"), 0).low, 13.5, 1e-15);
}

TEST(Target, OnlyWhatIsCertainAndPossibleGates) {
  Target t;
  for (auto const& [certainty, gates] : std::vector<std::pair<Certainty, bool>>{{Certainty::verified, true},
                                                                                {Certainty::derived, true},
                                                                                {Certainty::well_known, false},
                                                                                {Certainty::unchecked, false}}) {
    t.certainty = certainty;
    EXPECT_EQ(t.gates(), gates);
  }
  t.certainty = Certainty::verified;
  t.not_together = "contradicts another";
  EXPECT_FALSE(t.gates());
}

TEST(ReadTargets, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(message("[[targets]]\nname = \"a\"\nvalue = \"> 0\"\n").find("targets.a.value"), std::string::npos);
  EXPECT_NE(message("[[targets]]\nname = \"a\"\nvalue = \"1\"\ninterval = [2, 1]\n").find("low < high"), std::string::npos);
  EXPECT_NE(message("[[targets]]\nname = \"a\"\nvalue = \"1\"\ncertainty = \"sure\"\n").find("\"M+\""), std::string::npos);
  EXPECT_NE(message("[[targets]]\nname = \"a\"\nvalues = \"1\"\n").find("targets.toml:3:"), std::string::npos);
  EXPECT_NE(message("[[targets]]\nname = \"a\"\nvalue = \"1\"\n[[targets]]\nname = \"a\"\nvalue = \"1\"\n"), "");
}

TEST(PublishedTargets, AreTheFile) {
  std::ifstream file(std::string(BORDIN_SOURCE_DIR) + "/scenarios/evidence/targets.toml");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(published_targets_text(), text);
}

TEST(PublishedTargets, SayWhatTheyAreAndWhereFrom) {
  std::regex const doi(R"(10\.\d{4,}/\S+|ED\d+|PMC\d+)");
  std::size_t gating = 0;
  for (auto const& t : published_targets()) {
    for (auto const& text : {t.quantity, t.value, t.definition, t.citation, t.statistic, t.scenario, t.parameter})
      EXPECT_FALSE(text.empty()) << t.name;
    EXPECT_EQ(t.move.has_value(), !t.move_reason.empty()) << t.name;
    if (!t.gates()) continue;
    ++gating;
    EXPECT_TRUE((t.certainty == Certainty::derived && t.doi.empty()) || std::regex_match(t.doi, doi))
        << t.name << ": " << t.doi;
  }
  EXPECT_GE(published_targets().size(), 30U);
  EXPECT_GE(gating, 20U);
}

TEST(PublishedTargets, TheBestKnownListIsComplete) {
  std::set<std::string> list;
  for (auto const& t : published_targets())
    if (t.headline) list.insert(t.quantity);
  EXPECT_EQ(list, (std::set<std::string>{"alliance", "empathy", "goal consensus", "therapists", "treatment models"}));
}

}  // namespace
}  // namespace bordin
