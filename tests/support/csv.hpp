#pragma once

#include <charconv>
#include <cstdint>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/table.hpp"

namespace bordin::testing {

//! Cells of one line of a CSV file without line breaks in cells; quotes are taken off.
inline std::vector<std::string> csv_cells(std::string const& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (char const c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

inline bool csv_missing(std::string const& cell) {
  return cell.empty() || cell == "NA";
}

//! The cells as double, if all are numbers or missing; otherwise as a category with its levels in alphabetical order, as
//! R's read.csv(stringsAsFactors = TRUE) does.
inline Column csv_column(std::string const& name, std::vector<std::string> const& cells) {
  std::vector<double> numbers;
  for (auto const& cell : cells) {
    double value = std::numeric_limits<double>::quiet_NaN();
    auto const* end = cell.data() + cell.size();
    if (!csv_missing(cell) && std::from_chars(cell.data(), end, value).ptr != end) break;
    numbers.push_back(value);
  }
  if (numbers.size() == cells.size()) return {name, "", "", std::move(numbers)};
  std::set<std::string> levels;
  for (auto const& cell : cells)
    if (!csv_missing(cell)) levels.insert(cell);
  std::vector<std::int32_t> codes;
  for (auto const& cell : cells)
    codes.push_back(csv_missing(cell) ? missing_code<std::int32_t>
                                      : static_cast<std::int32_t>(std::distance(levels.begin(), levels.find(cell))));
  return {name, "", "", std::move(codes), {levels.begin(), levels.end()}};
}

inline Table read_csv(std::string const& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error("cannot read " + path);
  auto const names = csv_cells(line);
  std::vector<std::vector<std::string>> columns(names.size());
  while (std::getline(file, line)) {
    auto const cells = csv_cells(line);
    for (std::size_t c = 0; c < names.size(); ++c) columns[c].push_back(cells.at(c));
  }
  Table table;
  for (std::size_t c = 0; c < names.size(); ++c) table.add(csv_column(names[c], columns[c]));
  return table;
}

//! A data set of tests/data.
inline Table read_data(std::string const& name) {
  return read_csv(std::string(BORDIN_SOURCE_DIR) + "/tests/data/" + name);
}

}  // namespace bordin::testing
