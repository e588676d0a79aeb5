#include "core/formula_tokens.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/errors.hpp"

namespace bordin::formula {
namespace {

std::vector<std::string> texts(std::string const& text) {
  std::vector<std::string> out;
  for (auto const& token : tokens_of(Source(text))) out.push_back(token.text);
  return out;
}

std::string refusal(std::string const& text) {
  try {
    tokens_of(Source(text));
  } catch (FormulaError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(FormulaTokens, AreNamesNumbersAndSymbols) {
  EXPECT_EQ(texts(" post~ .x_1*`my column`+1e-3\n||"),
            (std::vector<std::string>{"post", "~", ".x_1", "*", "my column", "+", "1e-3", "||", ""}));
  EXPECT_EQ(tokens_of(Source("2.5")).front().number, 2.5);
  EXPECT_EQ(tokens_of(Source("")).front().kind, Token::Kind::end);
}

TEST(FormulaTokens, AreRefusedWithTheirPlaceInCharacters) {
  EXPECT_NE(refusal("`größe` ~ ?").find("character 11: found \"?\""), std::string::npos) << refusal("`größe` ~ ?");
  EXPECT_NE(refusal("y ~ 1x").find("character 5"), std::string::npos);
  EXPECT_NE(refusal("y ~ `a").find("never closed"), std::string::npos);
  EXPECT_NE(refusal(std::string(10'001, 'x')).find("too long"), std::string::npos);
}

TEST(FormulaReader, KnowsARandomTermFromAGroup) {
  auto const opens = [](std::string const& text) {
    Source const source(text);
    return Reader(source).opens_random_term();
  };
  EXPECT_TRUE(opens("(1 | g)"));
  EXPECT_TRUE(opens("((a + b) || g)"));
  EXPECT_FALSE(opens("(a + (1 | g))"));
  EXPECT_FALSE(opens("(a + b) | g"));
}

TEST(FormulaReader, StaysAtTheEnd) {
  Source const source("a");
  Reader reader(source);
  EXPECT_EQ(reader.take().text, "a");
  EXPECT_EQ(reader.take().kind, Token::Kind::end);
  EXPECT_EQ(reader.take().kind, Token::Kind::end);
}

}  // namespace
}  // namespace bordin::formula
