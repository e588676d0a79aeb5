#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace bordin {

//! Everything the engine throws on purpose. A message says what is wrong, where, and what to do about it, on one line that
//! can be printed whatever stands in the input.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string const& message);
};

//! Where a value of a scenario was written: a file, `--set`, or a Python dictionary.
struct SourcePlace {
  std::string file;
  std::int64_t line = 0;    //!< from 1; 0 = the file as a whole
  std::int64_t column = 0;  //!< from 1
};

//! A scenario that cannot be run: what() starts with "file:line:column: key".
class ScenarioError : public Error {
 public:
  ScenarioError(SourcePlace place, std::string key, std::string const& problem);
  SourcePlace const& place() const { return place_; }
  std::string const& key() const { return key_; }
  std::string const& problem() const { return problem_; }  //!< what() without place and key

 private:
  SourcePlace place_;
  std::string key_;
  std::string problem_;
};

//! A formula that cannot be understood or does not fit the data.
class FormulaError : public Error {
 public:
  FormulaError(std::string formula, std::string const& problem);
  std::string const& formula() const { return formula_; }

 private:
  std::string formula_;
};

//! Something went wrong in the arithmetic of one replication.
class NumericalError : public Error {
 public:
  NumericalError(std::uint64_t replication, std::string stage, std::string const& problem);
  std::uint64_t replication() const { return replication_; }
  std::string const& stage() const { return stage_; }

 private:
  std::uint64_t replication_;
  std::string stage_;
};

//! A results file that cannot be read or written.
class ResultFileError : public Error {
 public:
  ResultFileError(std::string path, std::string const& problem);
  std::string const& path() const { return path_; }

 private:
  std::string path_;
};

//! More memory or disk is needed than there is; the message has both figures.
class ResourceError : public Error {
 public:
  using Error::Error;
};

//! A mistake of the engine itself, never of its user.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void expectation_failed(char const* condition, char const* file, int line);
}

}  // namespace bordin

//! States what must be true if the engine itself is right; checked in every build (each is cheap).
#define BORDIN_EXPECT(condition) \
  ((condition) ? static_cast<void>(0) : ::bordin::detail::expectation_failed(#condition, __FILE__, __LINE__))
