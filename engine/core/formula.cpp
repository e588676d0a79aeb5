#include "core/formula.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "core/errors.hpp"
#include "core/formula_tokens.hpp"

namespace bordin {
namespace {

using formula::Reader;
using formula::Source;
using formula::Token;

constexpr std::size_t max_terms = 500;
constexpr std::size_t max_random_terms = 100;
constexpr std::size_t max_groups = 50;
constexpr char const* usual_time = "session";
constexpr std::size_t max_pairs = 50'000;  // combinations tried while `*` and `:` are expanded, in the whole formula

// R writes a number plainly or with an exponent, whichever is shorter: 0.001, 1e-04, 1e+05.
std::string number_as_in_r(double value) {
  auto const written = [value](std::chars_format format) {
    std::array<char, 400> text{};  // longest plain double: 309 digits, or "0." and 326 of them
    return std::string(text.data(), std::to_chars(text.begin(), text.end(), value, format).ptr);
  };
  auto plain = written(std::chars_format::fixed);
  auto scientific = written(std::chars_format::scientific);
  return plain.size() <= scientific.size() ? plain : scientific;
}

// Arithmetic: inside I() and log(), and on the left of the formula. Builds the postfix operations and R's text together.
class ArithmeticParser {
 public:
  explicit ArithmeticParser(Reader& reader) : reader_(reader) {}

  Variable variable() {
    variable_.position = reader_.source().position(reader_.peek().offset);
    variable_.text = sum();
    return std::move(variable_);
  }

 private:
  using Kind = Operation::Kind;

  std::string sum() {
    Reader::Level const level(reader_);
    auto text = product();
    for (;;) {
      if (reader_.take("+")) {
        text += " + " + product();
        emit(Kind::add);
      } else if (reader_.take("-")) {
        text += " - " + product();
        emit(Kind::subtract);
      } else {
        return text;
      }
    }
  }

  std::string product() {
    auto text = signed_power();
    for (;;) {
      if (reader_.take("*")) {
        text += " * " + signed_power();
        emit(Kind::multiply);
      } else if (reader_.take("/")) {
        text += "/" + signed_power();
        emit(Kind::divide);
      } else {
        return text;
      }
    }
  }

  // As in R, -x^2 is -(x^2) and x^-2 is allowed.
  std::string signed_power() {
    if (reader_.take("-")) {
      Reader::Level const level(reader_);
      auto text = "-" + signed_power();
      emit(Kind::negate);
      return text;
    }
    auto text = atom();
    if (reader_.take("^")) {
      Reader::Level const level(reader_);
      text += "^" + signed_power();
      emit(Kind::power);
    }
    return text;
  }

  std::string atom() {
    if (reader_.sees_function("log")) return call(Kind::log);
    if (reader_.sees_function("I")) return call(std::nullopt);
    if (reader_.take("(")) return "(" + closed() + ")";
    auto const& token = reader_.peek();
    if (token.kind == Token::Kind::number) {
      variable_.operations.push_back({Kind::number, token.number, ""});
      return number_as_in_r(reader_.take().number);
    }
    if (token.kind != Token::Kind::name) reader_.fail("a column, a number, \"(\" or log(");
    if (reader_.sees_function("lag")) reader_.fail("lag() as a term of its own on the right: lag(log(x))");
    if (reader_.sees("(", 1)) reader_.fail("one of the functions I() and log()");
    variable_.operations.push_back({Kind::column, 0, token.text});
    return quoted_name(reader_.take().text);
  }

  std::string call(std::optional<Kind> kind) {
    auto const name = reader_.take().text;
    reader_.take();
    auto text = name + "(" + closed() + ")";
    if (kind) emit(*kind);
    return text;
  }

  std::string closed() {
    auto text = sum();
    reader_.expect(")", "an operator (+ - * / ^) or \")\"");
    return text;
  }

  void emit(Kind kind) { variable_.operations.push_back({kind, 0, ""}); }

