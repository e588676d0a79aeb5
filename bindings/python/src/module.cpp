#include "bind.hpp"
#include "core/version.hpp"

// Table of contents of bordin._core.
PYBIND11_MODULE(_core, module) {
  using namespace bordin::python;  // NOLINT(google-build-using-namespace)
  module.doc() = "The engine, as the package bordin uses it. Private: names may change between versions.";
  module.attr("version") = bordin::version();
  bind_errors(module);
  bind_columns(module);
  bind_scenario(module);
  bind_fit(module);
  bind_study(module);
  bind_results(module);
  bind_planning(module);
  bind_evidence(module);
  bind_command(module);
}
