#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "bind.hpp"
#include "core/errors.hpp"
#include "scenario/load.hpp"
#include "scenario/read.hpp"
#include "study/scenario.hpp"

namespace bordin::python {
namespace {

constexpr int deepest = 32;  // deeper than any scenario; ends lists that contain themselves

class NodeMaker {
 public:
  explicit NodeMaker(std::string const& key) : key_(key) {}

  Node make(py::handle value, int depth = 0) const {
    if (depth > deepest) refuse("is nested too deeply");
    auto const plain = without_numpy(value);
    if (py::isinstance<py::bool_>(plain))
      return with(Node::Kind::boolean, [&](Node& n) { n.boolean = plain.cast<bool>(); });
    if (py::isinstance<py::int_>(plain)) return integer(plain);
    if (py::isinstance<py::float_>(plain)) return number(plain.cast<double>());
    if (py::isinstance<py::str>(plain)) return with(Node::Kind::text, [&](Node& n) { n.text = plain.cast<std::string>(); });
    if (py::isinstance<py::dict>(plain)) return table(plain, depth);
    if (is_list(plain)) return array(plain, depth);
    refuse(fmt::format("is of Python's type {}; a scenario has numbers, texts, true and false, lists and dicts",
                       py::type::of(plain).attr("__name__").cast<std::string>()));
  }

 private:
  // NumPy's scalars and arrays, and pandas' columns, become what Python itself has.
  static py::object without_numpy(py::handle value) {
    return py::hasattr(value, "tolist") ? py::object(value.attr("tolist")()) : py::reinterpret_borrow<py::object>(value);
  }
  static bool is_list(py::handle value) {
    return py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value) ||
           py::isinstance(value, py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(&PyRange_Type)));
  }

  template <class Fill>
  Node with(Node::Kind kind, Fill const& fill) const {
    Node node;
    node.kind = kind;
    node.place.file = "overrides";
    fill(node);
    return node;
  }
  Node integer(py::handle value) const {
    int overflow = 0;
    auto const whole = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow != 0) refuse("is beyond 64 bits");
    return with(Node::Kind::integer, [&](Node& n) {
      n.integer = whole;
      n.number = static_cast<double>(whole);
    });
  }
  Node number(double value) const {
    return with(Node::Kind::number, [&](Node& n) { n.number = value; });
  }
  Node table(py::handle value, int depth) const {
    return with(Node::Kind::table, [&](Node& n) {
      for (auto const& [key, member] : py::reinterpret_borrow<py::dict>(value)) {
        if (!py::isinstance<py::str>(key)) refuse("has a key that is no text");
        n.members.emplace_back(key.cast<std::string>(), make(member, depth + 1));
      }
    });
  }
  Node array(py::handle value, int depth) const {
    return with(Node::Kind::array, [&](Node& n) {
      for (auto const& item : value) n.items.push_back(make(item, depth + 1));
    });
  }

  [[noreturn]] void refuse(std::string const& problem) const { throw ScenarioError({.file = "overrides"}, key_, problem); }

  std::string const& key_;
};

// What defaults and presets filled in afterwards may have to change with an override, so what was written is kept as well.
struct LoadedScenario {
  Scenario scenario;
  std::string written;  //!< TOML, with everything it is based on and overrides merged, without defaults
};

std::vector<std::string> replaced_as_one() {
  Scenario scenario;
  return whole_values([&](FieldVisitor& field) { scenario.describe(field); });
}

std::string text_of(Node tree, std::vector<Node> const& overrides) {
  auto const whole = replaced_as_one();
  for (auto const& over : overrides) merge(tree, over, whole);
  std::string text;
  for (auto const& [key, value] : tree.members) text += fmt::format("{} = {}\n", key_text(key), toml_text(value));
  return text;
}

LoadedScenario load(std::string const& source, py::dict const& overrides) {
  auto const over = overrides_of(overrides);
  return {load_scenario(source, over), text_of(load_scenario_tree(source, scenario_library(), replaced_as_one()), over)};
}

LoadedScenario parse(std::string const& text, std::string const& file, py::dict const& overrides) {
  auto const over = overrides_of(overrides);
  return {parse_scenario(text, file, over),
          text_of(parse_scenario_tree(text, file, scenario_library(), replaced_as_one()), over)};
}

py::list instruments_of(LoadedScenario const& loaded) {
  py::list out;
  for (auto const& i : loaded.scenario.instruments) out.append(py::make_tuple(i.name, i.measures == Measures::alliance));
  return out;
}

template <auto Member>
auto const& part(LoadedScenario const& loaded) {
  return loaded.scenario.*Member;
}

}  // namespace

Node node_of(py::handle value, std::string const& key) {
  return NodeMaker(key).make(value);
}

std::vector<Node> overrides_of(py::dict const& overrides) {
  std::vector<Node> out;
  for (auto const& [key, value] : overrides) {
    if (!py::isinstance<py::str>(key))
      throw ScenarioError({.file = "overrides"}, py::str(key), "a key is a text such as \"design.therapists\"");
    auto const path = key.cast<std::string>();
    out.push_back(at_path(path, node_of(value, path)));
  }
  return out;
}

void bind_scenario(py::module_& module) {
  py::class_<LoadedScenario>(module, "Scenario", "A scenario that was loaded: complete and checked.")
      .def_property_readonly("title", &part<&Scenario::title>)
      .def_property_readonly("question", &part<&Scenario::question>)
      .def_property_readonly("sources", &part<&Scenario::sources>)
      .def_property_readonly("alpha", [](LoadedScenario const& s) { return s.scenario.study.alpha; })
      .def_property_readonly("replications", [](LoadedScenario const& s) { return s.scenario.study.replications; })
      .def_property_readonly("seed", [](LoadedScenario const& s) { return s.scenario.study.seed; })
      .def_property_readonly("early_sessions",
                             [](LoadedScenario const& s) {
                               auto const& design = s.scenario.design;
                               return py::make_tuple(design.early_first(), design.early_last());
                             })
      .def_property_readonly("instruments", &instruments_of, "Names, and whether each measures the alliance.")
      .def_property_readonly("text", [](LoadedScenario const& s) { return scenario_text(s.scenario); })
      .def_property_readonly("digest", [](LoadedScenario const& s) { return scenario_digest(s.scenario); })
      .def_readonly("written", &LoadedScenario::written);

  module.def("load_scenario", &load, py::arg("source"), py::arg("overrides"));
  module.def("parse_scenario", &parse, py::arg("text"), py::arg("file"), py::arg("overrides"));
  module.def("scenario_schema", &scenario_schema, "JSON Schema of scenario files.");
  module.def("library", [] {
    std::vector<std::string> names;
    for (auto const& scenario : scenario_library()) names.emplace_back(scenario.name);
    return names;
  });
}

}  // namespace bordin::python
