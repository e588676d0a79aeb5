#include "core/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<double>;
using Levels = std::vector<std::string>;

Table parsed(std::string const& text, std::vector<std::string> const& wanted = {}) {
  return parse_csv(text, "d.csv", wanted).table;
}

std::string refusal(std::string const& text, std::vector<std::string> const& wanted = {}) {
  try {
    parse_csv(text, "d.csv", wanted);
  } catch (Error const& error) {
    return error.what();
  }
  return "accepted";
}

void expect_refusal(std::string const& text, std::string const& message, std::vector<std::string> const& wanted = {}) {
  EXPECT_NE(refusal(text, wanted).find(message), std::string::npos) << text << "\n" << refusal(text, wanted);
}

// What every cell says: levels by their words, missing as NA.
std::vector<std::string> words(Column const& column) {
  std::vector<std::string> out;
  for (std::size_t row = 0; row < column.size(); ++row) {
    double const value = column.at(row);
    out.push_back(std::isnan(value)         ? "NA"
                  : column.is_categorical() ? column.levels[static_cast<std::size_t>(value)]
                                            : number_text(value));
  }
  return out;
}

TEST(CsvReader, NumbersAreNumbersAndWholeOnesAreInt32) {
  auto const table = parsed("id,score,wide\n1,2.5,3000000000\n-7,1e-3,2\n");
  EXPECT_EQ(table.column("id").as<std::int32_t>(), (std::vector<std::int32_t>{1, -7}));
  EXPECT_EQ(table.column("score").as<double>(), (Numbers{2.5, 1e-3}));
  EXPECT_EQ(table.column("wide").as<double>(), (Numbers{3e9, 2}));
  EXPECT_EQ(parsed("x\n+1.5\n 2 \n-Inf\n.5\n").column("x").as<double>(), (Numbers{1.5, 2, -HUGE_VAL, .5}));
}

TEST(CsvReader, WordsAreCategoriesSortedByCodePoint) {
  auto const arm = parsed("arm\nb\né\nZ\n10\na b\n9\nb\n\xF0\x9F\x98\x80\n\xEF\xBD\x81\n").column("arm");
  EXPECT_EQ(arm.levels, (Levels{"10", "9", "Z", "a b", "b", "é", "\xEF\xBD\x81", "\xF0\x9F\x98\x80"}));
  EXPECT_EQ(words(arm), (Levels{"b", "é", "Z", "10", "a b", "9", "b", "\xF0\x9F\x98\x80", "\xEF\xBD\x81"}));
}

TEST(CsvReader, MissingIsMissingInEveryKindOfColumn) {
  auto const table = parsed("x,w,t,i\n1.5,a,TRUE,1\n,,,\nNA,NA,NA,NA\n.,.,.,.\n NaN ,NaN,nan,\n\"NA\",\"\",\"NA\",\" \"\n");
  for (auto const* name : {"x", "w", "t", "i"}) {
    auto const& column = table.column(name);
    EXPECT_FALSE(std::isnan(column.at(0)));
    for (std::size_t row = 1; row < 6; ++row) EXPECT_TRUE(std::isnan(column.at(row))) << name << row;
  }
  EXPECT_EQ(table.column("w").levels, Levels{"a"});
  EXPECT_EQ(words(parsed("x,y\nNA,1\n,2\n").column("x")), (Levels{"NA", "NA"}));
}

TEST(CsvReader, TruthHasTheLevelsOfR) {
  Levels const levels{"FALSE", "TRUE"};
  EXPECT_EQ(parsed("x\nTRUE\nTRUE\n").column("x").levels, levels);
  auto const mixed = parsed("x\nTrue\nfalse\n\"FALSE\"\n").column("x");
  EXPECT_EQ(mixed.levels, levels);
  EXPECT_EQ(words(mixed), (Levels{"TRUE", "FALSE", "FALSE"}));
  EXPECT_EQ(parsed("x\nTRUE\nmaybe\n").column("x").levels, (Levels{"TRUE", "maybe"}));
}

TEST(CsvReader, QuotesAreThoseOfTheStandard) {
  auto const table = parsed("\"a,b\",\"c \"\"d\"\"\"\n\"x\ny\",\"\"\"\"\n\"1\",\" , \"\n5\" disk,z\n");
  EXPECT_EQ(table.names(), (Levels{"a,b", "c \"d\""}));
  EXPECT_EQ(words(table.column("a,b")), (Levels{"x\ny", "1", "5\" disk"}));
  EXPECT_EQ(words(table.column("c \"d\"")), (Levels{"\"", " , ", "z"}));
}

