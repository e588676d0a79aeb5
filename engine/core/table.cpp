#include "core/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

template <class T>
double as_number(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else {
    return value == missing_code<T> ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value);
  }
}

}  // namespace

std::size_t Column::size() const {
  return std::visit([](auto const& v) { return v.size(); }, values);
}

double Column::at(std::size_t row) const {
  return std::visit([row](auto const& v) { return as_number(v[row]); }, values);
}

std::vector<double> Column::numbers() const {
  std::vector<double> out;
  numbers(out);
  return out;
}

void Column::numbers(std::vector<double>& out) const {
  out.resize(size());
  std::visit([&](auto const& v) { std::transform(v.begin(), v.end(), out.begin(), [](auto x) { return as_number(x); }); },
             values);
}

Column& Table::add(Column column) {
  if (find(column.name) != nullptr) throw Error(fmt::format("there is already a column named \"{}\"", column.name));
  if (!columns_.empty() && column.size() != rows())
    throw Error(fmt::format("column \"{}\" has {} rows where the table has {}", column.name, column.size(), rows()));
  return columns_.emplace_back(std::move(column));
}

Column const* Table::find(std::string_view name) const {
  auto const found = std::find_if(columns_.begin(), columns_.end(), [&](Column const& c) { return c.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

Column const& Table::column(std::string_view name) const {
  if (auto const* found = find(name)) return *found;
  throw Error(fmt::format("there is no column \"{}\"{}", name, did_you_mean(name, names())));
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> out;
  for (auto const& column : columns_) out.push_back(column.name);
  return out;
}

}  // namespace bordin
