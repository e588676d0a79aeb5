#include "scenario/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace bordin {
namespace {

std::string range_text(About const& about, bool whole) {
  auto const limit = [whole](double v) {
    return whole || v == std::floor(v) ? fmt::format("{:.0f}", v) : fmt::format("{}", v);
  };
  bool const lower = std::isfinite(about.min);
  bool const upper = std::isfinite(about.max);
  if (lower && upper) return fmt::format(" from {} to {}", limit(about.min), limit(about.max));
  if (lower) return fmt::format(" of at least {}", limit(about.min));
  if (upper) return fmt::format(" of at most {}", limit(about.max));
  return "";
}

std::string meaning(About const& about) {
  std::string const unit = about.unit.empty() ? "" : fmt::format(", in {}", about.unit);
  return about.doc.empty() ? "" : fmt::format(" ({}{})", about.doc, unit);
}

bool is_control(char c) {
  auto const code = static_cast<unsigned char>(c);
  return (code < 0x20 && c != '\n' && c != '\r' && c != '\t') || code == 0x7F;
}

class Reader final : public FieldVisitor {
 public:
  Reader(Node const& table, std::string path) : table_(table), path_(std::move(path)) {}

  void field(std::string_view name, double& value, About const& about) override {
    if (auto const* node = known(name)) value = number(*node, name, about);
  }
  void field(std::string_view name, std::int64_t& value, About const& about) override {
    if (auto const* node = known(name)) value = whole_number(*node, name, about);
  }
  void field(std::string_view name, bool& value, About const& about) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    if (!node->is(Node::Kind::boolean)) refuse(*node, name, "must be true or false", about);
    value = node->boolean;
  }
  void field(std::string_view name, std::string& value, About const& about) override {
    if (auto const* node = known(name)) value = text(*node, name, about);
  }
  void field(std::string_view name, std::vector<double>& value, About const& about) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    if (!node->is(Node::Kind::array)) refuse(*node, name, "must be a list of numbers", about);
    value.clear();
    for (auto const& item : node->items) value.push_back(number(item, name, about));
  }
  void field(std::string_view name, std::vector<std::string>& value, About const& about) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    if (!node->is(Node::Kind::array)) refuse(*node, name, "must be a list of texts, such as [\"...\"]", about);
    value.clear();
    for (auto const& item : node->items) value.push_back(text(item, name, about));
  }
  void field(std::string_view name, std::optional<double>& value, About const& about) override {
    if (auto const* node = known(name)) value = number(*node, name, about);
  }
  void field(std::string_view name, std::optional<std::int64_t>& value, About const& about) override {
    if (auto const* node = known(name)) value = whole_number(*node, name, about);
  }
  void choice(std::string_view name, std::size_t& index, Words const& words, About const& about) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    auto const found = std::find(words.begin(), words.end(), node->text);
    if (!node->is(Node::Kind::text) || found == words.end()) {
      Words quoted_words;
      for (auto const& word : words) quoted_words.push_back(in_quotes(word));
      refuse(*node, name, "must be " + enumerate_words(quoted_words, "or"), about);
    }
    index = static_cast<std::size_t>(found - words.begin());
  }
  void shape(std::string_view name, ShapedValue& value, About const& /*about*/) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    try {
      value.read(*node);
    } catch (ScenarioError const& error) {  // whose key begins at this table
      throw ScenarioError(error.place(), full(error.key().empty() ? name : error.key()), error.problem());
    }
  }
  void group(std::string_view name, About const& about, std::function<void(FieldVisitor&)> const& members) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    if (!node->is(Node::Kind::table)) refuse(*node, name, fmt::format("must be a table: [{}]", full(name)), about);
    Reader inside(*node, full(name));
    members(inside);
    inside.finish();
  }
  void entries(std::string_view name, About const& about, EntryList& list) override {
    auto const* node = known(name);
    if (node == nullptr) return;
    if (!node->is(Node::Kind::array))
      refuse(*node, name, fmt::format("must be a list of tables: [[{}]]", full(name)), about);
    check_named_list(*node, full(name));
    list.resize(0);
    list.resize(node->items.size());
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      Node const& entry = node->items[i];
      if (!entry.is(Node::Kind::table))
        refuse(entry, name, fmt::format("must be a list of tables: [[{}]]", full(name)), about);
      auto const* own_name = entry.find("name");
      if (own_name == nullptr) throw ScenarioError(entry.place, full(name), "this entry has no name; add name = \"...\"");
      if (own_name->is(Node::Kind::text) && own_name->text.empty())
        throw ScenarioError(own_name->place, full(name) + ".name", "is empty; give it a name");
      if (own_name->text.find_first_of("\r\n\t") != std::string::npos)
        throw ScenarioError(own_name->place, full(name) + ".name",
                            fmt::format("is {}; a name must be one line without tabs", shown(*own_name)));
      Reader inside(entry, full(name));
      list.describe(i, inside);
      inside.finish();
    }
  }

  //! After all fields were visited: whatever else stands in the table is a mistake.
  void finish() const {
    for (auto const& [key, value] : table_.members) {
      if (std::find(names_.begin(), names_.end(), key) != names_.end()) continue;
      throw ScenarioError(value.place, full(key_text(key)), fmt::format("is not known here{}", did_you_mean(key, names_)));
    }
  }

 private:
  Node const* known(std::string_view name) {
    names_.emplace_back(name);
    return table_.find(name);
  }
  std::string full(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }

  [[noreturn]] void refuse(Node const& node, std::string_view name, std::string const& must, About const& about) const {
    throw ScenarioError(node.place, full(name), fmt::format("is {}, but {}{}", shown(node), must, meaning(about)));
  }
  double number(Node const& node, std::string_view name, About const& about) const {
    bool const numeric = node.is(Node::Kind::number) || node.is(Node::Kind::integer);
    if (!numeric || !std::isfinite(node.number) || node.number < about.min || node.number > about.max)
      refuse(node, name, fmt::format("must be a number{}", range_text(about, false)), about);
    return node.number + 0.0;  // -0 becomes 0: the same value has the same text
  }
  std::int64_t whole_number(Node const& node, std::string_view name, About const& about) const {
    if (!node.is(Node::Kind::integer) || node.number < about.min || node.number > about.max)
      refuse(node, name, fmt::format("must be a whole number{}", range_text(about, true)), about);
    return node.integer;
  }
  std::string text(Node const& node, std::string_view name, About const& about) const {
    if (!node.is(Node::Kind::text)) refuse(node, name, "must be a text in quotes", about);
    if (std::any_of(node.text.begin(), node.text.end(), is_control))
      refuse(node, name, "must have no control characters", about);
    return node.text;
  }

  Node const& table_;
  std::string path_;
  std::vector<std::string> names_;
};