TEST(CsvReader, LineEndsMarksAndBlankLinesDoNotMatter) {
  for (std::string const text :
       {"a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y", "\xEF\xBB\xBF\n\na,b\n1,x\n\n2,y\n\n\n",
        "a , b\n1,x\n2,y", "\xEF\xBB\xBF\"a\",b\r\n1,x\r\n2,y"}) {
    auto const table = parsed(text);
    EXPECT_EQ(table.names(), (Levels{"a", "b"})) << text;
    EXPECT_EQ(words(table.column("a")), (Levels{"1.0", "2.0"})) << text;
    EXPECT_EQ(words(table.column("b")), (Levels{"x", "y"})) << text;
  }
}

TEST(CsvReader, SeparatorIsFoundOutFromTheFirstLine) {
  EXPECT_EQ(parsed("a;b\n1,5;2.5\n-3;,5\n").column("a").as<double>(), (Numbers{1.5, -3}));
  EXPECT_EQ(parsed("a;b\n1,5;2.5\n-3;,5\n").column("b").as<double>(), (Numbers{2.5, .5}));
  EXPECT_EQ(parsed("a\tb\n1\t2\n").names(), (Levels{"a", "b"}));
  EXPECT_EQ(parsed("\"a;b;c\",d\n1,2\n").names(), (Levels{"a;b;c", "d"}));
  EXPECT_EQ(parsed("score, sum;b\n1,5;2\n").names(), (Levels{"score, sum", "b"}));
  EXPECT_TRUE(parsed("a;b\n1,2,3;1\n1.2,3;1\n").column("a").is_categorical());
  EXPECT_EQ(words(parsed("a,b\n\"1,5\",1\n").column("a")), Levels{"1,5"});
}

TEST(CsvReader, ColumnsWithoutNameAndColumnsNobodyWantsAreLeftOut) {
  EXPECT_EQ(parsed("\"\",a,b,\n1,2,3,\n").names(), (Levels{"a", "b"}));
  EXPECT_EQ(parsed("z,a,b\n1,2,3\n", {"b", "z"}).names(), (Levels{"z", "b"}));
  EXPECT_EQ(parsed("x,x,b\n1,\xFC,3\n", {"b"}).names(), Levels{"b"});
}

TEST(CsvReader, LongIdentifiersStayApart) {
  auto const id = parsed("id\n9007199254740993\n9007199254740992\n12\n").column("id");
  EXPECT_EQ(id.levels.size(), 3U);
  EXPECT_FALSE(parsed("x\n9007199254740993.0\n1e17\n").column("x").is_categorical());
}

TEST(CsvReader, NotesNumbersThatAFewWordsMadeACategory) {
  auto const data = parse_csv("a,b\n1,x\n2,x\n12o,3\n2,x\n", "d.csv");
  ASSERT_EQ(data.notes.size(), 1U);
  EXPECT_EQ(data.notes[0],
            "d.csv: column \"a\" is read as a category with 3 levels: 3 cells are numbers, but \"12o\" in line 4 is none");
}

