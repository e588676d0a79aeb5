#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bordin {

//! A grouping factor: per row the number of its group, 0 .. groups-1.
struct Grouping {
  std::vector<std::int32_t> of_row;
  std::int32_t groups = 0;
  //! Where runs end, rows of one group that follow each other: one behind their last rows, ascending. Empty: nobody looked,
  //! and every row is a run.
  std::vector<std::int32_t> run_ends = {};

  std::size_t runs() const { return run_ends.empty() ? of_row.size() : run_ends.size(); }
  std::size_t run_end(std::size_t run) const {
    return run_ends.empty() ? run + 1 : static_cast<std::size_t>(run_ends[run]);
  }
};

//! `act(first row, one behind the last row, group)`.
template <class Act>
void for_each_run(Grouping const& factor, Act const& act) {
  std::size_t first = 0;
  for (std::size_t run = 0; run < factor.runs(); ++run) {
    auto const end = factor.run_end(run);
    act(first, end, factor.of_row[first]);
    first = end;
  }
}

//! Is every group of `inner` part of one group of `outer`?
bool is_nested(Grouping const& inner, Grouping const& outer);

}  // namespace bordin
