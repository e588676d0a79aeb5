#include "core/errors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bordin {
namespace {

TEST(Errors, ScenarioErrorNamesPlaceKeyAndProblem) {
  ScenarioError const error({.file = "trial.toml", .line = 14, .column = 3}, "dropout.gain", "is 99");
  EXPECT_STREQ(error.what(), "trial.toml:14:3: dropout.gain: is 99");
  EXPECT_EQ(error.problem(), "is 99");
  EXPECT_EQ(error.key(), "dropout.gain");
  EXPECT_EQ(error.place().line, 14);
}

TEST(Errors, ScenarioErrorLeavesOutWhatIsNotKnown) {
  EXPECT_STREQ(ScenarioError({.file = "a.toml"}, "", "is empty").what(), "a.toml: is empty");
  EXPECT_STREQ(ScenarioError({}, "title", "is missing").what(), "title: is missing");
  EXPECT_STREQ(ScenarioError({}, "", "is wrong").what(), "is wrong");
}

TEST(Errors, EachKindSaysWhereItHappened) {
  EXPECT_STREQ(FormulaError("y ~", "character 4: found the end").what(), "formula \"y ~\": character 4: found the end");
  EXPECT_STREQ(NumericalError(4711, "multilevel", "division by 0").what(), "replication 4711, multilevel: division by 0");
  EXPECT_STREQ(ResultFileError("out.h5", "is there already").what(), "out.h5: is there already");
  EXPECT_EQ(NumericalError(4711, "multilevel", "").replication(), 4711U);
}

TEST(Errors, AreAllErrorsExceptTheEnginesOwnMistakes) {
  EXPECT_THROW(throw ScenarioError({}, "", ""), Error);
  EXPECT_THROW(throw FormulaError("", ""), Error);
  EXPECT_THROW(throw NumericalError(0, "", ""), Error);
  EXPECT_THROW(throw ResultFileError("", ""), Error);
  EXPECT_THROW(throw ResourceError(""), Error);
  EXPECT_THROW(throw InternalError(""), std::logic_error);
}

TEST(Errors, AMessageIsOneLineWhateverTheInput) {
  ScenarioError const error({.file = "a\nb.toml", .line = 1, .column = 1}, "x\x1b[31m",
                            "is \"\xff\xfe\"\r\n, but must not");
  EXPECT_STREQ(error.what(), "a b.toml:1:1: x?[31m: is \"??\"  , but must not");
}

TEST(Errors, EndlessInputIsShortenedButTheRemedyStays) {
  std::string const endless(100'000, 'x');
  std::string const message =
      ScenarioError({.file = endless}, endless, "is \"" + endless + "\", but must be a number").what();
  EXPECT_LT(message.size(), 1600U);
  EXPECT_TRUE(message.ends_with("but must be a number"));
  EXPECT_LT(std::string(ScenarioError({}, endless, "is not known here").what()).size(), 200U);
}

TEST(Errors, ExpectationsNameTheConditionAndPlace) {
  BORDIN_EXPECT(1 + 1 == 2);
  try {
    BORDIN_EXPECT(1 + 1 == 3);
    FAIL() << "nothing thrown";
  } catch (InternalError const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find("errors.test.cpp"), std::string::npos) << message;
    EXPECT_NE(message.find("1 + 1 == 3"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace bordin
