#include "scenario/tree.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bordin {
namespace {

//! `over` laid onto `base`, as TOML on one line.
std::string merged(std::string const& base, std::string const& over, std::vector<std::string> const& whole = {}) {
  Node node = parse_toml(base, "base.toml");
  merge(node, parse_toml(over, "over.toml"), whole);
  return toml_text(node);
}

std::string refusal(std::string const& base, std::string const& over) {
  try {
    return "accepted: " + merged(base, over);
  } catch (ScenarioError const& error) {
    return error.what();
  }
}

std::string const two_instruments =
    "[[instruments]]\nname = 'CORE-OM'\nmean = 18\n[[instruments]]\nname = 'WAI-SR'\nsd = 1\n";

TEST(Merge, TablesKeyByKeyHoweverDeep) {
  EXPECT_EQ(merged("a = 1\n[b]\nc = 2\nd = 3\n[b.e]\nf = 4", "[b]\nd = 5\n[b.e]\ng = 6"),
            "{ a = 1, b = { c = 2, d = 5, e = { f = 4, g = 6 } } }");
}

TEST(Merge, OtherValuesAndPlainListsAreReplaced) {
  EXPECT_EQ(merged("a = [1, 2]\nb = 'x'", "a = [3]\nb = 7"), "{ a = [3], b = 7 }");
}

TEST(Merge, ListsOfTablesByName) {
  EXPECT_EQ(merged(two_instruments, "[[instruments]]\nname = 'WAI-SR'\nsd = 2\n[[instruments]]\nname = 'PHQ-9'"),
            "{ instruments = [{ name = \"CORE-OM\", mean = 18 }, { name = \"WAI-SR\", sd = 2 }, { name = \"PHQ-9\" }] }");
}

TEST(Merge, AnEmptyListClears) {
  EXPECT_EQ(merged(two_instruments, "instruments = []"), "{ instruments = [] }");
}

TEST(Merge, AListCanBeginAgainAfterItWasCleared) {
  Node node = parse_toml(two_instruments, "base.toml");
  merge(node, parse_toml("instruments = []", "middle.toml"), {});
  merge(node, parse_toml("[[instruments]]\nname = 'z-score'", "over.toml"), {});
  EXPECT_EQ(toml_text(node), "{ instruments = [{ name = \"z-score\" }] }");
}

TEST(Merge, ATableOntoAListSpeaksOfEntriesByName) {
  EXPECT_EQ(merged(two_instruments, "instruments.CORE-OM.reliability = 0.9"),
            "{ instruments = [{ name = \"CORE-OM\", mean = 18, reliability = 0.9 }, { name = \"WAI-SR\", sd = 1 }] }");
}

TEST(Merge, SuggestsTheNearestEntryWhenThereIsNone) {
  EXPECT_EQ(refusal(two_instruments, "instruments.CORE.mean = 1"),
            "over.toml:1:13: instruments: has no entry \"CORE\"; there is CORE-OM and WAI-SR");
  EXPECT_NE(refusal(two_instruments, "instruments.WAI-RS.mean = 1").find("did you mean \"WAI-SR\"?"), std::string::npos);
}

TEST(Merge, RefusesTwoEntriesOfOneName) {
  std::string const twins = "[[a]]\nname = 'x'\n[[a]]\nname = 'x'\n";
  std::string const message = "two entries have the name \"x\"";
  EXPECT_NE(refusal("b = 1", twins).find(message), std::string::npos);
  EXPECT_NE(refusal("[[a]]\nname = 'x'", twins).find(message), std::string::npos);
  EXPECT_NE(refusal("a = 1", twins).find(message), std::string::npos);
}

TEST(Merge, ShapedValuesAreReplacedAsAWhole) {
  std::string const base = "[design]\ncaseload = { poisson = { mean = 20 } }";
  std::string const over = "[design]\ncaseload = { negative_binomial = { mean = 20, dispersion = 2 } }";
  EXPECT_EQ(merged(base, over, {"design.caseload"}),
            "{ design = { caseload = { negative_binomial = { mean = 20, dispersion = 2 } } } }");
  EXPECT_NE(merged(base, over).find("poisson"), std::string::npos);  // otherwise tables are mixed
}

TEST(Merge, ShapedValuesInsideEntriesToo) {
  EXPECT_EQ(merged("[[arms]]\nname = 'a'\ncaseload = { poisson = { mean = 3 } }",
                   "[[arms]]\nname = 'a'\ncaseload = { observed = [3] }", {"arms.caseload"}),
            "{ arms = [{ name = \"a\", caseload = { observed = [3] } }] }");
}

TEST(Merge, ValuesKeepThePlaceTheyWereWrittenAt) {
  Node node = parse_toml("[a]\nx = 1\ny = 2", "base.toml");
  merge(node, parse_toml("\n\n[a]\n  y = 3", "over.toml"), {});
  auto const& table = *node.find("a");
  EXPECT_EQ(table.find("x")->place.file, "base.toml");
  EXPECT_EQ(table.find("x")->place.line, 2);
  EXPECT_EQ(table.find("y")->place.file, "over.toml");
  EXPECT_EQ(table.find("y")->place.line, 4);
  EXPECT_EQ(table.find("y")->place.column, 7);
}

TEST(Toml, TablesKeepTheOrderOfTheFile) {
  EXPECT_EQ(toml_text(parse_toml("z = 1\nm = 2\na = 3\n[y]\n[b]", "x.toml")), "{ z = 1, m = 2, a = 3, y = {}, b = {} }");
}

TEST(Toml, MistakesHaveLineAndColumn) {
  try {
    parse_toml("a = 1\nb = = 2", "x.toml");
    FAIL() << "nothing thrown";
  } catch (ScenarioError const& error) {
    EXPECT_EQ(error.place().line, 2);
    EXPECT_EQ(error.place().column, 5);
    EXPECT_TRUE(std::string(error.what()).starts_with("x.toml:2:5: ")) << error.what();
  }
}

std::string repeated(std::string const& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

TEST(Toml, NothingDeepReachesTheStack) {
  std::string const long_key = repeated("a.", 200'000) + "a";
  for (std::string const& text :
       {long_key + " = 1", "[" + long_key + "]", "[[" + long_key + "]]", "x = {" + long_key + " = 1}",
        "x = {s = \"\"\"\"\"\"\"\", " + long_key + " = 1}", "x = '''#''', \n" + long_key + " = 1",
        "x = " + repeated("[", 10'000), "x = " + repeated("[", 100'000) + repeated("]", 100'000),
        "x = " + repeated("{a=", 10'000) + "1" + repeated("}", 10'000),
        "x = " + repeated("{a.a.a.a.a.a=", 250) + "1" + repeated("}", 250)})
    EXPECT_THROW(parse_toml(text, "x.toml"), ScenarioError) << text.substr(0, 40);
}

TEST(Toml, RefusesTablesOfEndlessKeys) {
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "k" + std::to_string(i) + " = 1\n";
  EXPECT_THROW(parse_toml(many, "x.toml"), ScenarioError);
}

TEST(Toml, DotsInTextsCommentsAndNumbersAreNoKeys) {
  std::string const dots = repeated("a.", 100);
  EXPECT_NO_THROW(parse_toml("x = \"" + dots + "\" # " + dots + "\ny = '" + dots + "'\nz = \"\"\"\n" + dots + "\n\\\"" +
                                 dots + "\"\"\"\"\nl = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]",
                             "x.toml"));
}

TEST(Assignment, TakesTomlValuesAndTextsWithoutQuotes) {
  auto const text = [](std::string const& assignment) { return toml_text(parse_assignment(assignment)); };
  EXPECT_EQ(text("design.therapists=40"), "{ design = { therapists = 40 } }");
  EXPECT_EQ(text("title = A new title"), "{ title = \"A new title\" }");
  EXPECT_EQ(text("design.caseload=[1, 2]"), "{ design = { caseload = [1, 2] } }");
  EXPECT_EQ(text("instruments.\"alliance z-score\".reliability=0.9"),
            "{ instruments = { \"alliance z-score\" = { reliability = 0.9 } } }");
  EXPECT_EQ(text("analyses.\"a=b\".formula=y ~ x"), "{ analyses = { \"a=b\" = { formula = \"y ~ x\" } } }");
  EXPECT_EQ(text("title=say \"this\""), "{ title = \"say \\\"this\\\"\" }");
  EXPECT_EQ(text("title="), "{ title = \"\" }");
}

TEST(Assignment, SetsExactlyOneValue) {
  for (std::string const assignment :
       {"", "=", "=3", " =3", "design.therapists", "a=1\nb=2", "a=1\rb=2", "a\n=1", "[design]\ntherapists=4", "[design]#=4",
        "#a=1", "a..b=1", ".a=1", "a.=1", "a b=1", "\"a=1", "{}=1", "a.a.a.a.a.a.a.a.a.a.a=1"}) {
    EXPECT_THROW(parse_assignment(assignment), ScenarioError) << assignment;
  }
  EXPECT_THROW(parse_assignment(repeated("=", 100'000)), ScenarioError);
}

TEST(Assignment, MessagesNameItAndShowHow) {
  try {
    parse_assignment("design.therapists");
    FAIL() << "nothing thrown";
  } catch (ScenarioError const& error) {
    EXPECT_STREQ(error.what(),
                 "--set: \"design.therapists\" has no value; write key=value, for example design.therapists=40");
  }
}

TEST(AtPath, MakesTheTablesAround) {
  EXPECT_EQ(toml_text(at_path("a.b.c", parse_toml("x = 1", "").members.front().second)), "{ a = { b = { c = 1 } } }");
  EXPECT_THROW(at_path(repeated("a.", 100'000), {}), ScenarioError);
}

TEST(Shown, ValuesAsAMessageShowsThem) {
  Node const tree = parse_toml("a = 1.4\nb = 'CORE-OM'\nc = []\nd = {}\ne = true\nf = 2020-01-01\ng = 7", "");
  std::vector<std::string> out;
  for (auto const& [key, value] : tree.members) out.push_back(shown(value));
  EXPECT_EQ(out, (std::vector<std::string>{"1.4", "\"CORE-OM\"", "a list", "a table", "true", "a date", "7"}));
}

TEST(Shown, QuotedTextsAreTomlAgain) {
  for (char const* text : {"", "a\"b\\c", "line\nline\ttab", "\x01\x7f", "\xC3\xA4\xF0\x9F\x98\x80"})
    EXPECT_EQ(parse_toml("x = " + in_quotes(text), "").members.front().second.text, text);
  EXPECT_EQ(parse_toml(key_text("a b.c") + " = 1", "").members.front().first, "a b.c");
  EXPECT_EQ(parse_toml(key_text("") + " = 1", "").members.front().first, "");
}

}  // namespace
}  // namespace bordin
