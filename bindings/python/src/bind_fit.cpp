#include <algorithm>
#include <cstdint>

#include "bind.hpp"
#include "core/formula.hpp"
#include "scenario/read.hpp"
#include "study/analysis_table.hpp"

namespace bordin::python {
namespace {

struct NumpyColumn {
  std::string name;
  py::array values;
  std::vector<std::string> levels;
};

template <class T>
bool take(Column& column, py::array const& values) {
  if (!py::isinstance<py::array_t<T>>(values)) return false;
  auto const typed = py::array_t<T, py::array::c_style>(values);
  column.values = std::vector<T>(typed.data(), typed.data() + typed.size());
  return true;
}

Table table_of(std::vector<std::tuple<std::string, py::array, std::vector<std::string>>> const& columns) {
  Table table;
  for (auto const& [name, values, levels] : columns) {
    Column column{.name = name, .unit = "", .description = "", .values = std::vector<double>{}, .levels = levels};
    bool const taken = values.ndim() == 1 &&
                       (take<float>(column, values) || take<double>(column, values) || take<std::int32_t>(column, values));
    if (!taken) throw py::type_error("column " + name + " must be 1-D of float32, float64 or int32");
    table.add(std::move(column));
  }
  return table;
}

// Checked as an [[analyses]] entry of a scenario is, with the same messages.
AnalysisSpec spec_of(std::string const& formula, std::string const& method, std::string const& df,
                     std::string const& family, std::string const& se, std::int64_t nagq) {
  auto const text = [](std::string value) {
    Node node;
    node.kind = Node::Kind::text;
    node.text = std::move(value);
    return node;
  };
  Node tree;
  tree.members = {
      {"formula", text(formula)}, {"method", text(method)}, {"df", text(df)}, {"family", text(family)}, {"se", text(se)}};
  AnalysisSpec spec;
  read_fields([&](FieldVisitor& field) { spec.describe(field); }, tree);
  if (nagq < 1 || nagq > 50)
    throw FormulaError(formula, "nagq is " + std::to_string(nagq) + ", but must be between 1 and 50");
  spec.nagq = nagq;
  return spec;
}

Fit fit(std::vector<std::tuple<std::string, py::array, std::vector<std::string>>> const& columns,
        std::string const& formula, std::string const& method, std::string const& df, std::string const& family,
        std::string const& se, std::int64_t nagq, bool reml, double alpha) {
  auto const table = table_of(columns);
  auto spec = spec_of(formula, method, df, family, se, nagq);
  py::gil_scoped_release const released;
  return Analysis(std::move(spec), table).fit(table, {.alpha = alpha, .reml = reml, .details = true, .ranef = true});
}

template <class Value>
py::array_t<double> numbers(std::vector<Coefficient> const& coefficients, Value Coefficient::*member) {
  py::array_t<double> out(static_cast<py::ssize_t>(coefficients.size()));
  std::transform(coefficients.begin(), coefficients.end(), out.mutable_data(), [&](auto const& c) { return c.*member; });
  return out;
}

py::list variances_of(Fit const& fit) {
  py::list out;
  for (auto const& v : fit.variances) out.append(py::make_tuple(v.group, v.term1, v.term2, v.value, v.sd_or_correlation));
  return out;
}

py::list variance_tests_of(Fit const& fit) {
  py::list out;
  for (auto const& test : fit.variance_tests)
    out.append(py::make_tuple(test.group, test.term, test.statistic, test.p_value));
  return out;
}

py::list icc_of(Fit const& fit) {
  py::list out;
  for (auto const& icc : fit.icc) out.append(py::make_tuple(icc.group, icc.estimate, icc.lower, icc.upper));
  return out;
}

py::list ranef_of(Fit const& fit) {
  py::list out;
  for (auto const& e : fit.ranef) out.append(py::make_tuple(e.group, e.level, e.term, e.value, e.sd, e.reliability));
  return out;
}

py::dict groups_of(Fit const& fit) {
  py::dict out;
  for (auto const& group : fit.groups) out[py::str(group.name)] = group.count;
  return out;
}

// The variables of a formula, those that are only asked for equality, as grouping factors, and whether there is a random
// term.
py::tuple formula_variables(std::string const& text) {
  auto const formula = parse_formula(text);
  std::vector<std::string> groups;
  for (auto const& random : formula.random) groups.insert(groups.end(), random.group.begin(), random.group.end());
  auto const numeric = [&](std::string const& name) {
    auto const in = [&](std::vector<Variable> const& variables) {
      return std::any_of(variables.begin(), variables.end(), [&](Variable const& variable) {
        return std::any_of(variable.operations.begin(), variable.operations.end(), [&](Operation const& operation) {
          return operation.kind == Operation::Kind::column && operation.column == name;
        });
      });
    };
    return in(formula.response) || in(formula.fixed.variables) ||
           std::any_of(formula.random.begin(), formula.random.end(),
                       [&](RandomTerm const& r) { return in(r.effects.variables); });
  };
  std::erase_if(groups, numeric);
  AnalysisSpec spec;
  spec.formula = text;
  return py::make_tuple(variables_of(spec), groups, !formula.random.empty());
}

}  // namespace

py::dict coefficients_of(std::vector<Coefficient> const& coefficients) {
  py::dict out;
  std::vector<std::string> terms;
  for (auto const& c : coefficients) terms.push_back(c.term);
  out["term"] = terms;
  out["estimate"] = numbers(coefficients, &Coefficient::estimate);
  out["std_error"] = numbers(coefficients, &Coefficient::std_error);
  out["df"] = numbers(coefficients, &Coefficient::df);
  out["statistic"] = numbers(coefficients, &Coefficient::statistic);
  out["p_value"] = numbers(coefficients, &Coefficient::p_value);
  out["lower"] = numbers(coefficients, &Coefficient::lower);
  out["upper"] = numbers(coefficients, &Coefficient::upper);
  return out;
}

void bind_fit(py::module_& module) {
  py::class_<Fit>(module, "Fit", "What an estimator makes of one table.")
      .def_property_readonly("status", [](Fit const& f) { return fit_status_name(f.status); })
      .def_readonly("message", &Fit::message)
      .def_property_readonly("method", [](Fit const& f) { return method_words().at(static_cast<std::size_t>(f.method)); })
      .def_property_readonly("family", [](Fit const& f) { return family_words().at(static_cast<std::size_t>(f.family)); })
      .def_readonly("reml", &Fit::reml)
      .def_readonly("observations", &Fit::observations)
      .def_property_readonly("groups", &groups_of)
      .def_property_readonly("coefficients", [](Fit const& f) { return coefficients_of(f.coefficients); })
      .def_property_readonly("variances", &variances_of)
      .def_readonly("sigma", &Fit::sigma)
      .def_readonly("criterion", &Fit::criterion)
      .def_readonly("iterations", &Fit::iterations)
      .def_readonly("aic", &Fit::aic)
      .def_readonly("bic", &Fit::bic)
      .def_property_readonly("variance_tests", &variance_tests_of)
      .def_property_readonly("icc", &icc_of)
      .def_property_readonly("ranef", &ranef_of);
  module.def("fit", &fit, py::arg("columns"), py::arg("formula"), py::arg("method"), py::arg("df"), py::arg("family"),
             py::arg("se"), py::arg("nagq"), py::arg("reml"), py::arg("alpha"));
  module.def(
      "formula_variables", &formula_variables, py::arg("formula"),
      "Columns a formula names, which of these are nothing but grouping factors, and whether there is a random term.");
}

}  // namespace bordin::python
