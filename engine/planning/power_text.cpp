#include "planning/power_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "study/methods_text.hpp"

namespace bordin {
namespace {

using Lines = std::vector<std::vector<std::string>>;

constexpr std::size_t most_lines_of_differences = 60;

std::string with_se(double value, double se) {
  if (std::isnan(value)) return "-";
  return fmt::format("{:.4f} ({:.4f})", value, se);
}

std::string with_se(Proportion const& p) {
  return with_se(p.value, p.mcse);
}

std::string percent(Proportion const& p) {
  return p.value > 0 ? fmt::format("{:.1f} %", 100 * p.value) : "0";
}

bool any(PowerResult const& result, bool (*has)(PowerRow const&)) {
  return std::any_of(result.rows.begin(), result.rows.end(), has);
}

std::vector<std::string> shown_values(PowerResult const& result, std::size_t cell) {
  std::vector<std::string> texts;
  for (auto const& value : result.values[cell]) texts.push_back(value.is(Node::Kind::text) ? value.text : toml_text(value));
  return texts;
}

std::string main_table(PowerResult const& result) {
  bool const type_one = any(result, [](auto const& row) { return row.type_one.has_value(); });
  bool const closed = any(result, [](auto const& row) { return row.closed_form.has_value(); });
  bool const looks = result.options.until_half_width > 0;
  Lines lines{result.keys};
  for (auto const* heading : {"analysis", "term", "power", "95 % interval"}) lines.front().emplace_back(heading);
  if (type_one) lines.front().emplace_back("type I error");
  if (closed) lines.front().emplace_back("by formula");
  lines.front().emplace_back("failed fits");
  if (looks) lines.front().emplace_back("replications");
  for (auto const& row : result.rows) {
    auto line = shown_values(result, row.cell);
    line.insert(line.end(), {row.analysis, row.term, with_se(row.power),
                             row.power.of > 0 ? fmt::format("{:.3f} to {:.3f}", row.power.lower, row.power.upper) : "-"});
    if (type_one) line.push_back(row.type_one ? with_se(*row.type_one) : "-");
    if (closed) line.push_back(row.closed_form ? fmt::format("{:.4f}", *row.closed_form) : "-");
    line.push_back(percent(row.failed));
    if (looks)
      line.push_back(
          fmt::format("{}, {}", row.replications, row.looks == 1 ? "1 look" : fmt::format("{} looks", row.looks)));
    lines.push_back(std::move(line));
  }
  return aligned_table(lines) + "(in brackets: Monte Carlo standard error)\n";
}

std::string differences(PowerResult const& result, std::vector<PowerContrast> const& contrasts, std::string const& title) {
  if (contrasts.empty() || contrasts.size() > most_lines_of_differences) return "";
  Lines lines{result.keys};
  for (auto const* heading : {"test", "minus", "difference", "SE had they shared no data"})
    lines.front().emplace_back(heading);
  for (auto const& c : contrasts) {
    auto line = shown_values(result, c.cell);
    auto const other =
        c.cell == c.other_cell ? c.other_test : fmt::format("at {}", fmt::join(shown_values(result, c.other_cell), ", "));
    line.insert(line.end(), {c.test, other, with_se(c.difference.value, c.difference.mcse),
                             fmt::format("{:.4f}", c.difference.independent_mcse)});
    lines.push_back(std::move(line));
  }
  return fmt::format("\n{}\n{}", title, aligned_table(lines));
}

std::string csv_text(std::string const& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_number(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

//! "design.therapists (4, 8, 12)"
std::string values_text(PowerResult const& result, std::size_t key) {
  std::vector<std::string> seen;
  for (auto const& values : result.values) {
    auto text = toml_text(values[key]);
    if (std::find(seen.begin(), seen.end(), text) == seen.end()) seen.push_back(std::move(text));
  }
  return fmt::format("{} ({})", result.keys[key], fmt::join(seen, ", "));
}

}  // namespace

std::string power_text(PowerResult const& result) {
  if (result.rows.empty()) return "No cell was finished.\n";
  std::string text = main_table(result);
  text += differences(result, result.between_tests, "Analyses of the same data:");
  text += differences(result, result.between_cells, "Steps along the last axis, which share their random numbers:");
  for (auto const& warning : result.warnings) text += "\nNote: " + warning;
  return text + (result.warnings.empty() ? "" : "\n");
}

std::string power_methods(PowerResult const& result, Scenario const& scenario) {
  std::vector<std::string> varied;
  for (std::size_t k = 0; k < result.keys.size(); ++k) varied.push_back(values_text(result, k));
  return methods_text(scenario, result.options.replications, result.options.seed, varied);
}

std::string power_csv_heading(PowerResult const& result) {
  std::string text = "cell";
  for (auto const& key : result.keys) text += "," + csv_text(key);
  return text +
         ",analysis,term,replications,looks,power,power_mcse,power_lower,power_upper,power_failed_as_no,failed,"
         "type_one,type_one_mcse,type_one_lower,type_one_upper,closed_form\n";
}

std::string power_csv_cell(PowerResult const& result) {
  std::string text;
  std::size_t const cell = result.cells - 1;
  for (auto const& row : result.rows) {
    if (row.cell != cell) continue;
    text += std::to_string(cell);
    for (auto const& value : shown_values(result, cell)) text += "," + csv_text(value);
    text += fmt::format(",{},{},{},{}", csv_text(row.analysis), csv_text(row.term), row.replications, row.looks);
    auto const type_one = row.type_one.value_or(Proportion{});
    for (double const number :
         {row.power.value, row.power.mcse, row.power.lower, row.power.upper, row.power_failed_as_no.value, row.failed.value,
          type_one.value, type_one.mcse, type_one.lower, type_one.upper, row.closed_form.value_or(not_a_number)})
      text += "," + csv_number(number);
    text += "\n";
  }
  return text;
}

}  // namespace bordin