class Writer final : public FieldVisitor {
 public:
  void field(std::string_view name, double& value, About const& /*about*/) override { line(name, number_text(value)); }
  void field(std::string_view name, std::int64_t& value, About const& /*about*/) override {
    line(name, std::to_string(value));
  }
  void field(std::string_view name, bool& value, About const& /*about*/) override { line(name, value ? "true" : "false"); }
  void field(std::string_view name, std::string& value, About const& /*about*/) override { line(name, in_quotes(value)); }
  void field(std::string_view name, std::vector<double>& value, About const& /*about*/) override {
    list_line(name, value, number_text);
  }
  void field(std::string_view name, std::vector<std::string>& value, About const& /*about*/) override {
    list_line(name, value, [](std::string const& s) { return in_quotes(s); });
  }
  void field(std::string_view name, std::optional<double>& value, About const& /*about*/) override {
    if (value) line(name, number_text(*value));
  }
  void field(std::string_view name, std::optional<std::int64_t>& value, About const& /*about*/) override {
    if (value) line(name, std::to_string(*value));
  }
  void choice(std::string_view name, std::size_t& index, Words const& words, About const& /*about*/) override {
    line(name, in_quotes(words[index]));
  }
  void shape(std::string_view name, ShapedValue& value, About const& /*about*/) override {
    if (std::string const text = value.write(); !text.empty()) line(name, text);
  }
  void group(std::string_view name, About const& /*about*/, std::function<void(FieldVisitor&)> const& members) override {
    Writer inside;
    inside.path_ = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
    members(inside);
    tables_ += fmt::format("\n[{}]\n{}", inside.path_, inside.text());
  }
  void entries(std::string_view name, About const& /*about*/, EntryList& list) override {
    if (list.size() == 0) line(name, "[]");
    for (std::size_t i = 0; i < list.size(); ++i) {
      Writer inside;
      inside.path_ = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
      list.describe(i, inside);
      tables_ += fmt::format("\n[[{}]]\n{}", inside.path_, inside.text());
    }
  }
  std::string text() const { return lines_ + tables_; }

 private:
  void line(std::string_view name, std::string const& value) { lines_ += fmt::format("{} = {}\n", key_text(name), value); }
  template <class Values, class Text>
  void list_line(std::string_view name, Values const& values, Text const& text) {
    std::string items;
    for (auto const& value : values) items += (items.empty() ? "" : ", ") + text(value);
    line(name, "[" + items + "]");
  }

  std::string path_;
  std::string lines_;
  std::string tables_;
};

class WholeValues final : public FieldVisitor {
 public:
  explicit WholeValues(std::vector<std::string>& paths) : paths_(paths) {}
  void field(std::string_view, double&, About const&) override {}
  void field(std::string_view, std::int64_t&, About const&) override {}
  void field(std::string_view, bool&, About const&) override {}
  void field(std::string_view, std::string&, About const&) override {}
  void field(std::string_view, std::vector<double>&, About const&) override {}
  void field(std::string_view, std::vector<std::string>&, About const&) override {}
  void field(std::string_view, std::optional<double>&, About const&) override {}
  void field(std::string_view, std::optional<std::int64_t>&, About const&) override {}
  void choice(std::string_view, std::size_t&, Words const&, About const&) override {}
  void shape(std::string_view name, ShapedValue&, About const&) override { paths_.push_back(prefix_ + std::string(name)); }
  void group(std::string_view name, About const&, std::function<void(FieldVisitor&)> const& members) override {
    below(name, members);
  }
  void entries(std::string_view name, About const&, EntryList& list) override {
    below(name, [&](FieldVisitor& inside) { list.describe_new(inside); });
  }

 private:
  void below(std::string_view name, std::function<void(FieldVisitor&)> const& members) {
    std::string const outer = prefix_;
    prefix_ += std::string(name) + ".";
    members(*this);
    prefix_ = outer;
  }
  std::vector<std::string>& paths_;
  std::string prefix_;
};

}  // namespace

void read_fields(Declaration const& target, Node const& tree) {
  Reader reader(tree, "");
  target(reader);
  reader.finish();
}

std::string write_fields(Declaration const& source) {
  Writer writer;
  source(writer);
  return writer.text();
}

std::vector<std::string> whole_values(Declaration const& source) {
  std::vector<std::string> paths;
  WholeValues visitor(paths);
  source(visitor);
  return paths;
}

}  // namespace bordin
