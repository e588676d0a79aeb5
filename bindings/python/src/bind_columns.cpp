#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "bind.hpp"

namespace bordin::python {
namespace {

// The column's own memory; `owner` keeps it.
template <class T>
py::array in_place(std::vector<T>& values, py::handle owner) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data(), owner);
}

template <class To, class From, class Converted>
py::array converted(std::vector<From> const& values, Converted const& one) {
  py::array_t<To> out(static_cast<py::ssize_t>(values.size()));
  std::transform(values.begin(), values.end(), out.mutable_data(), one);
  return out;
}

template <class T>
py::array integers(std::vector<T>& values, bool categorical, py::handle owner) {
  using Real = std::conditional_t<sizeof(T) <= 2, float, double>;  // holds every value exactly
  if (std::find(values.begin(), values.end(), missing_code<T>) == values.end()) return in_place(values, owner);
  if (categorical) return converted<T>(values, [](T v) { return v == missing_code<T> ? static_cast<T>(-1) : v; });
  return converted<Real>(
      values, [](T v) { return v == missing_code<T> ? std::numeric_limits<Real>::quiet_NaN() : static_cast<Real>(v); });
}

py::array values_of(py::object const& self) {
  auto& column = self.cast<Column&>();
  return std::visit(
      [&]<class T>(std::vector<T>& values) -> py::array {
        if constexpr (std::is_floating_point_v<T>)
          return in_place(values, self);
        else
          return integers(values, column.is_categorical(), self);
      },
      column.values);
}

}  // namespace

py::list columns_of(std::shared_ptr<void> const& owner, Table& table) {
  py::list out;
  for (auto& column : table.columns()) out.append(py::cast(std::shared_ptr<Column>(owner, &column)));
  return out;
}

void bind_columns(py::module_& module) {
  py::class_<Column, std::shared_ptr<Column>>(module, "Column",
                                              "One column of a table: what it is, and its values. Categories have levels.")
      .def_readonly("name", &Column::name)
      .def_readonly("unit", &Column::unit)
      .def_readonly("description", &Column::description)
      .def_readonly("levels", &Column::levels)
      .def_property_readonly("values", &values_of,
                             "1-D array on the engine's own memory. Integers with gaps are copied to floats with NaN, "
                             "codes of categories with gaps are copied with -1.");
}

}  // namespace bordin::python
