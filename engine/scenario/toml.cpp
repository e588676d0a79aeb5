#include <fmt/format.h>

#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(expr) static_assert(true)  // its assertions fail on broken input ("[ :]") that its checks refuse
#include <toml++/toml.h>

#include <algorithm>

#include "core/text.hpp"
#include "scenario/tree.hpp"

namespace bordin {
namespace {

constexpr char const* command_line = "--set";
constexpr int most_key_parts = 8;        // a.b.c has 3
constexpr std::size_t most_keys = 1000;  // of a table: merging looks each of them up
constexpr std::size_t deepest = 32;      // tables and lists within each other
constexpr std::size_t longest_set_key = 500;

//! The end of the string that begins at `at`, behind its closing quotes; a string that is never closed ends with its line.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  char const quote = text[at];
  bool const several_lines = text.substr(at, 3) == std::string(3, quote);
  std::string const closing(several_lines ? 3 : 1, quote);
  for (at += closing.size(); at < text.size(); ++at) {
    if (text.substr(at).starts_with(closing))
      return std::min(text.find_first_not_of(quote, at + closing.size()), text.size());
    if (text[at] == '\n' && !several_lines) return at;
    if (text[at] == '\\' && quote == '"') ++at;
  }
  return text.size();
}

std::size_t line_length(std::string_view text, std::size_t line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return std::min(text.find('\n'), text.size());
}

SourcePlace place_at(std::string_view text, std::size_t at, std::string const& file) {
  if (file == command_line) return {.file = file};
  auto const before = text.substr(0, at);
  auto const line = std::count(before.begin(), before.end(), '\n') + 1;
  auto const start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {.file = file, .line = line, .column = static_cast<std::int64_t>(at - start) + 1};
}

//! What toml++ says of common slips, in words of somebody who does not write TOML every day.
std::string plain_words(std::string_view description, std::string_view text, toml::source_region const& where) {
  bool const at_line_end = where.begin.column > 1 && where.begin.column > line_length(text, where.begin.line);
  if (at_line_end && description.find("control characters") != std::string_view::npos)
    return "a text begins in this line and has no closing quote";
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"could not determine value type", "this is no value; write texts in quotes, numbers with a point, true or false"},
      {"expected value, saw", "a value is missing"},
      {"expected a comment or whitespace, saw",
       "something stands behind the value; write one value a line, numbers with a point"},
      {"could not be interpreted as a value", "this number is too large or too small to be one"},
      {"is not representable in 64 bits", "this whole number is too large"},
      {"expected '=', saw", "a key needs = and a value behind it"},
      {"cannot redefine existing", "this is written twice; keep one"},
  };
  auto const said =
      description.starts_with("Error while parsing") ? description.substr(description.find(": ") + 2) : description;
  for (auto const& [fragment, plain] : words) {
    if (description.find(fragment) != std::string_view::npos) return fmt::format("{} ({})", plain, said);
  }
  return std::string(description);
}

//! Whoever reads tables descends into them by recursion: a key of thousands of parts would exhaust the stack, in toml++
//! first.
void refuse_long_keys(std::string_view text, std::string const& file) {
  int parts = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char const c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size() - 1);
      parts = 1;
    } else if (c == '"' || c == '\'') {
      at = end_of_string(text, at) - 1;
    } else if (c == '.' && ++parts > most_key_parts) {
      throw ScenarioError(place_at(text, at, file), "",
                          fmt::format("a key of more than {} parts; none is that deep, so shorten it", most_key_parts));
    } else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') {
      parts = 1;
    }
  }
}

SourcePlace place_of(toml::source_region const& region, std::string const& file) {
  if (file == command_line) return {.file = file};  // one value: no line to speak of
  return {.file = file,
          .line = static_cast<std::int64_t>(region.begin.line),
          .column = static_cast<std::int64_t>(region.begin.column)};
}

Node converted(toml::node const& source, std::string const& file, std::size_t depth);

