#include "planning/solve_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/text.hpp"

namespace bordin {
namespace {

std::string shown(Unknown const& unknown, double value) {
  if (std::isnan(value)) return "-";
  return unknown.whole ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

std::string interval_text(Solution const& s) {
  if (std::isnan(s.lower)) return "-";
  return fmt::format("{} to {}", shown(s.unknown, s.lower), shown(s.unknown, s.upper));
}

std::string answer(Solution const& s, SolveOptions const& options) {
  auto const& key = s.unknown.key;
  switch (s.status) {
    case Solution::Status::found:
      return fmt::format(
          "{} = {} reaches a power of {:g} of \"{}\" (95 % interval {}; power there, by the curve through all points, "
          "{:.3f}).",
          key, shown(s.unknown, s.at), options.power, s.test, interval_text(s), s.power);
    case Solution::Status::below:
      return fmt::format(
          "A power of {:g} is reached at {} = {} already, an end of the range ({:.3f}). The answer lies outside of it: "
          "widen the range there.",
          options.power, key, shown(s.unknown, s.at), s.power);
    case Solution::Status::above:
      return fmt::format(
          "A power of {:g} is not reached between {} and {}: at {} = {} it is {:.3f}. Look further, or change "
          "the design{}.",
          options.power, shown(s.unknown, s.unknown.low), shown(s.unknown, s.unknown.high), key, shown(s.unknown, s.at),
          s.power,
          key.find("caseload") == std::string::npos
              ? ""
              : ": with therapists fixed, more clients cannot lift power beyond a ceiling");
    case Solution::Status::stopped:
      return "Stopped before the answer was found; the points simulated so far:";
  }
  return "";
}

}  // namespace

std::string solution_text(Solution const& solution, SolveOptions const& options) {
  std::string text = answer(solution, options) + "\n";
  if (!std::isnan(solution.cost)) text += fmt::format("It costs {:.10g}.\n", solution.cost);
  std::vector<std::vector<std::string>> rows{{solution.unknown.key, "power", "95 % interval", "replications"}};
  for (auto const& point : solution.points)
    rows.push_back({shown(solution.unknown, point.at), fmt::format("{:.4f} ({:.4f})", point.power.value, point.power.mcse),
                    fmt::format("{:.3f} to {:.3f}", point.power.lower, point.power.upper), std::to_string(point.power.of)});
  return text + "\n" + aligned_table(rows) +
         "(in brackets: Monte Carlo standard error; failed fits count as not significant)\n";
}

std::string frontier_text(Frontier const& frontier, SolveOptions const& options) {
  if (frontier.solutions.empty()) return "Stopped before anything was found.\n";
  auto const& first = frontier.solutions.front().second.unknown;
  std::vector<std::vector<std::string>> rows{{frontier.second.key, first.key, "95 % interval", "power", "cost", ""}};
  for (std::size_t i = 0; i < frontier.solutions.size(); ++i) {
    auto const& [value, s] = frontier.solutions[i];
    bool const pair = !std::isnan(s.cost);
    rows.push_back({shown(frontier.second, value), pair ? shown(first, s.at) : "-", interval_text(s),
                    fmt::format("{:.3f}", s.power), pair ? fmt::format("{:.10g}", s.cost) : "-",
                    frontier.cheapest == i ? "cheapest" : (pair ? "" : "power not reached")});
  }
  std::string text;
  if (frontier.cheapest) {
    auto const& [value, s] = frontier.solutions[*frontier.cheapest];
    text = fmt::format("Cheapest with a power of {:g}: {} = {} and {} = {} (95 % interval {}), for {:.10g}.\n",
                       options.power, frontier.second.key, shown(frontier.second, value), first.key, shown(first, s.at),
                       interval_text(s), s.cost);
  } else {
    text = fmt::format("No pair between the ends reaches a power of {:g}; look further.\n", options.power);
  }
  if (frontier.stopped) text += "Stopped: there may be cheaper pairs among those not looked at.\n";
  return text + "\n" + aligned_table(rows);
}

}  // namespace bordin
