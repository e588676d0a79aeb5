#include "mixed/grouping.hpp"

#include <algorithm>

namespace bordin {

bool is_nested(Grouping const& inner, Grouping const& outer) {
  thread_local std::vector<std::int32_t> parent;  // its memory is used again
  parent.assign(static_cast<std::size_t>(inner.groups), -1);
  std::size_t inner_run = 0, outer_run = 0;
  for (std::size_t row = 0; row < inner.of_row.size();) {
    auto& known = parent[static_cast<std::size_t>(inner.of_row[row])];
    if (known < 0) known = outer.of_row[row];
    if (known != outer.of_row[row]) return false;
    auto const inner_end = inner.run_end(inner_run), outer_end = outer.run_end(outer_run);
    row = std::min(inner_end, outer_end);
    inner_run += inner_end == row ? 1 : 0;
    outer_run += outer_end == row ? 1 : 0;
  }
  return true;
}

}  // namespace bordin
