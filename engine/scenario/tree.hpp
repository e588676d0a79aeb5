#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"

namespace bordin {

//! One value of a scenario and where it was written. Tables keep the order of the file.
struct Node {
  enum class Kind : std::int8_t { boolean, integer, number, text, array, table, date };

  Kind kind = Kind::table;
  SourcePlace place = {};
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text = {};
  std::vector<Node> items = {};                            //!< of an array
  std::vector<std::pair<std::string, Node>> members = {};  //!< of a table

  Node* find(std::string_view key);
  Node const* find(std::string_view key) const;
  Node& member(std::string_view key);  //!< made (as an empty table) when it is not there
  bool is(Kind k) const { return kind == k; }
  bool is_named_list() const;  //!< an array whose entries are all tables
};

//! A number that no file holds.
Node number_node(double value, bool whole);

//! How a value looks in a message: `1.4`, `"CORE-OM"`, `a table`.
std::string shown(Node const& node);
//! "a table", "a text", ...
std::string kind_name(Node::Kind kind);

//! The value as TOML on one line.
std::string toml_text(Node const& node);

//! Reads TOML. `file` is what messages call it. Throws ScenarioError with line and column.
Node parse_toml(std::string_view text, std::string const& file);

//! `key.path=value` as from --set. The value is TOML; what is no TOML value is taken as text.
//! Throws ScenarioError when there is no key or no `=`.
Node parse_assignment(std::string const& assignment);

//! Throws ScenarioError when two entries of a list of tables have one name, or when there are far too many.
void check_named_list(Node const& list, std::string const& path);

//! `value` put at the dotted `path`: the tables around it are made. Throws ScenarioError when it is far too deep.
Node at_path(std::string const& path, Node value);

//! A TOML string in quotes, escaped.
std::string in_quotes(std::string_view text);
//! A key, in quotes if it needs them.
std::string key_text(std::string_view key);

//! Lays `over` onto `base`: tables key by key, lists of tables by `name` (an empty list clears), all else replaced.
//! A table laid onto a list of tables speaks of its entries by name: instruments.CORE-OM.reliability. Paths in `whole` are
//! replaced as one value.
void merge(Node& base, Node over, std::vector<std::string> const& whole, std::string const& path = "");

}  // namespace bordin
