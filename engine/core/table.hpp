#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bordin {

//! Missing integer values carry the lowest value of their type (never shown to a user); missing floats are NaN.
template <class Integer>
inline constexpr Integer missing_code = std::numeric_limits<Integer>::lowest();

//! One named column. Categories and booleans are integers with `levels`: the value k stands for levels[k].
struct Column {
  using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int8_t>, std::vector<std::int16_t>,
                              std::vector<std::int32_t>>;

  std::string name;
  std::string unit;
  std::string description;
  Values values;
  std::vector<std::string> levels = {};  //!< empty for plain numbers

  std::size_t size() const;
  bool is_categorical() const { return !levels.empty(); }
  //! Element `row` as a number, NaN where missing.
  double at(std::size_t row) const;
  //! All elements as numbers, NaN where missing.
  std::vector<double> numbers() const;
  void numbers(std::vector<double>& out) const;  //!< into memory that is there already
  template <class T>
  std::vector<T>& as() {
    return std::get<std::vector<T>>(values);
  }
  template <class T>
  std::vector<T> const& as() const {
    return std::get<std::vector<T>>(values);
  }
};

//! Columns of one length, in the order they were added.
class Table {
 public:
  //! Throws Error when the name is taken or the length differs.
  Column& add(Column column);
  Column const* find(std::string_view name) const;
  //! Throws Error that suggests the nearest name.
  Column const& column(std::string_view name) const;
  std::vector<Column> const& columns() const { return columns_; }
  std::vector<Column>& columns() { return columns_; }
  std::vector<std::string> names() const;
  std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().size(); }

 private:
  std::vector<Column> columns_;
};

}  // namespace bordin
