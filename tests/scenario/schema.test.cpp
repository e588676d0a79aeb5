#include "scenario/schema.hpp"

#include <gtest/gtest.h>

#include <string>

#include "random_values.hpp"

namespace bordin {
namespace {

std::string schema() {
  testing::Everything everything;
  return json_schema([&](FieldVisitor& field) { everything.describe(field); }, "Everything");
}

void expect_part(std::string const& part) {
  auto const text = schema();
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(Schema, SaysTypeRangeUnitDefaultAndMeaningOfAField) {
  expect_part(R"("rate": {
      "type": "number",
      "minimum": 0.0,
      "maximum": 1.0,
      "description": "a rate",
      "x-unit": "1/week",
      "x-source": "assumed",
      "default": 0.5
    })");
}

TEST(Schema, AWholeNumberWithoutLimitAboveHasNone) {
  expect_part(R"("whole": {
      "type": "integer",
      "minimum": -5.0,
      "default": 0
    })");
}

TEST(Schema, ChoicesAreWords) {
  expect_part(R"("enum": [
        "red",
        "green",
        "blue"
      ])");
}

TEST(Schema, EntriesNeedANameAndNothingUnknownIsAllowed) {
  expect_part(R"("required": [
          "name"
        ])");
  expect_part(R"("additionalProperties": false)");
  expect_part(R"("based_on": {)");
}

TEST(Schema, ShapedValuesSayWhatMayBeWritten) {
  expect_part(R"("x-allowed": "{ low, high }")");
}

}  // namespace
}  // namespace bordin
