#include "analysis/group_numbers.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace bordin {
namespace {

bool all_whole(std::vector<double> const& ids) {  // of numbers that fit into 32 bits
  return std::all_of(ids.begin(), ids.end(), [](double id) { return static_cast<std::int32_t>(id) == id; });
}

}  // namespace

void GroupNumbers::assign(std::vector<double> const& ids, Grouping& out) {
  find_runs(ids, out);
  auto const [low, high] = std::minmax_element(ids_.begin(), ids_.end());
  double const range = *high - *low + 1;
  bool const close = *low > -2e9 && *high < 2e9 && range <= 8 * static_cast<double>(ids.size()) + 1024;
  numbers_.resize(ids_.size());
  groups_ = 0;
  close&& all_whole(ids_) ? number_by_table(*low, static_cast<std::size_t>(range)) : number_by_sorting();
  out.groups = groups_;
  bool const run_is_group =
      static_cast<std::size_t>(groups_) == ids_.size() && std::is_sorted(numbers_.begin(), numbers_.end());
  if (run_is_group) return;
  for (auto& row : out.of_row) row = numbers_[static_cast<std::size_t>(row)];
}

// Without a branch per row: where a run ends cannot be foretold. Of zeros with different signs only the bits differ; they
// make two runs of one group.
void GroupNumbers::find_runs(std::vector<double> const& ids, Grouping& out) {
  auto const rows = ids.size();
  out.of_row.resize(rows);
  out.run_ends.resize(rows);
  ids_.resize(rows);
  std::int32_t run = 0;
  ids_[0] = ids[0];
  out.of_row[0] = 0;
  out.run_ends[0] = 1;
  for (std::size_t row = 1; row < rows; ++row) {
    run += std::bit_cast<std::uint64_t>(ids[row]) != std::bit_cast<std::uint64_t>(ids[row - 1]) ? 1 : 0;
    out.of_row[row] = run;
    out.run_ends[static_cast<std::size_t>(run)] = static_cast<std::int32_t>(row + 1);
    ids_[static_cast<std::size_t>(run)] = ids[row];
  }
  ids_.resize(static_cast<std::size_t>(run) + 1);
  out.run_ends.resize(ids_.size());
}

void GroupNumbers::number_by_table(double lowest, std::size_t range) {
  number_of_.assign(range, -1);
  for (std::size_t run = 0; run < ids_.size(); ++run) {
    auto& known = number_of_[static_cast<std::size_t>(ids_[run] - lowest)];
    if (known < 0) known = groups_++;
    numbers_[run] = known;
  }
}

void GroupNumbers::number_by_sorting() {
  sorted_ = ids_;
  std::sort(sorted_.begin(), sorted_.end());
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
  groups_ = static_cast<std::int32_t>(sorted_.size());
  std::transform(ids_.begin(), ids_.end(), numbers_.begin(), [&](double id) {
    return static_cast<std::int32_t>(std::lower_bound(sorted_.begin(), sorted_.end(), id) - sorted_.begin());
  });
}

}  // namespace bordin
