#include "scenario/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "core/text.hpp"

namespace bordin {
namespace {

constexpr std::size_t most_entries = 500;  // of a list: more would make checks slow, and no study has them
constexpr std::ptrdiff_t most_dots = 16;   // entry names may have some

std::string const* entry_name(Node const& entry) {
  auto const* name = entry.find("name");
  return name != nullptr && name->is(Node::Kind::text) ? &name->text : nullptr;
}

Node* entry_called(Node& list, std::string const& name) {
  for (auto& entry : list.items) {
    if (auto const* own = entry_name(entry); own != nullptr && *own == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> entry_names(Node const& list) {
  std::vector<std::string> names;
  for (auto const& entry : list.items) {
    if (auto const* name = entry_name(entry)) names.push_back(*name);
  }
  return names;
}

void merge_entries(Node& base, Node over, std::vector<std::string> const& whole, std::string const& path) {
  check_named_list(over, path);
  for (auto& entry : over.items) {
    auto const* name = entry_name(entry);
    if (Node* same = name == nullptr ? nullptr : entry_called(base, *name)) {
      merge(*same, std::move(entry), whole, path);
    } else {
      base.items.push_back(std::move(entry));
    }
  }
}

void merge_by_key(Node& list, Node over, std::vector<std::string> const& whole, std::string const& path) {
  for (auto& [name, change] : over.members) {
    Node* entry = entry_called(list, name);
    if (entry == nullptr) {
      throw ScenarioError(change.place, path,
                          fmt::format("has no entry {}{}", in_quotes(name), did_you_mean(name, entry_names(list))));
    }
    merge(*entry, std::move(change), whole, path);
  }
}

}  // namespace

Node* Node::find(std::string_view key) {
  auto const found = std::find_if(members.begin(), members.end(), [&](auto const& m) { return m.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

Node const* Node::find(std::string_view key) const {
  auto const found = std::find_if(members.begin(), members.end(), [&](auto const& m) { return m.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

Node& Node::member(std::string_view key) {
  if (Node* found = find(key)) return *found;
  return members.emplace_back(std::string(key), Node{.place = place}).second;
}

bool Node::is_named_list() const {
  return kind == Kind::array && !items.empty() &&
         std::all_of(items.begin(), items.end(), [](Node const& n) { return n.is(Kind::table); });
}

std::string kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::integer:
      return "a whole number";
    case Node::Kind::number:
      return "a number";
    case Node::Kind::text:
      return "a text";
    case Node::Kind::array:
      return "a list";
    case Node::Kind::table:
      return "a table";
    case Node::Kind::date:
      return "a date";
  }
  return "";
}

Node number_node(double value, bool whole) {
  Node node{.kind = Node::Kind::number, .place = {.file = "a changed parameter"}, .number = value};
  if (whole) {
    node.kind = Node::Kind::integer;
    node.integer = std::llround(value);
    node.number = static_cast<double>(node.integer);
  }
  return node;
}

std::string shown(Node const& node) {
  switch (node.kind) {
    case Node::Kind::boolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::integer:
      return std::to_string(node.integer);
    case Node::Kind::number:
      return number_text(node.number);
    case Node::Kind::text:
      return in_quotes(shortened(node.text, 60));
    default:
      return kind_name(node.kind);
  }
}

std::string toml_text(Node const& node) {
  std::string inside;
  switch (node.kind) {
    case Node::Kind::array:
      for (auto const& item : node.items) inside += (inside.empty() ? "" : ", ") + toml_text(item);
      return "[" + inside + "]";
    case Node::Kind::table:
      for (auto const& [key, value] : node.members)
        inside += (inside.empty() ? "" : ", ") + key_text(key) + " = " + toml_text(value);
      return inside.empty() ? "{}" : "{ " + inside + " }";
    case Node::Kind::text:
      return in_quotes(node.text);
    default:
      return shown(node);
  }
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    auto const code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += fmt::format("\\{}", c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (code < 0x20 || code == 0x7F) {
      out += fmt::format("\\u{:04X}", code);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string key_text(std::string_view key) {
  bool const bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128) || c == '_' ||
           c == '-';
  });
  return bare ? std::string(key) : in_quotes(key);
}

void check_named_list(Node const& list, std::string const& path) {
  if (list.items.size() > most_entries)
    throw ScenarioError(list.place, path,
                        fmt::format("has {} entries; at most {} are possible", list.items.size(), most_entries));
  std::set<std::string_view> seen;
  for (auto const& entry : list.items) {
    auto const* name = entry_name(entry);
    if (name != nullptr && !seen.insert(*name).second)
      throw ScenarioError(entry.place, path,
                          fmt::format("two entries have the name {}; give each its own", in_quotes(shortened(*name, 60))));
  }
}

Node at_path(std::string const& path, Node value) {
  if (std::count(path.begin(), path.end(), '.') > most_dots)
    throw ScenarioError(value.place, path, fmt::format("has more than {} dots; no key is that deep", most_dots));
  Node root{.place = value.place};
  Node* here = &root;
  std::size_t start = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', start)) {
    here = &here->member(std::string_view(path).substr(start, dot - start));
    start = dot + 1;
  }
  here->member(std::string_view(path).substr(start)) = std::move(value);
  return root;
}

void merge(Node& base, Node over, std::vector<std::string> const& whole, std::string const& path) {
  bool const as_one = std::find(whole.begin(), whole.end(), path) != whole.end();
  if (!as_one && base.is(Node::Kind::table) && over.is(Node::Kind::table)) {
    for (auto& [key, value] : over.members) {
      std::string const below = path.empty() ? key : path + "." + key;
      if (Node* known = base.find(key)) {
        merge(*known, std::move(value), whole, below);
      } else {
        if (value.is_named_list()) check_named_list(value, below);
        base.members.emplace_back(std::move(key), std::move(value));
      }
    }
    base.place = over.place;
  } else if (!as_one && base.is_named_list() && over.is_named_list()) {
    merge_entries(base, std::move(over), whole, path);
  } else if (!as_one && base.is_named_list() && over.is(Node::Kind::table)) {
    merge_by_key(base, std::move(over), whole, path);
  } else {
    base = std::move(over);
    if (base.is_named_list()) check_named_list(base, path);
  }
}

}  // namespace bordin
