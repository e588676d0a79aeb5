#include "planning/grid.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <set>

#include "core/text.hpp"

namespace bordin {
namespace {

constexpr std::size_t most_points = 100'000;

[[noreturn]] void refuse(std::string const& text, std::string const& problem) {
  throw Error(
      fmt::format("--vary {} {}. Write KEY=FROM:TO:STEP, KEY=A,B,C, or for keys that vary together "
                  "KEY1,KEY2=A1,A2/B1,B2",
                  text, problem));
}

//! Parts between separators that stand in no quotes or brackets.
std::vector<std::string> split(std::string const& text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  char quote = 0;
  for (char const c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == separator && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
  }
  return parts;
}

std::string trimmed(std::string const& text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_whole(std::string const& text) {
  return text.size() < 16 && text.find_first_not_of("+-0123456789") == std::string::npos;
}

//! As --set would read it; also numbers without a digit before the point.
Node value_node(std::string const& text) {
  if (auto const value = read_number(text)) return number_node(*value, is_whole(text));
  return *parse_assignment("v=" + text).find("v");
}

std::vector<std::vector<Node>> range(std::string const& text, std::vector<std::string> const& parts) {
  auto const from = read_number(trimmed(parts[0])), to = read_number(trimmed(parts[1]));
  auto const step = parts.size() == 3 ? read_number(trimmed(parts[2])) : 1.0;
  if (!from || !to || !step) refuse(text, "has a range whose ends or step are no numbers");
  if (*step == 0 || (*to - *from) / *step < 0)
    refuse(text, "has a range whose step does not lead from its first value to its last");
  double const steps = std::floor((*to - *from) / *step + 1e-9);
  if (steps >= static_cast<double>(most_points)) refuse(text, fmt::format("has more than {} values", most_points));
  bool whole = true;
  for (auto const& part : parts) whole = whole && is_whole(trimmed(part));
  std::vector<std::vector<Node>> points;
  for (int k = 0; k <= static_cast<int>(steps); ++k) {
    // Decimal steps as they are written: 0.1:0.3:0.1 has .3, not .30000000000000004.
    double const value = std::stod(fmt::format("{:.12g}", *from + k * *step));
    points.push_back({number_node(value, whole)});
  }
  return points;
}

std::vector<std::vector<Node>> listed(std::string const& text, std::string const& values, std::size_t keys) {
  std::vector<std::vector<Node>> points;
  for (auto const& point : split(values, keys > 1 ? '/' : ',')) {
    auto const parts = keys > 1 ? split(point, ',') : std::vector<std::string>{point};
    if (parts.size() != keys)
      refuse(text, fmt::format("has {} values in \"{}\" for {} keys", parts.size(), trimmed(point), keys));
    points.emplace_back();
    for (auto const& part : parts) {
      if (trimmed(part).empty()) refuse(text, "has an empty value");
      points.back().push_back(value_node(trimmed(part)));
    }
  }
  return points;
}

}  // namespace

Axis parse_axis(std::string const& text) {
  auto const equals = text.find('=');
  if (equals == std::string::npos) refuse(text, "has no \"=\"");
  Axis axis;
  for (auto const& key : split(text.substr(0, equals), ',')) {
    axis.keys.push_back(trimmed(key));
    if (axis.keys.back().empty()) refuse(text, "has an empty key");
  }
  auto const values = text.substr(equals + 1);
  if (trimmed(values).empty()) refuse(text, "has no values");
  auto const parts = split(values, ':');
  bool const is_range = axis.keys.size() == 1 && (parts.size() == 2 || parts.size() == 3) && read_number(trimmed(parts[0]));
  axis.points = is_range ? range(text, parts) : listed(text, values, axis.keys.size());
  return axis;
}

Grid::Grid(std::vector<Axis> axes) : axes_(std::move(axes)) {
  std::set<std::string> seen;
  for (auto const& key : keys())
    if (!seen.insert(key).second) throw Error(fmt::format("--vary names {} twice; vary each key once", key));
  double count = 1;
  for (auto const& axis : axes_) count *= static_cast<double>(axis.points.size());
  if (count > static_cast<double>(most_points))
    throw Error(fmt::format("the grid has {:.0f} cells; at most {} are possible. Take fewer values", count, most_points));
}

std::size_t Grid::cells() const {
  return std::accumulate(axes_.begin(), axes_.end(), std::size_t{1},
                         [](std::size_t n, Axis const& axis) { return n * axis.points.size(); });
}

std::vector<std::string> Grid::keys() const {
  std::vector<std::string> all;
  for (auto const& axis : axes_) all.insert(all.end(), axis.keys.begin(), axis.keys.end());
  return all;
}

std::vector<Node> Grid::values(std::size_t cell) const {
  std::vector<Node> values;
  for (std::size_t k = axes_.size(); k-- > 0;) {
    auto const& points = axes_[k].points;
    auto const& point = points[cell % points.size()];
    values.insert(values.begin(), point.begin(), point.end());
    cell /= points.size();
  }
  return values;
}

std::vector<Node> Grid::overrides(std::size_t cell) const {
  auto const names = keys();
  auto all = values(cell);
  std::vector<Node> changes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    all[i].place = {.file = "--vary"};
    changes.push_back(at_path(names[i], std::move(all[i])));
  }
  return changes;
}

std::size_t Grid::before(std::size_t cell) const {
  if (axes_.empty() || cell % axes_.back().points.size() == 0) return cell;
  return cell - 1;
}

}  // namespace bordin
