#include "scenario/read.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "random_values.hpp"

namespace bordin {
namespace {

using testing::Everything;
using testing::RandomValues;

Declaration fields_of(Everything& everything) {
  return [&everything](FieldVisitor& field) { everything.describe(field); };
}

Everything read(std::string const& toml) {
  Everything everything;
  read_fields(fields_of(everything), parse_toml(toml, "x.toml"));
  return everything;
}

std::string written(Everything everything) {
  return write_fields(fields_of(everything));
}

std::string refusal(std::string const& toml) {
  try {
    return "accepted:\n" + written(read(toml));
  } catch (ScenarioError const& error) {
    return error.what();
  }
}

TEST(ReadFields, KeepsDefaultsOfWhatIsNotNamed) {
  auto const everything = read("");
  EXPECT_EQ(everything.rate, 0.5);
  EXPECT_EQ(everything.inner.count, 3);
  EXPECT_FALSE(everything.maybe.has_value());
}

TEST(ReadFields, ReadsEveryType) {
  auto const everything = read(R"(
name = "x"
rate = 1
whole = -3
flag = true
numbers = [1, 2.5]
words = ["a", "b"]
maybe = 0.25
maybe_whole = 9
colour = "green"
pair = { low = 1, high = 2 }
[inner]
count = 4
[[list]]
name = "one"
[[list]]
name = "two"
value = 2
)");
  EXPECT_EQ(everything.rate, 1.0);  // a whole number is a number
  EXPECT_EQ(everything.whole, -3);
  EXPECT_TRUE(everything.flag);
  EXPECT_EQ(everything.numbers, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(everything.words, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(everything.maybe, 0.25);
  EXPECT_EQ(everything.maybe_whole, 9);
  EXPECT_EQ(everything.colour, testing::Colour::green);
  EXPECT_EQ(everything.pair.high, 2.0);
  EXPECT_EQ(everything.inner.count, 4);
  ASSERT_EQ(everything.list.size(), 2U);
  EXPECT_EQ(everything.list[1].value, 2.0);
}

struct Refused {
  char const* toml;
  char const* message;
};

TEST(ReadFields, RefusesEveryOtherTypeWithPlaceValueAndWhatIsAllowed) {
  for (auto const& [toml, message] : std::vector<Refused>{
           {"rate = 'x'", "x.toml:1:8: rate: is \"x\", but must be a number from 0 to 1 (a rate, in 1/week)"},
           {"rate = true", "x.toml:1:8: rate: is true, but must be a number from 0 to 1 (a rate, in 1/week)"},
           {"rate = 2020-01-01", "x.toml:1:8: rate: is a date, but must be a number from 0 to 1 (a rate, in 1/week)"},
           {"whole = 1.0", "x.toml:1:9: whole: is 1.0, but must be a whole number of at least -5"},
           {"flag = 1", "x.toml:1:8: flag: is 1, but must be true or false"},
           {"flag = 'true'", "x.toml:1:8: flag: is \"true\", but must be true or false"},
           {"name = 3", "x.toml:1:8: name: is 3, but must be a text in quotes"},
           {"name = \"a\\u0000b\"", "x.toml:1:8: name: is \"a\\u0000b\", but must have no control characters"},
           {"numbers = 3", "x.toml:1:11: numbers: is 3, but must be a list of numbers"},
           {"numbers = [1, 'x']", "x.toml:1:15: numbers: is \"x\", but must be a number"},
           {"words = 'pre'", "x.toml:1:9: words: is \"pre\", but must be a list of texts, such as [\"...\"]"},
           {"words = ['a', 1]", "x.toml:1:15: words: is 1, but must be a text in quotes"},
           {"maybe = []", "x.toml:1:9: maybe: is a list, but must be a number of at most 1"},
           {"maybe_whole = 1e3", "x.toml:1:15: maybe_whole: is 1000.0, but must be a whole number"},
           {"colour = 'gren'", "x.toml:1:10: colour: is \"gren\", but must be \"red\", \"green\" or \"blue\""},
           {"colour = 1", "x.toml:1:10: colour: is 1, but must be \"red\", \"green\" or \"blue\""},
           {"inner = 3", "x.toml:1:9: inner: is 3, but must be a table: [inner]"},
           {"list = 3", "x.toml:1:8: list: is 3, but must be a list of tables: [[list]]"},
           {"list = [3]", "x.toml:1:9: list: is 3, but must be a list of tables: [[list]]"},
           {"list = { name = 'x' }", "x.toml:1:8: list: is a table, but must be a list of tables: [[list]]"},
           {"pair = { low = 1, high = 'x' }", "x.toml:1:26: pair.high: is \"x\", but must be a number"},
       })
    EXPECT_EQ(refusal(toml), message);
}

TEST(ReadFields, RefusesWhatIsOutOfRangeOnEitherSideAndWhatIsNoNumber) {
  for (std::string const value :
       {"-0.001", "1.001", "nan", "-nan", "inf", "-inf", "1e300", "-1e300", "9223372036854775807"})
    EXPECT_NE(refusal("rate = " + value).find("but must be a number from 0 to 1"), std::string::npos) << value;
  for (std::string const value : {"-6", "-9223372036854775808"})
    EXPECT_NE(refusal("whole = " + value).find("but must be a whole number of at least -5"), std::string::npos) << value;
  for (std::string const value : {"0", "1", "0.0", "-0.0", "1.0", "1e-300"})
    EXPECT_NO_THROW(read("rate = " + value)) << value;
}

TEST(ReadFields, MinusZeroIsZero) {
  EXPECT_FALSE(std::signbit(read("rate = -0.0").rate));
  EXPECT_EQ(written(read("rate = -0.0")), written(read("rate = 0")));
}

TEST(ReadFields, RefusesUnknownKeysEverywhereWithTheNearest) {
  EXPECT_EQ(refusal("rte = 1"), "x.toml:1:7: rte: is not known here; did you mean \"rate\"?");
  EXPECT_EQ(refusal("[inner]\ncont = 1"), "x.toml:2:8: inner.cont: is not known here; did you mean \"count\"?");
  EXPECT_EQ(refusal("[[list]]\nname = 'a'\nvalu = 1"), "x.toml:3:8: list.valu: is not known here; did you mean \"value\"?");
  EXPECT_EQ(refusal("[inner]\n\"a\\nb\" = 1"), "x.toml:2:10: inner.\"a\\nb\": is not known here; there is count");
}

TEST(ReadFields, EntriesHaveNamesOfTheirOwn) {
  EXPECT_EQ(refusal("[[list]]\nvalue = 1"), "x.toml:1:1: list: this entry has no name; add name = \"...\"");
  EXPECT_EQ(refusal("[[list]]\nname = ''"), "x.toml:2:8: list.name: is empty; give it a name");
  EXPECT_EQ(refusal("[[list]]\nname = 3"), "x.toml:2:8: list.name: is 3, but must be a text in quotes");
  EXPECT_EQ(refusal("[[list]]\nname = \"a\\nb\""),
            "x.toml:2:8: list.name: is \"a\\nb\"; a name must be one line without tabs");
  EXPECT_EQ(refusal("[[list]]\nname = 'a'\n[[list]]\nname = 'a'"),
            "x.toml:3:1: list: two entries have the name \"a\"; give each its own");
}

TEST(ReadFields, RefusesEndlessLists) {
  std::string many;
  for (int i = 0; i < 501; ++i) many += "[[list]]\nname = 'n" + std::to_string(i) + "'\n";
  EXPECT_NE(refusal(many).find("has 501 entries; at most 500 are possible"), std::string::npos);
}

TEST(WriteFields, WritesEveryFieldOut) {
  EXPECT_EQ(written({}), R"(name = ""
rate = 0.5
whole = 0
flag = false
numbers = []
words = []
colour = "red"
list = []

[inner]
count = 3
)");
}

TEST(WriteFields, ReadsBackAsTheSameValuesWhateverTheyAre) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Everything everything;
    RandomValues random(seed);
    everything.describe(random);
    auto const text = written(everything);
    ASSERT_EQ(written(read(text)), text) << "seed " << seed;
  }
}

TEST(WholeValues, AreTheShapedOnes) {
  Everything everything;
  EXPECT_EQ(whole_values(fields_of(everything)), (std::vector<std::string>{"pair", "list.pair"}));
}

}  // namespace
}  // namespace bordin
