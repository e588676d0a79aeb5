#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bordin {

//! One step of an arithmetic expression in postfix order: evaluating needs a stack, never recursion.
struct Operation {
  enum class Kind : std::int8_t { column, number, add, subtract, multiply, divide, power, negate, log };
  Kind kind = Kind::number;
  double number = 0;   //!< of Kind::number
  std::string column;  //!< of Kind::column
};

//! `a` and `b` added, subtracted, multiplied, divided or raised: the kinds that take two numbers.
double combined(Operation::Kind kind, double a, double b);

//! Something with one value per row: a column, or arithmetic on columns.
struct Variable {
  std::string text;  //!< as R names it: "pre", "I(pre^2)", "`my column`"; "lag(pre)"
  std::vector<Operation> operations;
  std::size_t position = 0;  //!< where it is first named, in characters from 1
  //! Of lag(x), which is x one session earlier: the column that numbers the sessions. Empty = x of the row itself.
  std::string time = {};

  bool is_lagged() const { return !time.empty(); }
  bool is_column() const { return operations.size() == 1 && operations.front().kind == Operation::Kind::column; }
};

//! A main effect (one variable) or an interaction (several): ascending indices into Predictor::variables.
using Term = std::vector<std::size_t>;

//! A sum of terms as R's terms() has it: operators expanded, repeats dropped, main effects before interactions.
struct Predictor {
  std::vector<Variable> variables;  //!< in the order of first mention, also those whose terms were taken away again
  bool intercept = true;
  std::vector<Term> terms;
};

//! (effects | group). Double bars and nested groups are already taken apart, as lme4 does.
struct RandomTerm {
  Predictor effects;
  std::vector<std::string> group;  //!< columns; several = their combination
  std::size_t position = 0;        //!< of the bar, in characters from 1
};

//! A model formula of R and lme4, knowing nothing of any data.
struct Formula {
  std::vector<Variable> response;  //!< one variable, or time and event of Surv(time, event)
  Predictor fixed;
  std::vector<RandomTerm> random;

  //! Of the lag()s of the fixed part, which all have the same; empty = there are none.
  std::string time() const;
  bool is_survival() const { return response.size() == 2; }
};

//! Reads `y ~ a*b + log(x) + (1 | g)`; `lag(x)` is x one session earlier, as the column `session` numbers them, and
//! `lag(x, week)` as another column does. Throws FormulaError with the position (in characters from 1), what was found and
//! what was expected. Longest formula 10,000 bytes, deepest nesting 50, at most 500 expanded terms.
Formula parse_formula(std::string_view text);

//! The formula written out: "y ~ 1 + a + b + a:b + (1 | g)".
std::string to_text(Formula const& formula);
std::string term_text(Predictor const& predictor, Term const& term);
std::string group_text(RandomTerm const& term);

//! `name` as R prints it: between back-quotes unless it is letters, digits, `.` and `_` that begin with a letter or `.`.
std::string quoted_name(std::string_view name);

}  // namespace bordin