Node converted_table(toml::table const& source, std::string const& file, std::size_t depth) {
  Node node;
  if (source.size() > most_keys)
    throw ScenarioError(place_of(source.source(), file), "",
                        fmt::format("a table has {} keys; at most {} are possible", source.size(), most_keys));
  // toml++ sorts keys by name; the order of the file is the order of their places.
  for (auto const& [key, value] : source) {
    Node member = converted(value, file, depth + 1);
    if (member.place.line == 0) member.place = place_of(key.source(), file);
    node.members.emplace_back(std::string(key.str()), std::move(member));
  }
  std::stable_sort(node.members.begin(), node.members.end(), [](auto const& a, auto const& b) {
    return std::pair(a.second.place.line, a.second.place.column) < std::pair(b.second.place.line, b.second.place.column);
  });
  return node;
}

Node converted(toml::node const& source, std::string const& file, std::size_t depth) {
  Node node;
  if (depth > deepest)
    throw ScenarioError(place_of(source.source(), file), "",
                        fmt::format("more than {} tables or lists within each other; none is that deep", deepest));
  if (auto const* table = source.as_table()) {
    node = converted_table(*table, file, depth);
  } else if (auto const* array = source.as_array()) {
    node.kind = Node::Kind::array;
    for (auto const& item : *array) node.items.push_back(converted(item, file, depth + 1));
  } else if (auto const* text = source.as_string()) {
    node.kind = Node::Kind::text;
    node.text = text->get();
  } else if (auto const* integer = source.as_integer()) {
    node.kind = Node::Kind::integer;
    node.integer = integer->get();
    node.number = static_cast<double>(integer->get());
  } else if (auto const* number = source.as_floating_point()) {
    node.kind = Node::Kind::number;
    node.number = number->get();
  } else if (auto const* boolean = source.as_boolean()) {
    node.kind = Node::Kind::boolean;
    node.boolean = boolean->get();
  } else {
    node.kind = Node::Kind::date;
  }
  node.place = place_of(source.source(), file);
  return node;
}

Node parsed(std::string_view text, std::string const& file) {
  refuse_long_keys(text, file);
  return converted(toml::parse(text), file, 0);
}

bool is_key(std::string const& text) {
  try {
    Node const node = parsed(text + " = 0", command_line);
    Node const* here = &node;
    while (here->is(Node::Kind::table) && here->members.size() == 1) here = &here->members.front().second;
    return here->is(Node::Kind::integer);
  } catch (toml::parse_error const&) {
    return false;
  }
}

//! Where the key of `key=value` ends; 0 where there is none. A key in quotes may have a `=` in it.
std::size_t end_of_key(std::string const& assignment) {
  for (auto at = assignment.find('='); at < longest_set_key; at = assignment.find('=', at + 1)) {
    if (is_key(assignment.substr(0, at))) return at;
  }
  return 0;
}

}  // namespace

Node parse_toml(std::string_view text, std::string const& file) {
  try {
    return parsed(text, file);
  } catch (toml::parse_error const& error) {
    throw ScenarioError(place_of(error.source(), file), "",
                        fmt::format("cannot be read: {}; https://toml.io shows how scenarios are written",
                                    plain_words(error.description(), text, error.source())));
  }
}

Node parse_assignment(std::string const& assignment) {
  auto const refuse = [&](std::string const& problem) {
    throw ScenarioError({.file = command_line}, "",
                        fmt::format("{} {}; write key=value, for example design.therapists=40",
                                    in_quotes(shortened(assignment, 80)), problem));
  };
  if (assignment.find_first_of("\r\n") != std::string::npos) refuse("has several lines, but sets one value");
  if (assignment.find('=') == std::string::npos) refuse("has no value");
  auto const equals = end_of_key(assignment);
  if (equals == 0) refuse("does not begin with a key");
  std::string const key = assignment.substr(0, equals);
  std::string const value = assignment.substr(equals + 1);
  try {
    return parsed(key + " = " + value, command_line);
  } catch (toml::parse_error const&) {
    // A text without quotes: shells take them away.
    auto const start = std::min(value.find_first_not_of(' '), value.size());
    return parse_toml(key + " = " + in_quotes(std::string_view(value).substr(start)), command_line);
  }
}

}  // namespace bordin
