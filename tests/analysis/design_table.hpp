#pragma once

#include "core/table.hpp"

namespace bordin::testing {

//! A response, numbers, categories with three, two and one level, and groups.
inline Table design_table() {
  Table t;
  t.add({"y", "", "", std::vector<float>{1, 2, 3, 4, 5, 6}});
  t.add({"x", "", "", std::vector<double>{1, 2, 4, 8, 16, 32}});
  t.add({"n", "", "", std::vector<std::int16_t>{3, 1, 4, 1, 5, 9}});
  t.add({"arm", "", "", std::vector<std::int8_t>{0, 1, 2, 0, 1, 2}, {"TAU", "CBT", "PDT"}});
  t.add({"sex", "", "", std::vector<std::int8_t>{0, 0, 0, 1, 1, 1}, {"f", "m"}});
  t.add({"one", "", "", std::vector<std::int8_t>{0, 0, 0, 0, 0, 0}, {"only"}});
  t.add({"g", "", "", std::vector<std::int32_t>{70, 70, 50, 50, 50, 90}});
  return t;
}

}  // namespace bordin::testing
