#include "analysis/group_numbers.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace bordin {
namespace {

bool all_whole(std::vector<double> const& ids) {  // of numbers that fit into 32 bits
  return std::all_of(ids.begin(), ids.end(), [](double id) { return static_cast<std::int32_t>(id) == id; });
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
bool same_bits(std::int32_t a, std::int32_t b) {
  return a == b;
}

}  // namespace

void GroupNumbers::assign(std::vector<double> const& ids, Grouping& out) {
  find_runs(ids, out);
  number_runs();
  number_rows(out);
}

void GroupNumbers::assign(std::vector<std::int32_t> const& ids, Grouping& out) {
  find_runs(ids, out);
  number_runs();
  number_rows(out);
}

// Rows get the numbers of their runs. Without a branch per row: where a run ends cannot be foretold. Of zeros with
// different signs only the bits differ; they make two runs of one group.
template <class Id>
void GroupNumbers::find_runs(std::vector<Id> const& ids, Grouping& out) {
  auto const rows = ids.size();
  if (ends_.size() < rows) ends_.resize(rows);
  out.of_row.resize(rows);
  out.of_row.front() = 0;
  std::int32_t run = 0;
  for (std::size_t row = 1; row < rows; ++row) {
    ends_[static_cast<std::size_t>(run)] = static_cast<std::int32_t>(row);
    run += same_bits(ids[row], ids[row - 1]) ? 0 : 1;
    out.of_row[row] = run;
  }
  ends_[static_cast<std::size_t>(run)] = static_cast<std::int32_t>(rows);
  out.run_ends.reserve(rows);  // whatever the runs of the next data set
  out.run_ends.assign(ends_.begin(), ends_.begin() + run + 1);
  ids_.reserve(rows);
  ids_.clear();
  for (auto const end : out.run_ends) ids_.push_back(static_cast<double>(ids[static_cast<std::size_t>(end) - 1]));
}

void GroupNumbers::number_runs() {
  auto const [low, high] = std::minmax_element(ids_.begin(), ids_.end());
  double const range = *high - *low + 1;
  bool const close = *low > -2e9 && *high < 2e9 && range <= 8 * static_cast<double>(ids_.size()) + 1024;
  numbers_.resize(ids_.size());
  groups_ = 0;
  close&& all_whole(ids_) ? number_by_table(*low, static_cast<std::size_t>(range)) : number_by_sorting();
}

void GroupNumbers::number_rows(Grouping& out) const {
  out.groups = groups_;
  bool own = true;  // has each run a number of its own, in their order?
  for (std::size_t run = 0; run < numbers_.size(); ++run) own &= numbers_[run] == static_cast<std::int32_t>(run);
  if (own) return;
  for (auto& number : out.of_row) number = numbers_[static_cast<std::size_t>(number)];
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
