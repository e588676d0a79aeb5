#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "core/table.hpp"
#include "scenario/tree.hpp"

//! What the module's parts have in common. Each bind_<area>.cpp puts one area of the engine into bordin._core, which is
//! private: the package bordin around it is what people see.
namespace bordin::python {

namespace py = pybind11;

void bind_errors(py::module_& module);
void bind_columns(py::module_& module);
void bind_scenario(py::module_& module);
void bind_fit(py::module_& module);
void bind_study(py::module_& module);
void bind_results(py::module_& module);
void bind_planning(py::module_& module);
void bind_evidence(py::module_& module);
void bind_command(py::module_& module);

//! What Python says (dict, list, number, text, also NumPy's) as a value of a scenario. Throws ScenarioError with `key`.
Node node_of(py::handle value, std::string const& key);
//! {"design.therapists": 40}: one tree per entry, in order. Throws ScenarioError.
std::vector<Node> overrides_of(py::dict const& overrides);

//! The columns of a table as list[Column]. They keep `owner`, whose part the table is, alive.
py::list columns_of(std::shared_ptr<void> const& owner, Table& table);

//! A table of coefficients as {"term": [...], "estimate": float64 array, ...}.
py::dict coefficients_of(std::vector<Coefficient> const& coefficients);

}  // namespace bordin::python
