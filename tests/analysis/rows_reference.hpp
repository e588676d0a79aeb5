#pragma once

#include <algorithm>
#include <vector>

#include "analysis/reference.hpp"

namespace bordin::testing {

//! tests/data/rows_reference.json, made by make_rows_reference.R.
inline Json const& rows_reference() {
  static Json const all = read_json("rows_reference.json");
  return all;
}

inline Table without_rows(Table table, std::vector<std::size_t> rows) {
  std::sort(rows.rbegin(), rows.rend());
  for (auto& column : table.columns())
    std::visit(
        [&](auto& values) {
          for (auto const row : rows) values.erase(values.begin() + static_cast<std::ptrdiff_t>(row));
        },
        column.values);
  return table;
}

inline AnalysisSpec asking(std::string const& formula, std::vector<std::string> test, Method method = Method::automatic) {
  return {.name = "", .formula = formula, .method = method, .test = std::move(test)};
}

inline void expect_rows(Fit const& fit, Json const& expected, double tolerance) {
  ASSERT_EQ(fit.coefficients.size(), expected.size());
  for (auto const& row : expected) {
    SCOPED_TRACE(row["term"].get<std::string>());
    auto const& c = fit.coefficient(row["term"]);
    double const se = row["se"];
    EXPECT_LE(std::abs(c.estimate - row["estimate"].get<double>()), tolerance * se);
    expect_relative(c.std_error, se, tolerance, "SE");
    EXPECT_EQ(c.df, row["df"].get<double>());
  }
}

}  // namespace bordin::testing
