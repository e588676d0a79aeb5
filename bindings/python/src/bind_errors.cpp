#include <exception>
#include <string>
#include <utility>

#include "bind.hpp"
#include "core/errors.hpp"

namespace bordin::python {
namespace {

// Python classes of the engine's errors. They live as long as the process.
struct ErrorClasses {
  py::handle error, scenario, formula, numerical, result_file, resource;
};

ErrorClasses& classes() {
  static ErrorClasses all;
  return all;
}

py::handle new_class(py::module_& module, char const* name, char const* doc, py::tuple const& bases) {
  auto const full = std::string("bordin.") + name;
  auto* made = PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), nullptr);
  if (made == nullptr) throw py::error_already_set();
  module.attr(name) = py::handle(made);
  return made;
}

py::object instance(py::handle error_class, std::exception const& error) {
  return error_class(error.what());
}

void raise(py::object const& error) {
  PyErr_SetObject(py::type::handle_of(error).ptr(), error.ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (ScenarioError const& e) {
    auto error = instance(classes().scenario, e);
    error.attr("file") = e.place().file;
    error.attr("line") = e.place().line;
    error.attr("column") = e.place().column;
    error.attr("key") = e.key();
    error.attr("problem") = e.problem();
    raise(error);
  } catch (FormulaError const& e) {
    auto error = instance(classes().formula, e);
    error.attr("formula") = e.formula();
    raise(error);
  } catch (NumericalError const& e) {
    auto error = instance(classes().numerical, e);
    error.attr("replication") = e.replication();
    error.attr("stage") = e.stage();
    raise(error);
  } catch (ResultFileError const& e) {
    auto error = instance(classes().result_file, e);
    error.attr("path") = e.path();
    raise(error);
  } catch (ResourceError const& e) {
    raise(instance(classes().resource, e));
  } catch (Error const& e) {
    raise(instance(classes().error, e));
  }
}

}  // namespace

void bind_errors(py::module_& module) {
  auto& c = classes();
  auto const builtin = [](PyObject* type) { return py::reinterpret_borrow<py::object>(type); };
  c.error =
      new_class(module, "Error", "Base of everything Bordin raises on purpose.", py::make_tuple(builtin(PyExc_Exception)));
  c.scenario = new_class(module, "ScenarioError",
                         "A scenario that cannot be run.\n\n"
                         "Attributes: ``file``, ``line`` and ``column`` (from 1; 0 = none), ``key``, ``problem``.",
                         py::make_tuple(c.error, builtin(PyExc_ValueError)));
  c.formula = new_class(module, "FormulaError",
                        "A formula that cannot be understood or does not fit the data.\n\nAttributes: ``formula``.",
                        py::make_tuple(c.error, builtin(PyExc_ValueError)));
  c.numerical = new_class(module, "NumericalError",
                          "Something went wrong in the arithmetic of one replication.\n\n"
                          "Attributes: ``replication``, ``stage``.",
                          py::make_tuple(c.error, builtin(PyExc_ArithmeticError)));
  c.result_file =
      new_class(module, "ResultFileError", "A results file that cannot be read or written.\n\nAttributes: ``path``.",
                py::make_tuple(c.error, builtin(PyExc_OSError)));
  c.resource =
      new_class(module, "ResourceError", "More memory or disk is needed than there is; the message has both figures.",
                py::make_tuple(c.error, builtin(PyExc_MemoryError)));
  py::register_local_exception_translator(&translate);
}

}  // namespace bordin::python
