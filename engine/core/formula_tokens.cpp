#include "core/formula_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/errors.hpp"
#include "core/formula.hpp"

namespace bordin {
namespace formula {
namespace {

constexpr std::size_t max_length = 10'000;
constexpr int max_depth = 50;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool starts_name(char c) {
  return is_letter(c) || c == '_' || c == '.';
}
bool continues_name(char c) {
  return starts_name(c) || is_digit(c);
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_continuation_byte(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Bytes of the UTF-8 character that begins `text`; 0 where there is none.
std::size_t character_bytes(std::string_view text) {
  auto const first = static_cast<unsigned char>(text[0]);
  std::size_t const bytes = first < 0x80   ? 1
                            : first < 0xC2 ? 0
                            : first < 0xE0 ? 2
                            : first < 0xF0 ? 3
                            : first < 0xF5 ? 4
                                           : 0;
  if (bytes == 0 || bytes > text.size()) return 0;
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(bytes), is_continuation_byte) ? bytes : 0;
}

// Fit to stand in a message: whatever is not printable UTF-8 becomes "?", and the end of something endless is left out.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string out;
  while (!text.empty() && out.size() < longest) {
    std::size_t const bytes = character_bytes(text);
    bool const printable = bytes > 1 || (bytes == 1 && text[0] >= ' ' && text[0] != '\x7f');
    out += printable ? text.substr(0, bytes) : is_space(text[0]) ? " " : "?";
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return text.empty() ? out : out + " ...";
}

class Lexer {
 public:
  explicit Lexer(Source const& source) : source_(source), text_(source.text()) {}

  std::vector<Token> tokens() {
    std::vector<Token> out;
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      out.push_back(next());
      if (out.back().kind == Token::Kind::end) return out;
    }
  }

 private:
  Token next() {
    if (at_ == text_.size()) return {Token::Kind::end, "", 0, at_};
    char const c = text_[at_];
    bool const number = is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]));
    if (number) return read_number();
    if (c == '`') return back_quoted();
    if (starts_name(c)) return name();
    return symbol();
  }

  Token read_number() {
    std::size_t const begin = at_;
    Token token{Token::Kind::number, "", 0, begin};
    auto const [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), token.number);
    at_ = static_cast<std::size_t>(end - text_.data());
    while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    token.text = std::string(text_.substr(begin, at_ - begin));
    if (error != std::errc{} || text_.data() + at_ != end)
      source_.fail(token, "a number, or back-quotes around a name that begins with a digit");
    return token;
  }

  Token back_quoted() {
    std::size_t const end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos)
      source_.fail(at_, "found a back-quote that is never closed, expected ` after the name");
    if (end == at_ + 1) source_.fail(at_, "found nothing between back-quotes, expected a name");
    Token token{Token::Kind::name, std::string(text_.substr(at_ + 1, end - at_ - 1)), 0, at_};
    at_ = end + 1;
    return token;
  }

  Token name() {
    std::size_t const begin = at_;
    while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    Token token{Token::Kind::name, std::string(text_.substr(begin, at_ - begin)), 0, begin};
    if (token.text == ".") source_.fail(token, "a name (\"all other columns\" has to be written out)");
    return token;
  }

  Token symbol() {
    constexpr std::string_view symbols = "~+-*/:^()|,";
    std::size_t const bytes = std::max<std::size_t>(character_bytes(text_.substr(at_)), 1);
    Token token{Token::Kind::symbol, std::string(text_.substr(at_, bytes)), 0, at_};
    if (symbols.find(text_[at_]) == std::string_view::npos)
      source_.fail(token,
                   "a name, a number or one of ~ + - * / : ( ) | (other characters of names go between back-quotes)");
    if (text_.substr(at_, 2) == "||") token.text = "||";
    at_ += token.text.size();
    return token;
  }

  Source const& source_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

// ---- source

Source::Source(std::string_view text) : text_(text) {
  if (text.size() > max_length)
    throw FormulaError(shown(text.substr(0, 60)),
                       fmt::format("{} bytes are too long (at most {})", text.size(), max_length));
}

std::size_t Source::position(std::size_t offset) const {
  auto const before = text_.substr(0, offset);
  return 1 + static_cast<std::size_t>(
                 std::count_if(before.begin(), before.end(), [](char c) { return !is_continuation_byte(c); }));
}

void Source::fail(std::size_t offset, std::string const& problem) const {
  fail_at(position(offset), problem);
}

void Source::fail_at(std::size_t position, std::string const& problem) const {
  throw FormulaError(shown(text_), fmt::format("character {}: {}", position, shown(problem)));
}

void Source::fail(Token const& found, std::string_view expected) const {
  auto const what = found.kind == Token::Kind::end ? std::string("the end") : fmt::format("\"{}\"", shown(found.text));
  fail(found.offset, fmt::format("found {}, expected {}", what, expected));
}

// ---- tokens

std::vector<Token> tokens_of(Source const& source) {
  return Lexer(source).tokens();
}

// ---- reader

Token const& Reader::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Reader::sees(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == Token::Kind::symbol && peek(ahead).text == symbol;
}

bool Reader::sees_function(std::string_view name) const {
  return peek().kind == Token::Kind::name && peek().text == name && sees("(", 1);
}

Token const& Reader::take() {
  return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_];
}

bool Reader::take(std::string_view symbol) {
  bool const seen = sees(symbol);
  if (seen) take();
  return seen;
}

void Reader::expect(std::string_view symbol, std::string_view expected) {
  if (!take(symbol)) fail(expected);
}

bool Reader::opens_random_term() const {
  int depth = 0;
  for (std::size_t i = at_; i < tokens_.size(); ++i) {
    if (tokens_[i].kind != Token::Kind::symbol) continue;
    auto const& text = tokens_[i].text;
    if (text == "(") ++depth;
    if (text == ")" && --depth == 0) return false;
    if (depth == 1 && text[0] == '|') return true;
  }
  return false;
}

Reader::Level::Level(Reader& reader) : reader_(reader) {
  if (++reader_.depth_ > max_depth)
    reader_.source_.fail(reader_.peek().offset, fmt::format("nested too deeply (at most {} levels)", max_depth));
}

}  // namespace formula

std::string quoted_name(std::string_view name) {
  if (name.empty()) return "``";
  bool const begins_well =
      formula::is_letter(name[0]) || (name[0] == '.' && (name.size() == 1 || !formula::is_digit(name[1])));
  bool const plain = begins_well && std::all_of(name.begin(), name.end(), formula::continues_name);
  return plain ? std::string(name) : fmt::format("`{}`", name);
}

}  // namespace bordin
