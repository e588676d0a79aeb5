#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bordin {

//! What is said about a parameter where it is declared, once: everything else (reader, range check, schema, write-back,
//! HDF5 attributes, Python, the reference table) comes from here.
struct About {
  std::string_view unit = "";
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::string_view doc = "";     //!< one line, without a full stop at the end
  std::string_view source = "";  //!< where the default comes from
};

//! An enumeration as the words of a scenario: word k stands for the enumerator with value k.
using Words = std::vector<std::string>;

//! Visits the declared fields of a struct. A struct takes part by having `void describe(FieldVisitor& field)`.
class FieldVisitor {
 public:
  FieldVisitor() = default;
  FieldVisitor(FieldVisitor const&) = delete;
  FieldVisitor& operator=(FieldVisitor const&) = delete;
  virtual ~FieldVisitor() = default;

  virtual void field(std::string_view name, double& value, About const& about) = 0;
  virtual void field(std::string_view name, std::int64_t& value, About const& about) = 0;
  virtual void field(std::string_view name, bool& value, About const& about) = 0;
  virtual void field(std::string_view name, std::string& value, About const& about) = 0;
  virtual void field(std::string_view name, std::vector<double>& value, About const& about) = 0;
  virtual void field(std::string_view name, std::vector<std::string>& value, About const& about) = 0;
  //! May be left out of a scenario: then something else in the scenario decides (the doc says what).
  virtual void field(std::string_view name, std::optional<double>& value, About const& about) = 0;
  virtual void field(std::string_view name, std::optional<std::int64_t>& value, About const& about) = 0;
  //! One word out of several.
  virtual void choice(std::string_view name, std::size_t& index, Words const& words, About const& about) = 0;
  //! A value of several shapes, such as a caseload: it reads, writes and describes itself.
  virtual void shape(std::string_view name, struct ShapedValue& value, About const& about) = 0;
  //! A table of its own: [name].
  virtual void group(std::string_view name, About const& about, std::function<void(FieldVisitor&)> const& members) = 0;
  //! An array of tables whose entries have a unique `name`: [[name]]. See list() below.
  virtual void entries(std::string_view name, About const& about, struct EntryList& list) = 0;

  //! An enumeration whose enumerators are 0, 1, 2 ... in the order of `words`.
  template <class Enum>
  requires std::is_enum_v<Enum>
  void field(std::string_view name, Enum& value, Words const& words, About const& about) {
    auto index = static_cast<std::size_t>(value);
    choice(name, index, words, about);
    value = static_cast<Enum>(index);
  }

  //! A struct that declares its own fields.
  template <class Struct>
  void group(std::string_view name, Struct& value, About const& about) {
    group(name, about, [&](FieldVisitor& members) { value.describe(members); });
  }

  template <class Struct>
  void list(std::string_view name, std::vector<Struct>& values, About const& about);
};

//! A named list as the visitor sees it, whatever its entries are.
struct EntryList {
  EntryList() = default;
  EntryList(EntryList const&) = delete;
  EntryList& operator=(EntryList const&) = delete;
  virtual ~EntryList() = default;
  virtual std::size_t size() const = 0;
  virtual void resize(std::size_t count) = 0;
  virtual void describe(std::size_t index, FieldVisitor& field) = 0;
  virtual void describe_new(FieldVisitor& field) = 0;  //!< an entry with all defaults, for schema and documentation
};

namespace detail {

template <class Struct>
struct VectorEntries final : EntryList {
  explicit VectorEntries(std::vector<Struct>& v) : values(v) {}
  std::size_t size() const override { return values.size(); }
  void resize(std::size_t count) override { values.resize(count); }
  void describe(std::size_t index, FieldVisitor& field) override { values[index].describe(field); }
  void describe_new(FieldVisitor& field) override { Struct{}.describe(field); }
  std::vector<Struct>& values;
};

}  // namespace detail

template <class Struct>
void FieldVisitor::list(std::string_view name, std::vector<Struct>& values, About const& about) {
  detail::VectorEntries<Struct> adapter(values);
  entries(name, about, adapter);
}

//! Base of values that may be written in several ways. The tree it reads from is the neutral one of scenario/tree.hpp.
struct ShapedValue {
  ShapedValue() = default;
  ShapedValue(ShapedValue const&) = default;
  ShapedValue& operator=(ShapedValue const&) = default;
  virtual ~ShapedValue() = default;
  //! Reads `node`; throws ScenarioError with its place and a key that begins with the value's own name.
  virtual void read(struct Node const& node) = 0;
  //! As TOML: "20", "{ poisson = { mean = 20.0 } }"; empty when it was never given, then it is not written.
  virtual std::string write() const = 0;
  //! What may be written, for messages, schema and reference.
  virtual std::string allowed() const = 0;
};

}  // namespace bordin
