#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

//! The words of a formula, for the one who reads its grammar (formula.cpp).
namespace bordin::formula {

struct Token {
  enum class Kind : std::int8_t { name, number, symbol, end };
  Kind kind = Kind::end;
  std::string text;
  double number = 0;
  std::size_t offset = 0;  //!< in bytes
};

//! The text of a formula. Everything that can go wrong with it ends here: a FormulaError with the place.
class Source {
 public:
  //! Throws when the text is too long. The text must outlive this.
  explicit Source(std::string_view text);

  std::string_view text() const { return text_; }
  //! In characters from 1.
  std::size_t position(std::size_t offset) const;

  [[noreturn]] void fail(std::size_t offset, std::string const& problem) const;
  //! The place in characters from 1.
  [[noreturn]] void fail_at(std::size_t position, std::string const& problem) const;
  [[noreturn]] void fail(Token const& found, std::string_view expected) const;

 private:
  std::string_view text_;
};

//! All tokens; the last is Kind::end.
std::vector<Token> tokens_of(Source const& source);

//! The tokens with a place in them, and the depth of what is being read.
class Reader {
 public:
  explicit Reader(Source const& source) : source_(source), tokens_(tokens_of(source)) {}

  Token const& peek(std::size_t ahead = 0) const;
  bool sees(std::string_view symbol, std::size_t ahead = 0) const;
  bool sees_function(std::string_view name) const;
  Token const& take();
  bool take(std::string_view symbol);
  void expect(std::string_view symbol, std::string_view expected);
  [[noreturn]] void fail(std::string_view expected) const { source_.fail(peek(), expected); }
  Source const& source() const { return source_; }

  //! Is the group that opens here a random term? Its bar stands inside these parentheses but in none within.
  bool opens_random_term() const;

  //! Counts a level of nesting while it lives.
  class Level {
   public:
    explicit Level(Reader& reader);
    ~Level() { --reader_.depth_; }
    Level(Level const&) = delete;
    Level& operator=(Level const&) = delete;

   private:
    Reader& reader_;
  };

 private:
  Source const& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace bordin::formula
