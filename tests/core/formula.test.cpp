#include "core/formula.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.hpp"

namespace bordin {
namespace {

std::string canonical(std::string const& formula) {
  return to_text(parse_formula(formula));
}

std::string refusal(std::string const& formula) {
  try {
    parse_formula(formula);
  } catch (FormulaError const& error) {
    return error.what();
  }
  return "accepted";
}

void expect_refusal(std::string const& formula, std::string const& message) {
  EXPECT_NE(refusal(formula).find(message), std::string::npos) << formula << "\n" << refusal(formula);
}

std::string repeated(std::string const& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

// What attr(terms(...), "term.labels") gives in R 4.2.
TEST(Formula, ExpandsAndOrdersTermsAsRDoes) {
  std::vector<std::pair<std::string, std::string>> const cases = {
      {"y ~ a*b*c", "y ~ 1 + a + b + c + a:b + a:c + b:c + a:b:c"},
      {"y ~ b:a + c", "y ~ 1 + c + b:a"},
      {"y ~ a:b + a", "y ~ 1 + a + a:b"},
      {"y ~ (a+b)/c", "y ~ 1 + a + b + a:b:c"},
      {"y ~ a/b/c", "y ~ 1 + a + a:b + a:b:c"},
      {"y ~ b + a/(b+c)", "y ~ 1 + b + a + b:a + a:c"},
      {"y ~ a*b - a:b", "y ~ 1 + a + b"},
      {"y ~ (a + b):(c + d)", "y ~ 1 + a:c + a:d + b:c + b:d"},
      {"y ~ (a+b+c):(a+b)", "y ~ 1 + a + b + a:b + a:c + b:c"},
      {"y ~ a + a + b:a + a:b", "y ~ 1 + a + a:b"},
      {"y ~ a*b + a*c", "y ~ 1 + a + b + c + a:b + a:c"},
      {"y ~ a:a", "y ~ 1 + a"},
      {"y~+a", "y ~ 1 + a"},
      {"  y\t~\n((a)) ", "y ~ 1 + a"},
  };
  for (auto const& [formula, expected] : cases) EXPECT_EQ(canonical(formula), expected) << formula;
}

TEST(Formula, InterceptIsWhatWasSaidLast) {
  EXPECT_EQ(canonical("y ~ 1"), "y ~ 1");
  EXPECT_EQ(canonical("y ~ 0 + a"), "y ~ 0 + a");
  EXPECT_EQ(canonical("y ~ a - 1"), "y ~ 0 + a");
  EXPECT_EQ(canonical("y ~ -1 + a"), "y ~ 0 + a");
  EXPECT_EQ(canonical("y ~ a + 0 + 1"), "y ~ 1 + a");
  EXPECT_EQ(canonical("y ~ a - 0"), "y ~ 1 + a");
}

TEST(Formula, ArithmeticReadsAsRDeparsesIt) {
  EXPECT_EQ(canonical("y ~ I(a^2) + log(b+1) + I(a*b):c"), "y ~ 1 + I(a^2) + log(b + 1) + I(a * b):c");
  EXPECT_EQ(canonical("y~I(-a^2/b)+I((a-1)*2)"), "y ~ 1 + I(-a^2/b) + I((a - 1) * 2)");
  EXPECT_EQ(canonical("y~I(a^-2)+I(I(a)+log(b))"), "y ~ 1 + I(a^-2) + I(I(a) + log(b))");
  EXPECT_EQ(canonical("y~I(1e6*a)+I(a/100000)+I(.001*a)+I(a/0.0001)+I(12*a)"),
            "y ~ 1 + I(1e+06 * a) + I(a/1e+05) + I(0.001 * a) + I(a/1e-04) + I(12 * a)");
  EXPECT_EQ(canonical("log(y+1) ~ a"), "log(y + 1) ~ 1 + a");
  EXPECT_EQ(canonical("pre - post ~ arm"), "pre - post ~ 1 + arm");
}

TEST(Formula, ArithmeticIsPostfixWithUsualPrecedence) {
  auto const steps = [](std::string const& expression) {
    auto const formula = parse_formula("y ~ I(" + expression + ")");
    std::string text;
    for (auto const& o : formula.fixed.variables[0].operations)
      text += o.kind == Operation::Kind::column   ? o.column
              : o.kind == Operation::Kind::number ? std::to_string(static_cast<int>(o.number))
                                                  : std::string(1, "??+-*/^~l"[static_cast<int>(o.kind)]);
    return text;
  };
  EXPECT_EQ(steps("a + b*c"), "abc*+");
  EXPECT_EQ(steps("a - b - c"), "ab-c-");
  EXPECT_EQ(steps("-a^2"), "a2^~");
  EXPECT_EQ(steps("a^b^2"), "ab2^^");
  EXPECT_EQ(steps("2/log(a)"), "2al/");
}

TEST(Formula, RandomTermsComeApartAsInLme4) {
  EXPECT_EQ(canonical("y ~ x + (1 | g)"), "y ~ 1 + x + (1 | g)");
  EXPECT_EQ(canonical("y ~ (x | g)"), "y ~ 1 + (1 + x | g)");
  EXPECT_EQ(canonical("y ~ (0 + x | g)"), "y ~ 1 + (0 + x | g)");
  EXPECT_EQ(canonical("y ~ (1 + x || g)"), "y ~ 1 + (1 | g) + (0 + x | g)");
  EXPECT_EQ(canonical("y ~ (1 | a/b)"), "y ~ 1 + (1 | b:a) + (1 | a)");
  EXPECT_EQ(canonical("y ~ (1 | a:b)"), "y ~ 1 + (1 | a:b)");
  EXPECT_EQ(canonical("y ~ ((1 | g) + x)"), "y ~ 1 + x + (1 | g)");
  EXPECT_EQ(canonical("y ~ (b | g) + a:b"),
            "y ~ 1 + a:b + (1 + b | g)");  // variables of the fixed part alone decide the order
}

TEST(Formula, SurvivalResponseHasTimeAndEvent) {
  auto const formula = parse_formula("Surv(time, event) ~ arm");
  ASSERT_TRUE(formula.is_survival());
  EXPECT_EQ(to_text(formula), "Surv(time, event) ~ 1 + arm");
}

TEST(Formula, LagIsOfTheSessionBefore) {
  auto const formula = parse_formula("y ~ lag(y)");
  EXPECT_EQ(formula.time(), "session");
  EXPECT_EQ(formula.fixed.variables[0].text, "lag(y)");
  EXPECT_TRUE(formula.fixed.variables[0].is_lagged());
  auto const by_week = parse_formula("y ~ a + lag(log(a), `my week`) + lag");
  EXPECT_EQ(by_week.time(), "my week");
  EXPECT_EQ(canonical("y ~ a + lag(log(a), week) + lag"), "y ~ 1 + a + lag(log(a)) + lag");
  EXPECT_EQ(by_week.fixed.variables[1].operations.size(), 2U);
  EXPECT_FALSE(by_week.fixed.variables[2].is_lagged());
  EXPECT_EQ(parse_formula("y ~ a").time(), "");
}

TEST(Formula, NamesMayBeBackQuoted) {
  EXPECT_EQ(canonical("y ~ `my a`*b_2 + .x + `plain`"), "y ~ 1 + `my a` + b_2 + .x + plain + `my a`:b_2");
  EXPECT_EQ(parse_formula("y ~ `Größe (cm)`").fixed.variables[0].operations[0].column, "Größe (cm)");
  EXPECT_EQ(quoted_name(""), "``");
  EXPECT_EQ(quoted_name("_a"), "`_a`");
  EXPECT_EQ(quoted_name(".2a"), "`.2a`");
}

TEST(Formula, MistakesSayWhereWhatAndWhatInstead) {
  expect_refusal("", "character 1: found the end, expected a column");
  expect_refusal("~ a", "character 1: found \"~\", expected the response");
  expect_refusal("y", "character 2: found the end, expected \"~\"");
  expect_refusal("y ~", "character 4: found the end, expected a column");
  expect_refusal("y ~ a +", "character 8: found the end");
  expect_refusal("y ~ a b", "character 7: found \"b\", expected an operator");
  expect_refusal("y ~ (a + b", "character 11: found the end, expected an operator (+ - * : /)");
  expect_refusal("y ~ a)", "character 6: found \")\", expected an operator");
  expect_refusal("y ~ 2*a", "character 5: found \"2\", expected 0 or 1");
  expect_refusal("y ~ a*0", "0 and 1 cannot be operands of \"*\"");
  expect_refusal("y ~ factor(a)", "words are categories");
  expect_refusal("y ~ sqrt(a)", "character 5: found \"sqrt\", expected one of the functions I(), log() and lag()");
  expect_refusal("y ~ I(lag(a))", "character 7: found \"lag\", expected lag() as a term of its own on the right");
  expect_refusal("y ~ lag(a, 2)", "character 12: found \"2\", expected the column that numbers the sessions");
  expect_refusal("y ~ lag(a, week, 2)", "character 16: found \",\"");
  expect_refusal("y ~ lag(y) + lag(a, week)", "character 14: sessions are numbered by \"week\" here and by \"session\"");
  expect_refusal("y ~ a^2", "character 6: found \"^\"");
  expect_refusal("y ~ .", "character 5: found \".\", expected a name");
  expect_refusal("y ~ 2nd", "character 5: found \"2nd\", expected a number, or back-quotes");
  expect_refusal("y ~ `a", "character 5: found a back-quote that is never closed");
  expect_refusal("y ~ ``", "found nothing between back-quotes");
  expect_refusal("y ~ a + y", "character 9: found the response \"y\" on the right");
  expect_refusal("y ~ a ~ b", "character 7: found \"~\"");
  expect_refusal("y ~ 1 | g", "character 7: found \"|\", expected parentheses around a random term");
  expect_refusal("y ~ (1 | )", "character 10: found \")\", expected the column that says who belongs together");
  expect_refusal("y ~ (0 | g)", "found nothing left of \"|\" that could vary");
  expect_refusal("y ~ a*(1 | g)", "a random term cannot be an operand of \"*\"");
  expect_refusal("y ~ a - (1 | g)", "a random term cannot be taken away");
  expect_refusal("y ~ (1 + (1 | h) | g)", "found a random term left of \"|\"");
  expect_refusal("y ~ (1 | g | h)", "character 12: found \"|\"");
  expect_refusal("Surv(time) ~ a", "character 10: found \")\", expected \",\" and the event");
  expect_refusal("y ~ I(a:b)", "character 8: found \":\"");
  expect_refusal("y ~ 1e999", "character 5: found \"1e999\"");
  expect_refusal("größe ~ a", "character 3: found \"ö\"");  // positions count characters, not bytes
  expect_refusal("y ~ `ö` ä", "character 9: found \"ä\"");
}

TEST(Formula, MessagesArePrintableWhateverWasTyped) {
  EXPECT_EQ(refusal(std::string("y ~ \0 a", 7)),
            "formula \"y ~ ? a\": character 5: found \"?\", expected a name, a number or one of "
            "~ + - * / : ( ) | (other characters of names go between back-quotes)");
  EXPECT_EQ(refusal("y ~ \xff\xfe").find('\xff'), std::string::npos);
}

TEST(Formula, LimitsAreRefusalsNotCrashes) {
  expect_refusal("y ~ " + repeated("(", 4000) + "a" + repeated(")", 4000), "nested too deeply (at most 50 levels)");
  expect_refusal("y ~ I(" + repeated("(", 4000) + "a" + repeated(")", 4000) + ")", "nested too deeply");
  expect_refusal("y ~ I(" + repeated("-", 9000) + "a)", "nested too deeply");
  expect_refusal("y ~ I(a" + repeated("^a", 4000) + ")", "nested too deeply");
  expect_refusal("y ~ a" + repeated(" + a", 5000), "bytes are too long (at most 10000)");
  expect_refusal("y ~ a*b*c*d*e*f*g*h*i*j", "expands to too many terms (at most 500)");
  expect_refusal("y ~ " + repeated("(a*b*c*d*e*f*g*h):", 400) + "a", "expands to too many terms");
  expect_refusal("y ~ (a*b*c*d*e*f*g || h)", "too many random terms (at most 100)");
  expect_refusal("y ~ (1 | g)" + repeated(" + (1 | g)", 200), "too many random terms");
  EXPECT_EQ(refusal("y ~ a" + repeated(" + a", 2000)), "accepted");
  EXPECT_EQ(refusal("y ~ I(a" + repeated(" + a", 2000) + ")"), "accepted");
}

// Sentences from the grammar's own alphabet reach every branch of the parser; each is accepted or refused, and what is
// accepted reads back.
TEST(Formula, RandomSentencesAreAcceptedOrRefused) {
  std::vector<std::string> const words = {"y",   "~",     "a", "b", "+",  "-",  "*",    ":",    "/",      "(",
                                          ")",   "|",     "0", "1", "||", "I(", "log(", ",",    "Surv(",  "^",
                                          "2.5", "`x y`", ".", "c", " ",  "\t", "\xc3", "\x01", "(1 | g)"};
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string sentence = i % 4 == 0 ? "" : "y ~ ";
    for (auto n = random() % 14 + 1; n > 0; --n) sentence += words[random() % words.size()];
    try {
      auto const formula = parse_formula(sentence);
      ++accepted;
      EXPECT_EQ(parse_formula(to_text(formula)).fixed.terms.size(), formula.fixed.terms.size()) << sentence;
    } catch (FormulaError const&) {
      continue;
    }
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace bordin
