#include "core/errors.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace bordin {
namespace {

constexpr std::size_t longest_key = 120;

std::string located(SourcePlace const& place, std::string const& key, std::string const& problem) {
  std::string text = place.file;
  if (place.line > 0) text += fmt::format(":{}:{}", place.line, place.column);
  if (!text.empty()) text += ": ";
  if (!key.empty()) text += shortened(key, longest_key) + ": ";
  return text + problem;
}

}  // namespace

Error::Error(std::string const& message) : std::runtime_error(one_line(message)) {}

ScenarioError::ScenarioError(SourcePlace place, std::string key, std::string const& problem)
    : Error(located(place, key, problem)), place_(std::move(place)), key_(std::move(key)), problem_(problem) {}

FormulaError::FormulaError(std::string formula, std::string const& problem)
    : Error(fmt::format("formula \"{}\": {}", formula, problem)), formula_(std::move(formula)) {}

NumericalError::NumericalError(std::uint64_t replication, std::string stage, std::string const& problem)
    : Error(fmt::format("replication {}, {}: {}", replication, stage, problem)),
      replication_(replication),
      stage_(std::move(stage)) {}

ResultFileError::ResultFileError(std::string path, std::string const& problem)
    : Error(path + ": " + problem), path_(std::move(path)) {}

namespace detail {

void expectation_failed(char const* condition, char const* file, int line) {
  throw InternalError(fmt::format("{}:{}: expected {} (a mistake in Bordin: please report it)", file, line, condition));
}

}  // namespace detail
}  // namespace bordin
