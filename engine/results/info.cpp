#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "results/reader.hpp"
#include "study/methods_text.hpp"

namespace bordin {
namespace {

std::string text_of(NamedTexts const& texts, std::string_view name) {
  auto const found = std::find_if(texts.begin(), texts.end(), [&](auto const& entry) { return entry.first == name; });
  return found == texts.end() ? "unknown" : found->second;
}

double number_in(NamedTexts const& texts, std::string_view name) {
  auto const text = text_of(texts, name);
  char* end = nullptr;
  double const value = std::strtod(text.c_str(), &end);
  return end == text.c_str() ? std::nan("") : value;
}

std::string size_on_disk(std::string const& path) {
  std::error_code error;
  auto const bytes = std::filesystem::file_size(path, error);
  return error ? "unknown" : bytes_text(static_cast<double>(bytes));
}

std::string heading(ResultsFile const& file) {
  auto const root = file.attributes();
  auto const asked = number_in(file.provenance(), "asked_replications");
  auto const done = file.replications();
  auto const of_asked = static_cast<double>(done) < asked ? fmt::format(" of {} (stopped before the end)", asked) : "";
  return fmt::format(
      "Results of Bordin {} (format {}), {}\n"
      "title         {}\n"
      "scenario      {}\n"
      "seed          {}\n"
      "replications  {}{}\n",
      text_of(root, "engine_version"), text_of(root, "format_version"), size_on_disk(file.path()), text_of(root, "title"),
      text_of(root, "scenario_digest"), text_of(root, "seed"), done, of_asked);
}

std::string analyses_of(ResultsFile const& file) {
  std::string out = "\nAnalyses\n";
  std::vector<std::vector<std::string>> rows{{"group", "name", "method", "formula"}};
  for (auto const& slug : file.analyses()) {
    auto const analysis = file.analysis(slug);
    rows.push_back({slug, analysis.name, analysis.method, analysis.formula});
  }
  return out + aligned_table(rows);
}

std::string cell_text(Column const& column, std::size_t row) {
  double const value = column.at(row);
  if (std::isnan(value)) return "-";
  if (column.is_categorical()) return column.levels[static_cast<std::size_t>(value)];
  return fmt::format("{:.4g}", value);
}

Column const& column_of(ResultsFile const& file, Table const& table, std::string const& name) {
  if (auto const* column = table.find(name)) return *column;
  throw ResultFileError(file.path(), fmt::format("the performance table has no column \"{}\"; the file is damaged", name));
}

std::string count_text(Column const& column, std::size_t row) {
  return fmt::format("{:.0f}", column.at(row));
}

// Files of earlier versions have no such table.
std::string errors_of(ResultsFile const& file) {
  if (!file.has("errors")) return "";
  auto const table = file.read_table("errors");
  auto const *replication = table.find("replication"), *analysis = table.find("analysis"), *message = table.find("message");
  if (replication == nullptr || analysis == nullptr || message == nullptr || table.rows() == 0) return "";
  return fmt::format(
      "\nFailed fits: {}. The first is of \"{}\" in replication {:.0f}: {}\nbordin replay {} --replication {:.0f} makes it "
      "again.\n",
      table.rows(), cell_text(*analysis, 0), replication->at(0), cell_text(*message, 0), file.path(), replication->at(0));
}

std::string performance_of(ResultsFile const& file) {
  auto const table = file.read_table("performance");
  char const* const values[] = {"analysis", "term", "measure", "truth", "value", "mcse"};
  char const* const counts[] = {"run", "converged", "singular", "failed"};
  std::vector<std::vector<std::string>> rows(1);
  for (auto const* name : values) rows[0].emplace_back(name);
  for (auto const* name : counts) rows[0].emplace_back(name);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto& line = rows.emplace_back();
    for (auto const* name : values) line.push_back(cell_text(column_of(file, table, name), row));
    for (auto const* name : counts) line.push_back(count_text(column_of(file, table, name), row));
  }
  return "\nPerformance (mcse: Monte Carlo standard error of the value)\n" + aligned_table(rows);
}

std::string data_of(ResultsFile const& file) {
  auto const kept = file.kept_replications();
  if (kept.empty()) return "\nData: none kept; `bordin replay` makes any of them again\n";
  std::string out = fmt::format("\nData of {} kept\n", kept.size() == 1 ? fmt::format("replication {}", kept.front())
                                                                        : fmt::format("{} replications", kept.size()));
  std::vector<std::vector<std::string>> rows{{"table", "rows", "columns"}};
  for (auto const& table : file.kept_tables())
    rows.push_back({table.group, fmt::format("{}", table.rows), fmt::format("{}", table.columns)});
  return out + aligned_table(rows);
}

std::string provenance_of(ResultsFile const& file) {
  auto const facts = file.provenance();
  return fmt::format("\nMade {} in {} on {}; {}; {}; HDF5 {}\n", text_of(facts, "started"),
                     duration_text(number_in(facts, "seconds")),
                     bordin::count_text(static_cast<std::uint64_t>(number_in(facts, "threads")), "thread"),
                     text_of(facts, "cpu"), text_of(facts, "compiler"), text_of(facts, "hdf5_version"));
}

}  // namespace

std::string methods_of(ResultsFile const& file) {
  try {
    auto const scenario = parse_scenario(file.scenario_text(), file.path());
    auto const seed = std::stoull(text_of(file.attributes(), "seed"));
    return methods_text(scenario, static_cast<std::uint64_t>(file.replications()), seed);
  } catch (ScenarioError const&) {
    return "";
  }
}

std::string describe_results(ResultsFile const& file) {
  auto const methods = methods_of(file);
  return heading(file) + analyses_of(file) + performance_of(file) + errors_of(file) + data_of(file) +
         (methods.empty() ? "" : "\nMethods\n" + methods + "\n") + provenance_of(file);
}

}  // namespace bordin
