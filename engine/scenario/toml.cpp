#include <fmt/format.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <algorithm>

#include "scenario/tree.hpp"

namespace bordin {
namespace {

constexpr char const* command_line = "--set";

SourcePlace place_of(toml::source_region const& region, std::string const& file) {
  if (file == command_line) return {.file = file};  // one value: no line to speak of
  return {.file = file, .line = static_cast<std::int64_t>(region.begin.line), .column = static_cast<std::int64_t>(region.begin.column)};
}

Node converted(toml::node const& source, std::string const& file);

Node converted_table(toml::table const& source, std::string const& file) {
  Node node;
  // toml++ sorts keys by name; the order of the file is the order of their places.
  for (auto const& [key, value] : source) {
    Node member = converted(value, file);
    if (member.place.line == 0) member.place = place_of(key.source(), file);
    node.members.emplace_back(std::string(key.str()), std::move(member));
  }
  std::stable_sort(node.members.begin(), node.members.end(), [](auto const& a, auto const& b) {
    return std::pair(a.second.place.line, a.second.place.column) < std::pair(b.second.place.line, b.second.place.column);
  });
  return node;
}

Node converted(toml::node const& source, std::string const& file) {
  Node node;
  if (auto const* table = source.as_table()) {
    node = converted_table(*table, file);
  } else if (auto const* array = source.as_array()) {
    node.kind = Node::Kind::array;
    for (auto const& item : *array) node.items.push_back(converted(item, file));
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

}  // namespace

Node parse_toml(std::string_view text, std::string const& file) {
  try {
    return converted(toml::parse(text), file);
  } catch (toml::parse_error const& error) {
    throw ScenarioError(place_of(error.source(), file), "",
                        fmt::format("this is not TOML: {} (https://toml.io shows how it is written)", error.description()));
  }
}

Node parse_assignment(std::string const& assignment) {
  auto const equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ScenarioError({.file = command_line}, "",
                        fmt::format("{} has no value; write key=value, for example design.therapists=40", in_quotes(assignment)));
  }
  std::string const key = assignment.substr(0, equals);
  std::string const value = assignment.substr(equals + 1);
  try {
    return converted(toml::parse(key + " = " + value), command_line);
  } catch (toml::parse_error const&) {
    // A text without quotes: shells take them away.
    return parse_toml(key + " = " + in_quotes(value), command_line);
  }
}

}  // namespace bordin
