#include "core/table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/errors.hpp"

namespace bordin {
namespace {

Column column_of(std::string const& name, Column::Values values) {
  return {.name = name, .unit = "", .description = "", .values = std::move(values), .levels = {}};
}

TEST(Table, MissingIntegersOfEveryWidthAreNotANumber) {
  EXPECT_TRUE(std::isnan(column_of("a", std::vector<std::int8_t>{1, -128}).at(1)));
  EXPECT_TRUE(std::isnan(column_of("a", std::vector<std::int16_t>{1, -32768}).at(1)));
  EXPECT_TRUE(std::isnan(column_of("a", std::vector<std::int32_t>{1, missing_code<std::int32_t>}).at(1)));
  EXPECT_EQ(column_of("a", std::vector<std::int16_t>{1, -32767}).at(1), -32767.0);
}

TEST(Table, FloatsAreGivenAsTheyAre) {
  auto const column = column_of("a", std::vector<float>{0.1F, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(column.numbers()[0], static_cast<double>(0.1F));
  EXPECT_TRUE(std::isnan(column.numbers()[1]));
}

TEST(Table, KeepsColumnsInTheirOrder) {
  Table table;
  table.add(column_of("b", std::vector<double>{1, 2}));
  table.add(column_of("a", std::vector<float>{1, 2}));
  EXPECT_EQ(table.names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(table.rows(), 2U);
  EXPECT_EQ(Table().rows(), 0U);
}

TEST(Table, RefusesATakenNameAndAnotherLength) {
  Table table;
  table.add(column_of("a", std::vector<double>{1, 2}));
  EXPECT_THROW(table.add(column_of("a", std::vector<double>{1, 2})), Error);
  EXPECT_THROW(table.add(column_of("b", std::vector<double>{1})), Error);
  EXPECT_EQ(table.names().size(), 1U);
}

TEST(Table, SuggestsTheNearestColumn) {
  Table table;
  table.add(column_of("alliance_within", std::vector<double>{1}));
  EXPECT_EQ(table.find("alliance"), nullptr);
  try {
    static_cast<void>(table.column("aliance_within"));
    FAIL() << "nothing thrown";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"alliance_within\"?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace bordin
