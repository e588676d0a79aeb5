#include "scenario/schema.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace bordin {
namespace {

using Json = nlohmann::ordered_json;

class SchemaWriter final : public FieldVisitor {
 public:
  void field(std::string_view name, double& value, About const& about) override {
    ranged(name, "number", about)["default"] = value;
  }
  void field(std::string_view name, std::int64_t& value, About const& about) override {
    ranged(name, "integer", about)["default"] = value;
  }
  void field(std::string_view name, bool& value, About const& about) override {
    add(name, "boolean", about)["default"] = value;
  }
  void field(std::string_view name, std::string& value, About const& about) override {
    add(name, "string", about)["default"] = value;
  }
  void field(std::string_view name, std::vector<double>& value, About const& about) override {
    Json& property = add(name, "array", about);
    property["items"] = limits("number", about);
    property["default"] = value;
  }
  void field(std::string_view name, std::vector<std::string>& value, About const& about) override {
    Json& property = add(name, "array", about);
    property["items"] = {{"type", "string"}};
    property["default"] = value;
  }
  void field(std::string_view name, std::optional<double>& /*value*/, About const& about) override {
    ranged(name, "number", about);
  }
  void field(std::string_view name, std::optional<std::int64_t>& /*value*/, About const& about) override {
    ranged(name, "integer", about);
  }
  void choice(std::string_view name, std::size_t& index, Words const& words, About const& about) override {
    Json& property = add(name, "string", about);
    property["enum"] = words;
    property["default"] = words[index];
  }
  void shape(std::string_view name, ShapedValue& value, About const& about) override {
    Json& property = described(properties_[std::string(name)], about);
    property["x-allowed"] = value.allowed();
    if (auto const text = value.write(); !text.empty()) property["x-default"] = text;
  }
  void group(std::string_view name, About const& about, std::function<void(FieldVisitor&)> const& members) override {
    SchemaWriter inside;
    members(inside);
    described(properties_[std::string(name)] = inside.object(), about);
  }
  void entries(std::string_view name, About const& about, EntryList& list) override {
    SchemaWriter inside;
    list.describe_new(inside);
    Json& property = add(name, "array", about);
    property["items"] = inside.object();
    property["items"]["required"] = {"name"};
  }
  Json object() const { return {{"type", "object"}, {"properties", properties_}, {"additionalProperties", false}}; }

 private:
  static Json& described(Json& property, About const& about) {
    if (!about.doc.empty()) property["description"] = about.doc;
    if (!about.unit.empty()) property["x-unit"] = about.unit;
    if (!about.source.empty()) property["x-source"] = about.source;
    return property;
  }
  static Json limits(char const* type, About const& about) {
    Json property{{"type", type}};
    if (std::isfinite(about.min)) property["minimum"] = about.min;
    if (std::isfinite(about.max)) property["maximum"] = about.max;
    return property;
  }
  Json& add(std::string_view name, char const* type, About const& about) {
    Json& property = properties_[std::string(name)];
    property["type"] = type;
    return described(property, about);
  }
  Json& ranged(std::string_view name, char const* type, About const& about) {
    Json& property = properties_[std::string(name)] = limits(type, about);
    return described(property, about);
  }

  Json properties_ = Json::object();
};

}  // namespace

std::string json_schema(Declaration const& source, std::string const& title) {
  SchemaWriter writer;
  source(writer);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(writer.object());
  schema["properties"]["based_on"] = {{"type", "string"},
                                      {"description", "library name or relative path of the scenario this one builds on"}};
  return schema.dump(2);
}

}  // namespace bordin
