#include <cstdint>
#include <memory>
#include <utility>

#include "bind.hpp"
#include "study/describe.hpp"
#include "study/study.hpp"

namespace bordin::python {
namespace {

template <Table Dataset::*Part>
py::list table_of(std::shared_ptr<Dataset> const& data) {
  return columns_of(data, (*data).*Part);
}

std::shared_ptr<Dataset> simulate(Study const& study, std::uint64_t seed, std::uint32_t replication) {
  py::gil_scoped_release const released;
  return std::make_shared<Dataset>(study.simulate(seed, replication));
}

py::dict estimates_of(Study const& study, Replication const& replication) {
  py::dict out;
  for (std::size_t a = 0; a < replication.estimates.size(); ++a) {
    auto const& estimates = replication.estimates[a];
    out[py::str(study.analyses()[a].spec().name)] =
        py::make_tuple(fit_status_name(estimates.status), estimates.message, coefficients_of(estimates.terms));
  }
  return out;
}

// One replication again: its data set, and for each analysis (status, message, coefficients).
py::tuple replicate(Study const& study, std::uint64_t seed, std::uint32_t number) {
  Replication replication;
  {
    py::gil_scoped_release const released;
    replication = study.replicate(seed, number, KeepData::full);
  }
  auto estimates = estimates_of(study, replication);
  return py::make_tuple(std::make_shared<Dataset>(std::move(*replication.data)), estimates);
}

}  // namespace

void bind_study(py::module_& module) {
  py::class_<Dataset, std::shared_ptr<Dataset>>(module, "Dataset", "One simulated study as tables of columns.")
      .def_property_readonly("therapists", &table_of<&Dataset::therapists>)
      .def_property_readonly("clients", &table_of<&Dataset::clients>)
      .def_property_readonly("sessions", &table_of<&Dataset::sessions>)
      .def_property_readonly("truth_therapists", &table_of<&Dataset::truth_therapists>)
      .def_property_readonly("truth_clients", &table_of<&Dataset::truth_clients>)
      .def_property_readonly("truth_sessions", &table_of<&Dataset::truth_sessions>);

  py::class_<Study, std::shared_ptr<Study>>(module, "Study", "A scenario made ready to run.")
      .def(py::init([](std::string const& text) { return std::make_shared<Study>(parse_scenario(text, "scenario")); }),
           py::arg("text"), "From the complete text of a scenario.")
      .def("describe", &describe_study, py::call_guard<py::gil_scoped_release>())
      .def("simulate", &simulate, py::arg("seed"), py::arg("replication"))
      .def("replicate", &replicate, py::arg("seed"), py::arg("replication"))
      .def_property_readonly("expected_clients", [](Study const& s) { return s.world().expected_clients(); });
}

}  // namespace bordin::python