  Reader& reader_;
  Variable variable_;
};

// What a part of the right side stands for: terms, what it says about the intercept, random terms.
struct Terms {
  std::vector<Term> terms;
  std::optional<bool> intercept;
  std::vector<RandomTerm> random;
};

Term merged(Term const& a, Term const& b) {
  Term out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

// The algebra of + - * : / on sets of terms, within limits on what may come out.
class TermAlgebra {
 public:
  explicit TermAlgebra(Source const& source) : source_(source) {}

  Terms plus(Terms a, Terms b, Token const& at) {
    unite(a.terms, b.terms, at);
    if (b.intercept) a.intercept = b.intercept;
    std::move(b.random.begin(), b.random.end(), std::back_inserter(a.random));
    check_random_terms(a.random.size(), at);
    return a;
  }

  Terms minus(Terms a, Terms const& b, Token const& at) const {
    if (!b.random.empty()) source_.fail(at.offset, "a random term cannot be taken away; leave it out");
    std::erase_if(a.terms, [&](Term const& t) { return std::find(b.terms.begin(), b.terms.end(), t) != b.terms.end(); });
    if (b.intercept) a.intercept = !*b.intercept;
    return a;
  }

  Terms colon(Terms const& a, Terms const& b, Token const& at) {
    must_be_plain(a, at);
    must_be_plain(b, at);
    pairs_ += a.terms.size() * b.terms.size();
    if (pairs_ > max_pairs) too_many(at);
    Terms out;
    for (auto const& x : a.terms)
      for (auto const& y : b.terms) unite(out.terms, {merged(x, y)}, at);
    return out;
  }

  Terms star(Terms const& a, Terms const& b, Token const& at) {
    auto crossed = colon(a, b, at);
    return plus(plus(a, b, at), std::move(crossed), at);
  }

  // a/b = a + b within a, that is a:b with all that a names.
  Terms nested(Terms const& a, Terms const& b, Token const& at) {
    must_be_plain(a, at);
    Term outer;
    for (auto const& term : a.terms) outer = merged(outer, term);
    Terms all;
    all.terms.push_back(outer);
    auto inner = colon(all, b, at);
    return plus(a, std::move(inner), at);
  }

  void check_random_terms(std::size_t count, Token const& at) const {
    if (count > max_random_terms)
      source_.fail(at.offset, fmt::format("too many random terms (at most {})", max_random_terms));
  }

 private:
  void unite(std::vector<Term>& into, std::vector<Term> const& more, Token const& at) const {
    for (auto const& term : more)
      if (std::find(into.begin(), into.end(), term) == into.end()) into.push_back(term);
    if (into.size() > max_terms) too_many(at);
  }

  void must_be_plain(Terms const& terms, Token const& at) const {
    if (terms.intercept)
      source_.fail(at.offset, fmt::format("0 and 1 cannot be operands of \"{}\"; add them with + or -", at.text));
    if (!terms.random.empty())
      source_.fail(at.offset, fmt::format("a random term cannot be an operand of \"{}\"; add it with +", at.text));
  }

  [[noreturn]] void too_many(Token const& at) const {
    source_.fail(at.offset, fmt::format("expands to too many terms (at most {})", max_terms));
  }

  Source const& source_;
  std::size_t pairs_ = 0;
};

class PredictorParser {
 public:
  PredictorParser(Reader& reader, TermAlgebra& algebra) : reader_(reader), algebra_(algebra) {}

  std::pair<Predictor, std::vector<RandomTerm>> fixed_and_random() {
    auto terms = sum();
    return {finished(terms), std::move(terms.random)};
  }

 private:
  Predictor finished(Terms& terms) {
    std::stable_sort(terms.terms.begin(), terms.terms.end(),
                     [](Term const& a, Term const& b) { return a.size() < b.size(); });
    return {std::move(variables_), terms.intercept.value_or(true), std::move(terms.terms)};
  }

  Terms sum() {
    Reader::Level const level(reader_);
    Terms left;
    if (!reader_.sees("-")) {
      reader_.take("+");
      left = product();
    }
    for (;;) {
      Token const at = reader_.peek();
      if (reader_.take("+")) {
        left = algebra_.plus(std::move(left), product(), at);
      } else if (reader_.take("-")) {
        left = algebra_.minus(std::move(left), product(), at);
      } else {
        return left;
      }
    }
  }

  Terms product() {
    auto left = interaction();
    for (;;) {
      Token const at = reader_.peek();
      if (reader_.take("*")) {
        left = algebra_.star(left, interaction(), at);
      } else if (reader_.take("/")) {
        left = algebra_.nested(left, interaction(), at);
      } else {
        return left;
      }
    }
  }

  Terms interaction() {
    auto left = operand();
    for (;;) {
      Token const at = reader_.peek();
      if (!reader_.take(":")) return left;
      left = algebra_.colon(left, operand(), at);
    }
  }

  Terms operand() {
    if (reader_.peek().kind == Token::Kind::number) return intercept();
    if (reader_.sees_function("I") || reader_.sees_function("log")) return function();
    if (reader_.sees_function("lag")) return lag();
    if (reader_.sees("(")) return reader_.opens_random_term() ? random() : parenthesised();
    if (reader_.peek().kind != Token::Kind::name) reader_.fail("a column, 0, 1, I(, log( or \"(\"");
    if (reader_.sees_function("factor"))
      reader_.fail("a column as it stands: words are categories, so give them instead of numbers (\"yes\" for 1)");
    if (reader_.sees("(", 1)) reader_.fail("one of the functions I(), log() and lag(), and Surv() on the left");
    return column();
  }

  Terms intercept() {
    if (reader_.peek().number != 0 && reader_.peek().number != 1) reader_.fail("0 or 1 (other numbers stand inside I())");
    Terms out;
    out.intercept = reader_.take().number == 1;
    return out;
  }

  Terms column() {
    Token const& token = reader_.take();
    return named(
        {quoted_name(token.text), {{Operation::Kind::column, 0, token.text}}, reader_.source().position(token.offset)});
  }

  // One call is one operand: what follows its ")" belongs to the formula's own grammar.
  Terms function() {
    Token const name = reader_.take();
    reader_.take();
    auto inside = ArithmeticParser(reader_).variable();
    reader_.expect(")", "an operator (+ - * / ^) or \")\"");
    inside.text = fmt::format("{}({})", name.text, inside.text);
    if (name.text == "log") inside.operations.push_back({Operation::Kind::log, 0, ""});
    inside.position = reader_.source().position(name.offset);
    return named(std::move(inside));
  }

  Terms lag() {
    Token const name = reader_.take();
    reader_.take();
    auto inside = ArithmeticParser(reader_).variable();
    inside.text = fmt::format("lag({})", inside.text);
    inside.position = reader_.source().position(name.offset);
    inside.time = usual_time;
    if (reader_.take(",")) {
      if (reader_.peek().kind != Token::Kind::name) reader_.fail("the column that numbers the sessions: lag(x, week)");
      inside.time = reader_.take().text;
    }
    reader_.expect(")", "an operator (+ - * / ^), \",\" and the column that numbers the sessions, or \")\"");
    for (auto const& other : variables_)
      if (other.is_lagged() && other.time != inside.time)
        reader_.source().fail(name.offset, fmt::format("sessions are numbered by \"{}\" here and by \"{}\" in {}, expected "
                                                       "one column in all lag(): lag(x, {})",
                                                       inside.time, other.time, other.text, other.time));
    return named(std::move(inside));
  }

  Terms named(Variable variable) {
    auto const known =
        std::find_if(variables_.begin(), variables_.end(), [&](Variable const& v) { return v.text == variable.text; });
    auto const index = static_cast<std::size_t>(known - variables_.begin());
    if (known == variables_.end()) variables_.push_back(std::move(variable));
    Terms out;
    out.terms.push_back({index});
    return out;
  }

  Terms parenthesised() {
    reader_.take("(");
    auto inside = sum();
    reader_.expect(")", "an operator (+ - * : /), \"|\" or \")\"");
    return inside;
  }

  Terms random() {
    reader_.take("(");
    PredictorParser inner(reader_, algebra_);
    auto terms = inner.sum();
    Token const bar = reader_.peek();
    if (!reader_.take("|")) reader_.expect("||", "an operator (+ - * : /) or \"|\"");
    if (!terms.random.empty()) reader_.source().fail(bar.offset, "found a random term left of \"|\", expected columns");
    auto const effects = inner.finished(terms);
    if (!effects.intercept && effects.terms.empty())
      reader_.source().fail(bar.offset, "found nothing left of \"|\" that could vary, expected 1 or a column");
    auto const groups = nested_groups();
    reader_.expect(")", "\":\", \"/\" or \")\"");
    auto const parts = bar.text == "||" ? uncorrelated(effects, bar) : std::vector<Predictor>{effects};
    algebra_.check_random_terms(parts.size() * groups.size(), bar);
    Terms out;
    for (auto const& part : parts)
      for (auto const& group : groups) out.random.push_back({part, group, reader_.source().position(bar.offset)});
    return out;
  }

  // lme4 reads (1 + x || g) as (1 | g) + (0 + x | g).
  std::vector<Predictor> uncorrelated(Predictor const& effects, Token const& bar) const {
    algebra_.check_random_terms(effects.terms.size(), bar);
    std::vector<Predictor> out;
    if (effects.intercept) out.push_back({{}, true, {}});
    for (auto const& term : effects.terms) out.push_back({effects.variables, false, {term}});
    return out;
  }

  // lme4 reads (1 | a/b) as (1 | b:a) + (1 | a).
  std::vector<std::vector<std::string>> nested_groups() {
    std::vector<std::vector<std::string>> out{combination()};
    while (reader_.take("/")) {
      auto inner = combination();
      inner.insert(inner.end(), out.front().begin(), out.front().end());
      out.insert(out.begin(), std::move(inner));
      if (out.size() > max_groups) reader_.fail(fmt::format("at most {} nested groups", max_groups));
    }
    return out;
  }

  std::vector<std::string> combination() {
    std::vector<std::string> out;
    do {
      if (reader_.peek().kind != Token::Kind::name || reader_.sees("(", 1))
        reader_.fail("the column that says who belongs together");
      if (out.size() == max_groups) reader_.fail(fmt::format("at most {} columns in a group", max_groups));
      out.push_back(reader_.take().text);
    } while (reader_.take(":"));
    return out;
  }

  Reader& reader_;
  TermAlgebra& algebra_;
  std::vector<Variable> variables_;
};

std::vector<Variable> parse_response(Reader& reader) {
  if (!reader.sees_function("Surv")) return {ArithmeticParser(reader).variable()};
  reader.take();
  reader.take();
  std::vector<Variable> out{ArithmeticParser(reader).variable()};
  reader.expect(",", "\",\" and the event of Surv(time, event)");
  out.push_back(ArithmeticParser(reader).variable());
  reader.expect(")", "an operator (+ - * / ^) or \")\"");
  return out;
}

std::string predictor_text(Predictor const& predictor) {
  std::string text = predictor.intercept ? "1" : "0";
  for (auto const& term : predictor.terms) text += " + " + term_text(predictor, term);
  return text;
}

}  // namespace

double combined(Operation::Kind kind, double a, double b) {
  using Kind = Operation::Kind;
  switch (kind) {
    case Kind::add:
      return a + b;
    case Kind::subtract:
      return a - b;
    case Kind::multiply:
      return a * b;
    case Kind::divide:
      return a / b;
    default:
      return std::pow(a, b);
  }
}

Formula parse_formula(std::string_view text) {
  Source const source(text);
  Reader reader(source);
  if (reader.sees("~")) reader.fail("the response");
  TermAlgebra algebra(source);
  Formula formula;
  formula.response = parse_response(reader);
  reader.expect("~", "\"~\" after the response");
  std::tie(formula.fixed, formula.random) = PredictorParser(reader, algebra).fixed_and_random();
  if (reader.sees("|") || reader.sees("||")) reader.fail("parentheses around a random term: (1 | group)");
  if (reader.peek().kind != Token::Kind::end) reader.fail("an operator (+ - * : /) or the end");
  for (auto const& variable : formula.fixed.variables) {
    if (variable.text == formula.response.front().text)
      source.fail_at(variable.position,
                     fmt::format("found the response \"{}\" on the right, expected it on the left alone", variable.text));
  }
  return formula;
}

std::string Formula::time() const {
  auto const& all = fixed.variables;
  auto const lagged = std::find_if(all.begin(), all.end(), [](Variable const& v) { return v.is_lagged(); });
  return lagged == all.end() ? "" : lagged->time;
}

std::string to_text(Formula const& formula) {
  auto const& response = formula.response;
  std::string text =
      formula.is_survival() ? fmt::format("Surv({}, {})", response[0].text, response[1].text) : response[0].text;
  text += " ~ " + predictor_text(formula.fixed);
  for (auto const& term : formula.random)
    text += fmt::format(" + ({} | {})", predictor_text(term.effects), group_text(term));
  return text;
}

std::string term_text(Predictor const& predictor, Term const& term) {
  std::string text;
  for (std::size_t const variable : term) text += (text.empty() ? "" : ":") + predictor.variables[variable].text;
  return text;
}

std::string group_text(RandomTerm const& term) {
  std::string text;
  for (auto const& column : term.group) text += (text.empty() ? "" : ":") + quoted_name(column);
  return text;
}

}  // namespace bordin
