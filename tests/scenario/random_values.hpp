#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "scenario/fields.hpp"
#include "scenario/tree.hpp"

namespace bordin::testing {

enum class Colour : std::int8_t { red, green, blue };

//! A value that reads and writes itself: { low = 1.0, high = 2.0 }, or nothing at all.
struct Pair final : ShapedValue {
  std::optional<double> low, high;

  void read(Node const& node) override {
    for (auto* part : {&low, &high}) {
      auto const* value = node.find(part == &low ? "low" : "high");
      if (value == nullptr) continue;
      if (!value->is(Node::Kind::integer) && !value->is(Node::Kind::number))
        throw ScenarioError(value->place, part == &low ? "pair.low" : "pair.high",
                            fmt::format("is {}, but must be a number", shown(*value)));
      *part = value->number;
    }
  }
  std::string write() const override { return low && high ? fmt::format("{{ low = {}, high = {} }}", *low, *high) : ""; }
  std::string allowed() const override { return "{ low, high }"; }
};

struct Inner {
  std::int64_t count = 3;
  void describe(FieldVisitor& field) { field.field("count", count, {.min = 0, .max = 10, .doc = "how many"}); }
};

struct Entry {
  std::string name;
  double value = 1;
  Pair pair;
  void describe(FieldVisitor& field) {
    field.field("name", name, {});
    field.field("value", value, {});
    field.shape("pair", pair, {});
  }
};

//! A struct with a field of every kind.
struct Everything {
  std::string name;
  double rate = 0.5;
  std::int64_t whole = 0;
  bool flag = false;
  std::vector<double> numbers;
  std::vector<std::string> words;
  std::optional<double> maybe;
  std::optional<std::int64_t> maybe_whole;
  Colour colour = Colour::red;
  Pair pair;
  Inner inner;
  std::vector<Entry> list;

  void describe(FieldVisitor& field) {
    field.field("name", name, {});
    field.field("rate", rate, {.unit = "1/week", .min = 0, .max = 1, .doc = "a rate", .source = "assumed"});
    field.field("whole", whole, {.min = -5});
    field.field("flag", flag, {});
    field.field("numbers", numbers, {});
    field.field("words", words, {});
    field.field("maybe", maybe, {.max = 1});
    field.field("maybe_whole", maybe_whole, {});
    field.field("colour", colour, {"red", "green", "blue"}, {});
    field.shape("pair", pair, {});
    field.group("inner", inner, {});
    field.list("list", list, {});
  }
};

//! Gives every field it visits a value within the declared range; shaped values stay as they are.
class RandomValues final : public FieldVisitor {
 public:
  explicit RandomValues(std::uint32_t seed) : random_(seed) {}

  void field(std::string_view, double& value, About const& about) override { value = number(about); }
  void field(std::string_view, std::int64_t& value, About const& about) override { value = whole(about); }
  void field(std::string_view, bool& value, About const&) override { value = coin(); }
  void field(std::string_view name, std::string& value, About const&) override {
    value = name == "name" ? unique() : text();
  }
  void field(std::string_view, std::vector<double>& value, About const& about) override {
    value.resize(random_() % 4);
    for (auto& v : value) v = number(about);
  }
  void field(std::string_view, std::vector<std::string>& value, About const&) override {
    value.resize(random_() % 4);
    for (auto& v : value) v = text();
  }
  void field(std::string_view, std::optional<double>& value, About const& about) override {
    value = coin() ? std::optional(number(about)) : std::nullopt;
  }
  void field(std::string_view, std::optional<std::int64_t>& value, About const& about) override {
    value = coin() ? std::optional(whole(about)) : std::nullopt;
  }
  void choice(std::string_view, std::size_t& index, Words const& words, About const&) override {
    index = random_() % words.size();
  }
  void shape(std::string_view, ShapedValue&, About const&) override {}
  void group(std::string_view, About const&, std::function<void(FieldVisitor&)> const& members) override { members(*this); }
  void entries(std::string_view, About const&, EntryList& list) override {
    list.resize(random_() % 4);
    for (std::size_t i = 0; i < list.size(); ++i) list.describe(i, *this);
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  double number(About const& about) {
    double const low = std::max(about.min, -1e300);
    double const high = std::min(about.max, 1e300);
    double const size = std::ldexp(1.0, static_cast<int>(random_() % 400) - 200);
    double const u = static_cast<double>(random_()) / 4294967295.0;
    double const wide = coin() ? low + u * (high / 2 - low / 2) * 2 : (coin() ? size : -size);
    return std::clamp(wide, low, high) + 0.0;
  }
  std::int64_t whole(About const& about) {
    double const low = std::max(about.min, -9e18);
    double const high = std::min(about.max, 9e18);
    return static_cast<std::int64_t>(std::clamp(std::floor(number(about)), std::ceil(low), std::floor(high)));
  }
  std::string text() {
    static std::vector<std::string> const pieces{
        "a", "B", " ", "\"", "\\", "\n", "\t", "'", "#", "=", "[", ".", "{", "\xC3\xA4", "\xF0\x9F\x98\x80"};
    std::string out;
    for (auto n = random_() % 12; n > 0; --n) out += pieces[random_() % pieces.size()];
    return out;
  }
  std::string unique() { return fmt::format("n\"{}\\#", ++names_); }

  std::mt19937 random_;
  int names_ = 0;
};

}  // namespace bordin::testing
