#include "core/text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace bordin {
namespace {

TEST(Text, SuggestsTheNearestWordWhateverItsCase) {
  EXPECT_EQ(did_you_mean("aliance", {"alliance", "symptoms"}), "; did you mean \"alliance\"?");
  EXPECT_EQ(did_you_mean("core-om", {"CORE-OM", "WAI-SR"}), "; did you mean \"CORE-OM\"?");
}

TEST(Text, ListsWhatThereIsWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("weather", {"alliance", "symptoms"}), "; there is alliance and symptoms");
  EXPECT_EQ(did_you_mean("weather", {}), "");
}

TEST(Text, ListsTheNearestOfMany) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("alliance_" + std::to_string(i));
  EXPECT_EQ(did_you_mean("alli", many),
            "; the nearest of 100 are alliance_0, alliance_1, alliance_2, alliance_3 and alliance_4");
}

TEST(Text, SuggestsWithinReasonForEndlessWords) {
  EXPECT_LT(did_you_mean(std::string(1'000'000, 'x'), {"alliance"}).size(), 100U);
}

TEST(Text, EnumeratesAsPeopleDo) {
  EXPECT_EQ(enumerate_words({}), "");
  EXPECT_EQ(enumerate_words({"a"}), "a");
  EXPECT_EQ(enumerate_words({"a", "b"}, "or"), "a or b");
  EXPECT_EQ(enumerate_words({"a", "b", "c"}), "a, b and c");
}

TEST(Text, SlugIsLowerCaseLettersDigitsAndSingleUnderscores) {
  EXPECT_EQ(slug("CORE-OM"), "core_om");
  EXPECT_EQ(slug("PHQ-9"), "phq9");
  EXPECT_EQ(slug("WAI-SR"), "wai_sr");
  EXPECT_EQ(slug("alliance z-score"), "alliance_z_score");
  EXPECT_EQ(slug("  a  --  b!  "), "a_b");
  EXPECT_EQ(slug("\xC3\xA4ngstlich"), "ngstlich");
  EXPECT_EQ(slug("??"), "");
}

TEST(Text, NumbersReadBackAsTheSameDoubleAndAreNeverTakenForIntegers) {
  std::mt19937_64 bits(1);
  for (int i = 0; i < 100'000; ++i) {
    auto const value = std::bit_cast<double>(bits());
    auto const text = number_text(value);
    if (std::isfinite(value)) {
      ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
      ASSERT_NE(text.find_first_of(".e"), std::string::npos) << text;
    }
  }
  EXPECT_EQ(number_text(1), "1.0");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Text, BytesAndDurationsAreForPeople) {
  EXPECT_EQ(bytes_text(12), "12 bytes");
  EXPECT_EQ(bytes_text(12'300), "12.3 kB");
  EXPECT_EQ(bytes_text(1.3e9), "1.3 GB");
  EXPECT_EQ(bytes_text(123e18), "123 EB");
  EXPECT_EQ(duration_text(0.0123), "12.3 ms");
  EXPECT_EQ(duration_text(3.21), "3.2 s");
  EXPECT_EQ(duration_text(720), "12.0 min");
  EXPECT_EQ(duration_text(14'760), "4.1 h");
  EXPECT_EQ(duration_text(864'000), "10 days");
}

TEST(Text, TablesAlignNumbersRightAndWordsLeft) {
  EXPECT_EQ(aligned_table({{"name", "value"}, {"a", "1.5"}, {"long one", "10.25"}}),
            "name      value\n"
            "a           1.5\n"
            "long one  10.25\n");
}

TEST(Text, TablesCountLettersNotBytes) {
  EXPECT_EQ(aligned_table({{"\xC3\xA4", "x"}, {"bb", "y"}}), "\xC3\xA4   x\nbb  y\n");
}

TEST(Text, OneLineKeepsLettersOfAllScriptsAndNothingThatCannotBePrinted) {
  EXPECT_EQ(one_line("Fl\xC3\xBC"
                     "ckiger \xE6\xB2\xBB\xE7\x99\x82 \xF0\x9F\x98\x80"),
            "Fl\xC3\xBC"
            "ckiger \xE6\xB2\xBB\xE7\x99\x82 \xF0\x9F\x98\x80");
  EXPECT_EQ(one_line("a\nb\r\nc\td"), "a b  c d");
  EXPECT_EQ(one_line(std::string_view("\0\x1b\x7f", 3)), "???");
  EXPECT_EQ(one_line("\xC2\x85\xE2\x80\xA8\xE2\x80\xAE"), "???");  // next line, line separator, right-to-left override
  EXPECT_EQ(one_line("\xC3 \xFF \xC0\xAF \xED\xA0\x80"), "? ? ?? ???");  // cut, never valid, overlong, half a surrogate
}

TEST(Text, OneLineCutsTheMiddleOfSomethingEndless) {
  auto const text = one_line("begin " + std::string(100'000, 'x') + " end", 300);
  EXPECT_LE(text.size(), 310U);
  EXPECT_TRUE(text.starts_with("begin x"));
  EXPECT_TRUE(text.ends_with("x end"));
}

TEST(Text, ShortensBetweenLetters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("a\xC3\xA4"
                      "b",
                      2),
            "a...");
  EXPECT_EQ(shortened("\xC3\xA4", 1), "...");
}

TEST(Text, KnowsUtf8) {
  for (char const* text : {"", "plain", "\xC3\xA9", "\xEF\xBD\x81", "\xF0\x9F\x98\x80"}) EXPECT_TRUE(is_utf8(text)) << text;
  for (char const* text : {"\xE9", "\xC3", "a\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace bordin
