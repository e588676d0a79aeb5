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
  find_runs(ids, out.run_ends);
  auto const [low, high] = std::minmax_element(ids_.begin(), ids_.end());
  double const range = *high - *low + 1;
  bool const close = *low > -2e9 && *high < 2e9 && range <= 8 * static_cast<double>(ids.size()) + 1024;
  numbers_.resize(ids_.size());
  groups_ = 0;
  close&& all_whole(ids_) ? number_by_table(*low, static_cast<std::size_t>(range)) : number_by_sorting();
  out.groups = groups_;
  number_rows(out);
}

// Without a branch per row: where a run ends cannot be foretold. Of zeros with different signs only the bits differ; they
// make two runs of one group.
void GroupNumbers::find_runs(std::vector<double> const& ids, std::vector<std::int32_t>& ends) {
  auto const rows = ids.size();
  ends.resize(rows);
  std::size_t run = 0;
  for (std::size_t row = 1; row < rows; ++row) {
    ends[run] = static_cast<std::int32_t>(row);
    run += std::bit_cast<std::uint64_t>(ids[row]) != std::bit_cast<std::uint64_t>(ids[row - 1]) ? 1U : 0U;
  }
  ends[run] = static_cast<std::int32_t>(rows);
  ends.resize(run + 1);
  ids_.resize(ends.size());
  for (run = 0; run < ends.size(); ++run) ids_[run] = ids[static_cast<std::size_t>(ends[run]) - 1];
}

void GroupNumbers::number_rows(Grouping& out) const {
  out.of_row.resize(static_cast<std::size_t>(out.run_ends.back()));
  auto row = out.of_row.begin();
  for (std::size_t run = 0; run < numbers_.size(); ++run) {
    auto const end = out.of_row.begin() + out.run_ends[run];
    std::fill(row, end, numbers_[run]);
    row = end;
  }
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
