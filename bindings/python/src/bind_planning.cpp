#include <utility>

#include "bind.hpp"
#include "planning/power.hpp"
#include "planning/power_text.hpp"
#include "planning/solve.hpp"
#include "watch.hpp"

namespace bordin::python {
namespace {

using Strings = std::vector<std::string>;

//! A table as columns: dict of name and list.
class Columns {
 public:
  template <class Rows, class Of>
  void add(char const* name, Rows const& rows, Of const& of) {
    py::list column;
    for (auto const& row : rows) column.append(of(row));
    columns_[name] = column;
  }
  py::dict take() { return std::move(columns_); }

 private:
  py::dict columns_;
};

Axis axis_of(py::handle given) {
  auto const [keys, points] = given.cast<std::pair<Strings, py::list>>();
  Axis axis{.keys = keys, .points = {}};
  for (auto const& point : points) {
    axis.points.emplace_back();
    std::size_t k = 0;
    for (auto const& value : point) axis.points.back().push_back(node_of(value, keys.at(k++)));
  }
  return axis;
}

double number(std::optional<double> value) {
  return value.value_or(not_a_number);
}

py::dict rows_of(PowerResult const& result) {
  auto const& rows = result.rows;
  Columns out;
  out.add("cell", rows, [](auto const& r) { return r.cell; });
  out.add("analysis", rows, [](auto const& r) { return r.analysis; });
  out.add("term", rows, [](auto const& r) { return r.term; });
  out.add("replications", rows, [](auto const& r) { return r.replications; });
  out.add("looks", rows, [](auto const& r) { return r.looks; });
  out.add("power", rows, [](auto const& r) { return r.power.value; });
  out.add("mcse", rows, [](auto const& r) { return r.power.mcse; });
  out.add("lower", rows, [](auto const& r) { return r.power.lower; });
  out.add("upper", rows, [](auto const& r) { return r.power.upper; });
  out.add("power_failed_as_no", rows, [](auto const& r) { return r.power_failed_as_no.value; });
  out.add("failed", rows, [](auto const& r) { return r.failed.value; });
  auto const type_one = [](auto const& r) { return r.type_one.value_or(Proportion{}); };
  out.add("type_one", rows, [&](auto const& r) { return type_one(r).value; });
  out.add("type_one_mcse", rows, [&](auto const& r) { return type_one(r).mcse; });
  out.add("type_one_lower", rows, [&](auto const& r) { return type_one(r).lower; });
  out.add("type_one_upper", rows, [&](auto const& r) { return type_one(r).upper; });
  out.add("closed_form", rows, [](auto const& r) { return number(r.closed_form); });
  return out.take();
}

py::dict contrasts_of(PowerResult const& result) {
  auto contrasts = result.between_tests;
  contrasts.insert(contrasts.end(), result.between_cells.begin(), result.between_cells.end());
  Columns out;
  out.add("cell", contrasts, [](auto const& c) { return c.cell; });
  out.add("test", contrasts, [](auto const& c) { return c.test; });
  out.add("other_cell", contrasts, [](auto const& c) { return c.other_cell; });
  out.add("other_test", contrasts, [](auto const& c) { return c.other_test; });
  out.add("difference", contrasts, [](auto const& c) { return c.difference.value; });
  out.add("mcse", contrasts, [](auto const& c) { return c.difference.mcse; });
  out.add("independent_mcse", contrasts, [](auto const& c) { return c.difference.independent_mcse; });
  return out.take();
}

std::size_t replications_of(std::string const& text, py::list const& axes, std::uint32_t replications) {
  std::vector<Axis> all;
  for (auto const& axis : axes) all.push_back(axis_of(axis));
  return power_replications(parse_variants(text, "scenario"), Grid(std::move(all)), {.replications = replications});
}

// (rows, contrasts, warnings, methods, finished cells); what Ctrl-C leaves is told by the number of cells.
py::tuple power(std::string const& text, py::list const& axes, std::uint32_t replications, std::uint64_t seed, int threads,
                double until_half_width, py::object const& progress) {
  std::vector<Axis> all;
  for (auto const& axis : axes) all.push_back(axis_of(axis));
  Grid const grid(std::move(all));
  auto const variants = parse_variants(text, "scenario");
  PowerOptions const options{
      .seed = seed, .replications = replications, .threads = threads, .until_half_width = until_half_width};
  RunControl control;
  Watch watch(control, progress);
  auto const result = watched(watch, [&] { return run_power(variants, grid, options, control); });
  if (!watch.interrupted()) watch.raise_what_was_raised();
  return py::make_tuple(rows_of(result), contrasts_of(result), result.warnings, power_methods(result, variants({})),
                        result.cells);
}

py::dict solution_dict(Solution const& s) {
  static char const* const words[] = {"found", "below", "above", "stopped"};
  py::dict out;
  out["status"] = words[static_cast<std::size_t>(s.status)];
  out["test"] = s.test;
  out["at"] = s.at;
  out["lower"] = s.lower;
  out["upper"] = s.upper;
  out["power"] = s.power;
  out["cost"] = s.cost;
  out["whole"] = s.unknown.whole;
  Columns points;
  points.add("at", s.points, [](auto const& p) { return p.at; });
  points.add("power", s.points, [](auto const& p) { return p.power.value; });
  points.add("mcse", s.points, [](auto const& p) { return p.power.mcse; });
  points.add("lower", s.points, [](auto const& p) { return p.power.lower; });
  points.add("upper", s.points, [](auto const& p) { return p.power.upper; });
  points.add("replications", s.points, [](auto const& p) { return p.power.of; });
  out["points"] = points.take();
  return out;
}

// One unknown: its solution. Two: a list of (value of the second, solution) and which is cheapest.
py::object solve_for(std::string const& text, Strings const& vary, SolveOptions const& options, std::string const& cost,
                     py::object const& progress) {
  auto const variants = parse_variants(text, "scenario");
  auto const scenario = variants({});
  auto const first = parse_unknown(vary.at(0), scenario);
  std::optional<Cost> price;
  if (!cost.empty()) price.emplace(cost);
  RunControl control;
  Watch watch(control, progress);
  if (vary.size() == 1) {
    auto solution = watched(watch, [&] { return solve(variants, first, options, control); });
    watch.raise_what_was_raised();
    if (price && solution.status == Solution::Status::found)
      solution.cost = price->of(changed(variants, first, solution.at));
    return solution_dict(solution);
  }
  if (!price) throw py::value_error("two unknowns have many solutions; cost says which is best");
  auto const second = parse_unknown(vary[1], scenario);
  auto const frontier = watched(watch, [&] { return solve_cheapest(variants, first, second, *price, options, control); });
  watch.raise_what_was_raised();
  py::list solutions;
  for (auto const& [value, solution] : frontier.solutions) solutions.append(py::make_tuple(value, solution_dict(solution)));
  return py::make_tuple(solutions, frontier.cheapest ? py::cast(*frontier.cheapest) : py::none());
}

}  // namespace

void bind_planning(py::module_& module) {
  module.attr("most_looked_at") = most_looked_at;
  module.attr("most_tried") = SolveOptions{}.replications;
  module.def("power_replications", &replications_of, py::arg("text"), py::arg("axes"), py::arg("replications"));
  module.def("power", &power, py::arg("text"), py::arg("axes"), py::arg("replications"), py::arg("seed"),
             py::arg("threads"), py::arg("until_half_width"), py::arg("progress"));
  module.def(
      "solve",
      [](std::string const& text, Strings const& vary, double power, std::string const& test, std::uint32_t replications,
         std::uint64_t seed, int threads, std::string const& cost, py::object const& progress) {
        return solve_for(text, vary,
                         {.power = power, .test = test, .seed = seed, .replications = replications, .threads = threads},
                         cost, progress);
      },
      py::arg("text"), py::arg("vary"), py::arg("power"), py::arg("test"), py::arg("replications"), py::arg("seed"),
      py::arg("threads"), py::arg("cost"), py::arg("progress"));
}

}  // namespace bordin::python