TEST(CsvReader, MistakesSayWhereWhatAndWhatInstead) {
  expect_refusal("", "d.csv: is empty; the first line must have the names");
  expect_refusal("\n\r\n", "d.csv: is empty");
  expect_refusal("a,b\n", "d.csv:2:1: there is a header with 2 columns, but no row");
  expect_refusal(
      "a,b\n1,2\n1\n",
      "d.csv:3:1: this line has 1 cell, but the first line names 2 columns (cells are separated by \",\"); leave");
  expect_refusal(
      "a\tb\n1\t2\n1\t2\t3\t4\n",
      "d.csv:3:1: this line has 4 cells, but the first line names 2 columns (cells are separated by a tab); a text");
  expect_refusal("a,b\n\"r\",1,2\n", "row names need a column name");
  expect_refusal("a,b\n1,\"2\n3,4\n", "d.csv:2:3: this quote is never closed; close it");
  expect_refusal("a,b\n1,2\nä,\"2\"3\n", "d.csv:3:6: \"3");
  expect_refusal("a,b\n1,\"2\"3\n", "where \",\" or the end of the line was expected; double");
  expect_refusal("a,b,a\n1,2,3\n", "d.csv:1:5: a second column \"a\" (the first is column 1 of 3); give each");
  expect_refusal("pre,post\n1,2\n", "d.csv:1:1: there is no column \"prae\"; did you mean \"pre\"?", {"prae"});
  expect_refusal(",\n1,2\n", "d.csv:1:1: no column has a name");
  expect_refusal("a,b\n1,x\n1,\xFC\n", "d.csv:3:3: column \"b\": \"?\" is not UTF-8; save");
  expect_refusal("a,\xFC\n1,x\n", "d.csv:1:3: the column name \"?\" is not UTF-8; save");
  expect_refusal(std::string("a,b\n1,\0\n", 8), "d.csv:2:3: a zero byte, so this is no text; save the data as CSV");
  expect_refusal("PK\x03\x04rest", "is a workbook or archive, not a CSV file; save");
  expect_refusal(
      "\xFF\xFE"
      "a",
      "is text in UTF-16, but must be UTF-8; save");
  expect_refusal("\x89HDF\r\n", "is an HDF5 file, not a CSV file; `bordin replay");
  expect_refusal("a,b\n1," + std::string(1'000'001, 'x') + "\n",
                 "d.csv:2:3: a cell of 1000001 bytes, longer than the 1000000");
  expect_refusal(std::string(20'000, ','), "has 20001 columns, more than the 20000");
}

class CsvFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  std::string refusal_of(fs::path const& path) const {
    try {
      read_csv(path);
    } catch (Error const& error) {
      return error.what();
    }
    return "accepted";
  }
  fs::path folder = fs::temp_directory_path() /
                    ("bordin-csv-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(CsvFile, IsReadToItsEnd) {
  auto const path = folder / "long.csv";
  {
    std::ofstream file(path, std::ios::binary);
    file << "id,arm\n";
    for (int i = 0; i < 1'000'000; ++i) file << i << (i % 2 == 0 ? ",a\n" : ",b\n");
  }
  auto const table = read_csv(path).table;
  EXPECT_EQ(table.rows(), 1'000'000U);
  EXPECT_EQ(table.column("id").at(999'999), 999'999);
  EXPECT_EQ(table.column("arm").at(999'999), 1);
}

TEST_F(CsvFile, ThatCannotBeReadSaysWhy) {
  EXPECT_EQ(refusal_of(folder / "none.csv"), (folder / "none.csv").string() + ": there is no such file; name a CSV file");
  EXPECT_EQ(refusal_of(folder), folder.string() + ": is a folder; name a CSV file");
  EXPECT_NE(refusal_of("/dev/null").find("is empty"), std::string::npos);
}

// ---- what nobody thought of

std::size_t cases(std::size_t usual) {
  return std::getenv("BORDIN_SOAK") == nullptr ? usual : 10 * usual;
}

std::string mutated(std::string text, std::mt19937& random) {
  static std::vector<std::string> const pieces{",",     ";",   "\t", "\"",       "\"\"", "\n",    "\r",
                                               "\r\n",  "NA",  ".",  "TRUE",     "-",    "1e999", "\xEF\xBB\xBF",
                                               "\xC3",  "inf", " ",  "\xF4\x90", "1,5",  "nan",   "99999999999999999999",
                                               ",,,,,", "a"};
  for (auto n = random() % 4 + 1; n > 0; --n) {
    std::size_t const at = text.empty() ? 0 : random() % text.size();
    std::size_t const length = random() % 6;
    switch (random() % 5) {
      case 0:
        text.insert(at, pieces[random() % pieces.size()]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        if (!text.empty()) text[at] = static_cast<char>(random() % 256);
        break;
      case 3:
        text.insert(random() % (text.size() + 1), text.substr(at, 4 * length));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

// Whatever is accepted is a table whose codes are levels and whose levels are sorted.
void expect_sound(Table const& table, std::string const& text) {
  ASSERT_GT(table.rows(), 0U) << text;
  for (auto const& column : table.columns()) {
    ASSERT_EQ(column.size(), table.rows()) << text;
    ASSERT_TRUE(std::is_sorted(column.levels.begin(), column.levels.end())) << text;
    if (!column.is_categorical()) continue;
    for (double const code : column.numbers())
      ASSERT_TRUE(std::isnan(code) || (code >= 0 && code < static_cast<double>(column.levels.size()))) << text;
  }
}

TEST(CsvReader, MutatedBytesAreReadOrRefusedInOneLine) {
  std::vector<std::string> const seeds{
      "therapist,post,pre,arm\n1,17.8,19.4,TAU\n2,20.85,NA,CBT\n2,.,25,TAU\n",
      "\xEF\xBB\xBF\"\";\"score, sum\";\"b\"\"b\"\r\n1;1,5;TRUE\r\n2;-2,25;FALSE\r\n",
      "a\tb\n\"x\ny\"\t1e5\n\"\"\"\"\t\n\n",
  };
  std::mt19937 random(20240611);
  std::size_t accepted = 0;
  std::size_t const total = cases(20'000);
  for (std::size_t i = 0; i < total; ++i) {
    auto const text = mutated(seeds[i % seeds.size()], random);
    try {
      expect_sound(parsed(text), text);
      ++accepted;
    } catch (Error const& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << text;
      EXPECT_EQ(std::string(error.what()).rfind("d.csv:", 0), 0U) << error.what();
      EXPECT_TRUE(is_utf8(error.what())) << text;
    }
  }
  EXPECT_GT(accepted, total / 10);
  EXPECT_LT(accepted, total - total / 10);
}

}  // namespace
}  // namespace bordin
