#include <algorithm>
#include <iterator>

#include "bind.hpp"
#include "study/evidence.hpp"
#include "watch.hpp"

namespace bordin::python {
namespace {

std::vector<Target> targets_of(std::string const& scenario) {
  std::vector<Target> chosen;
  std::copy_if(published_targets().begin(), published_targets().end(), std::back_inserter(chosen),
               [&](Target const& target) { return scenario.empty() || target.scenario == scenario; });
  return chosen;
}

py::tuple row_of(EvidenceRow const& row) {
  auto const& target = row.target;
  auto const certainty = certainty_words().at(static_cast<std::size_t>(target.certainty));
  return py::make_tuple(target.scenario, target.name, target.quantity, target.value, target.k, target.n, row.band.low,
                        row.band.high, row.figure.value, row.figure.mcse, row.holds, target.gates(), certainty,
                        target.citation, target.doi, row.figure.problem);
}

// The scorecard's rows; none where no target is about the scenario.
py::list evidence(std::string const& scenario, std::int64_t clients, std::uint64_t seed, int threads,
                  py::object const& progress) {
  auto const targets = targets_of(scenario);
  EvidenceOptions const options{.clients = clients, .seed = seed, .threads = threads};
  RunControl control;
  Watch watch(control, progress);
  auto const result = watched(watch, [&] { return run_evidence(targets, options, control); });
  watch.raise_what_was_raised();
  py::list rows;
  for (auto const& row : result.rows) rows.append(row_of(row));
  return rows;
}

std::size_t replications_of(std::string const& scenario, std::int64_t clients) {
  return evidence_replications(targets_of(scenario), {.clients = clients});
}

std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (auto const& target : published_targets())
    if (std::find(names.begin(), names.end(), target.scenario) == names.end()) names.push_back(target.scenario);
  return names;
}

}  // namespace

void bind_evidence(py::module_& module) {
  module.attr("evidence_seed") = evidence_seed;
  module.def("evidence_scenarios", &scenarios);
  module.def("evidence_replications", &replications_of, py::arg("scenario"), py::arg("clients"));
  module.def("evidence", &evidence, py::arg("scenario"), py::arg("clients"), py::arg("seed"), py::arg("threads"),
             py::arg("progress"));
}

}  // namespace bordin::python
