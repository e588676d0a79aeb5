#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "core/table.hpp"

namespace bordin::testing {

//! The bits of one element, so that NaN equals NaN and -0 does not equal 0.
inline std::uint64_t bits_at(Column const& column, std::size_t row) {
  return std::visit(
      [row](auto const& values) {
        using Value = std::remove_cvref_t<decltype(values[0])>;
        std::uint64_t bits = 0;
        Value const value = values[row];
        __builtin_memcpy(&bits, &value, sizeof value);
        return bits;
      },
      column.values);
}

//! Every column of `smaller` has in `larger` the same bits at the row given by `row_in_larger`, for the rows wanted.
//! Columns in `except` are left out. Returns how many elements were compared.
inline std::size_t expect_same_rows(
    Table const& smaller, Table const& larger, std::function<std::size_t(std::size_t)> const& row_in_larger,
    std::function<bool(std::size_t)> const& wanted = [](std::size_t) { return true; },
    std::vector<std::string> const& except = {}) {
  std::size_t compared = 0;
  for (auto const& column : smaller.columns()) {
    if (std::find(except.begin(), except.end(), column.name) != except.end()) continue;
    auto const* other = larger.find(column.name);
    if (other == nullptr) {
      ADD_FAILURE() << "no column " << column.name;
      continue;
    }
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (!wanted(row)) continue;
      ++compared;
      if (bits_at(column, row) == bits_at(*other, row_in_larger(row))) continue;
      ADD_FAILURE() << column.name << " differs in row " << row << ": " << column.at(row) << " and "
                    << other->at(row_in_larger(row));
      break;
    }
  }
  return compared;
}

}  // namespace bordin::testing
