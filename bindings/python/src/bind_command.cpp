#include "bind.hpp"
#include "cli/command_line.hpp"

namespace bordin::python {

void bind_command(py::module_& module) {
  module.def("command_line", &run_command_line, py::arg("arguments"), py::call_guard<py::gil_scoped_release>(),
             "The command `bordin`: prints, and returns the exit code.");
}

}  // namespace bordin::python
