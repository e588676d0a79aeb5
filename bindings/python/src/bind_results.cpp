#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "bind.hpp"
#include "core/text.hpp"
#include "results/reader.hpp"
#include "results/writer.hpp"
#include "scenario/tree.hpp"
#include "study/study.hpp"
#include "watch.hpp"

namespace bordin::python {
namespace {

KeepData keep_of(std::string const& word) {
  auto const& words = keep_data_words();
  auto const found = std::find(words.begin(), words.end(), word);
  if (found == words.end())
    throw py::value_error("data is " + in_quotes(word) + ", but must be one of " + enumerate_words(words, "or") +
                          did_you_mean(word, words));
  return static_cast<KeepData>(found - words.begin());
}

std::uint32_t run(Study const& study, std::string const& path, std::uint32_t replications, std::uint64_t seed, int threads,
                  std::string const& data, bool overwrite, double until_half_width, py::object const& progress) {
  RunOptions const options{.seed = seed,
                           .replications = replications,
                           .threads = threads,
                           .keep = keep_of(data),
                           .until_half_width = until_half_width};
  RunControl control;
  Watch watch(control, progress);
  auto const finished = watched(watch, [&] {
    ResultsWriter writer(path, overwrite);
    return run_study(study, options, control, writer, path).replications;
  });
  watch.raise_what_was_raised();
  return finished;
}

// ---- reading

template <auto Read, class... Arguments>
auto unlocked(ResultsFile const& file, Arguments const&... arguments) {
  py::gil_scoped_release const released;
  return (file.*Read)(arguments...);
}

py::list read_table(ResultsFile const& file, std::string const& group) {
  auto const table = std::make_shared<Table>(unlocked<&ResultsFile::read_table>(file, group));
  return columns_of(table, *table);
}

py::object data_of(ResultsFile const& file, std::int64_t replication) {
  auto data = unlocked<&ResultsFile::data>(file, replication);
  return data ? py::cast(std::make_shared<Dataset>(std::move(*data))) : py::none();
}

// On the memory of the StoredEstimates: one row per replication, one column per term.
template <std::vector<double> StoredEstimates::*Member>
py::array_t<double> by_replication_and_term(py::object const& self) {
  auto& stored = self.cast<StoredEstimates&>();
  std::vector<py::ssize_t> const shape{static_cast<py::ssize_t>(stored.replications()),
                                       static_cast<py::ssize_t>(stored.terms.size())};
  return py::array_t<double>(shape, (stored.*Member).data(), self);
}

void bind_estimates(py::module_& module) {
  using Stored = StoredEstimates;
  py::class_<Stored>(module, "StoredEstimates", "What a results file has of one analysis.")
      .def_readonly("name", &Stored::name)
      .def_readonly("formula", &Stored::formula)
      .def_readonly("method", &Stored::method)
      .def_readonly("terms", &Stored::terms)
      .def_readonly("tested", &Stored::tested)
      .def_readonly("status_names", &Stored::status_names)
      .def_property_readonly("status",
                             [](py::object const& self) {
                               auto& stored = self.cast<Stored&>();
                               return py::array_t<std::uint8_t>(static_cast<py::ssize_t>(stored.status.size()),
                                                                stored.status.data(), self);
                             })
      .def_property_readonly("estimate", &by_replication_and_term<&Stored::estimate>)
      .def_property_readonly("std_error", &by_replication_and_term<&Stored::std_error>)
      .def_property_readonly("df", &by_replication_and_term<&Stored::df>)
      .def_property_readonly("statistic", &by_replication_and_term<&Stored::statistic>)
      .def_property_readonly("p_value", &by_replication_and_term<&Stored::p_value>)
      .def_property_readonly("lower", &by_replication_and_term<&Stored::lower>)
      .def_property_readonly("upper", &by_replication_and_term<&Stored::upper>);
}

}  // namespace

void bind_results(py::module_& module) {
  bind_estimates(module);
  py::class_<ResultsFile>(module, "ResultsFile", "A results file; open only while a call lasts.")
      .def(py::init<std::string>(), py::arg("path"), py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("path", &ResultsFile::path)
      .def("attributes", &unlocked<&ResultsFile::attributes>)
      .def("provenance", &unlocked<&ResultsFile::provenance>)
      .def("scenario_text", &unlocked<&ResultsFile::scenario_text>)
      .def("replications", &unlocked<&ResultsFile::replications>)
      .def(
          "has", [](ResultsFile const& f, std::string const& group) { return unlocked<&ResultsFile::has>(f, group); },
          py::arg("group"))
      .def("read_table", &read_table, py::arg("group"))
      .def("analyses", &unlocked<&ResultsFile::analyses>)
      .def("estimates", &unlocked<&ResultsFile::estimates, std::string>, py::arg("slug"))
      .def("kept_replications", &unlocked<&ResultsFile::kept_replications>)
      .def("data", &data_of, py::arg("replication"))
      .def("methods", &methods_of, py::call_guard<py::gil_scoped_release>())
      .def("describe", &describe_results, py::call_guard<py::gil_scoped_release>());
  module.def("run", &run, py::arg("study"), py::arg("path"), py::arg("replications"), py::arg("seed"), py::arg("threads"),
             py::arg("data"), py::arg("overwrite"), py::arg("until_half_width"), py::arg("progress"),
             "Runs a study into a results file; returns how many replications were finished.");
}

}  // namespace bordin::python
