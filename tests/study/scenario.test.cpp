#include "study/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "study/study.hpp"

namespace bordin {
namespace {

std::string message(std::string const& text, std::vector<std::string> const& settings = {}) {
  try {
    std::vector<Node> overrides;
    for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
    static_cast<void>(parse_scenario(text, "trial.toml", overrides));
  } catch (ScenarioError const& error) {
    return error.what();
  }
  return "";
}

TEST(Scenario, EveryLibraryScenarioLoadsAndWritesItselfBack) {
  ASSERT_GE(scenario_library().size(), 2U);
  for (auto const& entry : scenario_library()) {
    auto const scenario = load_scenario(std::string(entry.name));
    auto const text = scenario_text(scenario);
    auto const again = parse_scenario(text, "again");
    EXPECT_EQ(scenario_text(again), text) << entry.name;
    EXPECT_EQ(scenario_digest(again), scenario_digest(scenario)) << entry.name;
    EXPECT_EQ(text.find("based_on"), std::string::npos) << "complete by itself";
  }
}

TEST(Scenario, TheLibraryIsTheFolder) {
  std::size_t files = 0;
  for (auto const& file : std::filesystem::directory_iterator(std::filesystem::path(BORDIN_SOURCE_DIR) / "scenarios")) {
    if (file.path().extension() != ".toml") continue;
    ++files;
    std::ifstream stream(file.path());
    std::string const text{std::istreambuf_iterator<char>(stream), {}};
    auto const& library = scenario_library();
    EXPECT_TRUE(std::any_of(library.begin(), library.end(), [&](auto const& e) {
      return e.name == file.path().stem().string() && e.text == text;
    })) << file.path();
  }
  EXPECT_EQ(files, scenario_library().size());
}

TEST(Scenario, DigestTellsScenariosApart) {
  auto const base = load_scenario("routine-care");
  EXPECT_EQ(scenario_digest(base), scenario_digest(load_scenario("routine-care")));
  EXPECT_NE(scenario_digest(base),
            scenario_digest(load_scenario("routine-care", {parse_assignment("alliance.effect=0.35")})));
}

TEST(Scenario, RoutineCareHasTheValuesOfTheModel) {
  auto const s = load_scenario("routine-care");
  EXPECT_EQ(s.therapy.therapists.alliance_share, 0.09);
  EXPECT_EQ(s.therapy.alliance.effect, 0.368);
  EXPECT_EQ(s.therapy.clients.alliance_severity_correlation, -0.132);
  EXPECT_EQ(s.therapy.dropout.baseline, -3.23);
  EXPECT_EQ(s.therapy.alliance.kappa, 0.09);
  EXPECT_EQ(load_scenario("early-alliance").therapy.therapists.alliance_share, 0.08);
}

TEST(Scenario, ChecksOfTheWholeNameThePlaceOfTheKey) {
  std::string const based = "title = \"t\"\nbased_on = \"routine-care\"\n";
  EXPECT_NE(message(based + "[therapists]\nalliance_share = 0.9\n").find("exceed 1"), std::string::npos);
  EXPECT_EQ(message(based + "[clients]\nseverity_change_correlation = 0.99\nexpectation_change_correlation = 0.99\n")
                .rfind("trial.toml:", 0),
            0U);
  auto const formula = message(based + "[[analyses]]\nname = \"a\"\nformula = \"post ~ pree\"\n");
  EXPECT_NE(formula.find("trial.toml:5"), std::string::npos) << formula;
  EXPECT_NE(formula.find("\"pre\""), std::string::npos) << formula;
  EXPECT_NE(message(based + "[study]\nprimary = \"multilevel: alliance\"\n").find("multilevel: alliance_within"),
            std::string::npos);
  EXPECT_NE(message(based + "[[analyses]]\nname = \"multilevel\"\nnull = { \"alliance.efect\" = 0 }\n").find("effect"),
            std::string::npos);
  EXPECT_NE(message("title = \"t\"\n", {"design.therapist=3"}).find("--set: design.therapist"), std::string::npos);
  EXPECT_EQ(message(based), "");
}

TEST(Scenario, AWrittenTrialStillFollowsItsDesign) {
  std::string const trial =
      "title = \"t\"\nbased_on = \"routine-care\"\n[[arms]]\nname = \"a\"\n[[arms]]\nname = \"b\"\ntherapists = 3\n";
  auto const written = scenario_text(parse_scenario(trial, "trial.toml", {}));
  auto const read = parse_scenario(written, "written.toml", {parse_assignment("design.therapists=7")});
  EXPECT_EQ(read.arms[0].therapists, 7);
  EXPECT_EQ(read.arms[1].therapists, 3);
  EXPECT_EQ(scenario_text(parse_scenario(written, "written.toml", {})), written);
}

TEST(Scenario, SchemaNamesEveryGroup) {
  auto const schema = scenario_schema();
  for (char const* word :
       {"\"alliance_share\"", "\"causal_fraction\"", "\"caseload\"", "negative_binomial", "\"x-source\"", "\"based_on\""})
    EXPECT_NE(schema.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace bordin
