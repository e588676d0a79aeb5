#include <cstdint>
#include <memory>
#include <utility>

#include "bind.hpp"
#include "study/describe.hpp"
#include "study/performance.hpp"
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

using Numbers = py::array_t<double, py::array::c_style | py::array::forcecast>;

constexpr std::size_t measures = 6;  // of a term, in the order of the last axis below

Estimates estimates_of(Numbers const& values, py::ssize_t replication, bool usable) {
  auto const at = values.unchecked<3>();
  Estimates out{.status = usable ? FitStatus::ok : FitStatus::not_estimable, .terms = {}, .message = {}};
  for (py::ssize_t t = 0; t < at.shape(1); ++t) {
    auto const of = [&](int measure) { return at(replication, t, measure); };
    out.terms.push_back({.term = {},
                         .estimate = of(0),
                         .std_error = of(1),
                         .statistic = of(2),
                         .p_value = of(3),
                         .lower = of(4),
                         .upper = of(5)});
  }
  return out;
}

// The rows of the performance table of one analysis that is not the engine's. `values`: replications x terms x measures.
py::list judged(std::string const& name, std::vector<std::string> const& terms, Numbers const& values,
                std::vector<bool> const& usable, std::vector<double> const& truth, double alpha) {
  if (values.ndim() != 3 || values.shape(2) != measures || values.shape(1) != static_cast<py::ssize_t>(terms.size()) ||
      truth.size() != terms.size() || values.shape(0) != static_cast<py::ssize_t>(usable.size()))
    throw Error("judged: shapes do not fit each other");
  TrueValues truths(1);
  for (double const value : truth) truths.front().push_back({.value = value});
  PerformanceTally tally({{.name = name, .terms = terms, .tested = {}}}, alpha, std::move(truths));
  for (std::size_t r = 0; r < usable.size(); ++r) tally.add({estimates_of(values, static_cast<py::ssize_t>(r), usable[r])});
  py::list rows;
  for (auto const& row : tally.rows())
    rows.append(py::make_tuple(row.analysis, row.term, row.truth, row.measure, row.value, row.mcse, row.run, row.converged,
                               row.singular, row.failed));
  return rows;
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
  module.def("judged", &judged, py::arg("name"), py::arg("terms"), py::arg("values"), py::arg("usable"), py::arg("truth"),
             py::arg("alpha"));
}

}  // namespace bordin::python
