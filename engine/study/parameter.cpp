#include "study/parameter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "scenario/read.hpp"

namespace bordin {
namespace {

//! Visits every number under its dotted key.
class NumberVisitor final : public FieldVisitor {
 public:
  using Use = std::function<void(std::string const&, NumericParameter const&)>;
  NumberVisitor(std::string prefix, Use use) : prefix_(std::move(prefix)), use_(std::move(use)) {}

  void field(std::string_view name, double& value, About const& about) override { number(name, value, about, false); }
  void field(std::string_view name, std::int64_t& value, About const& about) override {
    number(name, static_cast<double>(value), about, true);
  }
  void field(std::string_view, bool&, About const&) override {}
  void field(std::string_view, std::string&, About const&) override {}
  void field(std::string_view, std::vector<double>&, About const&) override {}
  void field(std::string_view, std::vector<std::string>&, About const&) override {}
  void field(std::string_view name, std::optional<double>& value, About const& about) override {
    number(name, value.value_or(not_a_number), about, false);
  }
  void field(std::string_view name, std::optional<std::int64_t>& value, About const& about) override {
    number(name, value ? static_cast<double>(*value) : not_a_number, about, true);
  }
  void choice(std::string_view, std::size_t&, Words const&, About const&) override {}
  void shape(std::string_view, ShapedValue&, About const&) override {}
  void group(std::string_view name, About const&, std::function<void(FieldVisitor&)> const& members) override {
    NumberVisitor inside(below(name), use_);
    members(inside);
  }
  void entries(std::string_view name, About const&, EntryList& list) override {
    for (std::size_t i = 0; i < list.size(); ++i) {
      NumberVisitor inside(below(name) + entry_name(list, i) + ".", use_);
      list.describe(i, inside);
    }
  }

 private:
  std::string below(std::string_view name) const { return fmt::format("{}{}.", prefix_, name); }
  static std::string entry_name(EntryList& list, std::size_t i) {
    auto const written = write_fields([&](FieldVisitor& field) { list.describe(i, field); });
    return parse_toml(written, "an entry").find("name")->text;
  }
  void number(std::string_view name, double value, About const& about, bool whole) {
    use_(prefix_ + std::string(name), {.value = value, .min = about.min, .max = about.max, .whole = whole});
  }

  std::string prefix_;
  Use use_;
};

}  // namespace

NumericParameter numeric_parameter(Scenario const& scenario, std::string const& key) {
  Scenario copy = scenario;
  std::optional<NumericParameter> found;
  std::vector<std::string> keys;
  NumberVisitor visitor("", [&](std::string const& own, NumericParameter const& parameter) {
    keys.push_back(own);
    if (own == key) found = parameter;
  });
  copy.describe(visitor);
  if (!found) throw Error(fmt::format("{} is no number of this scenario{}", in_quotes(key), did_you_mean(key, keys)));
  return *found;
}

Node parameter_override(NumericParameter const& parameter, std::string const& key, double value) {
  return at_path(key, number_node(value, parameter.whole));
}

}  // namespace bordin
