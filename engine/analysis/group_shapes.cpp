#include "analysis/group_shapes.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>

namespace bordin {
namespace {

// With more, the groups' own matrices cost more than reading rows.
constexpr std::int32_t most_classes = 8;
constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

std::size_t at(std::int32_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

std::size_t outermost_factor(std::vector<Grouping> const& factors) {
  std::size_t found = 0;
  for (std::size_t f = 1; f < factors.size(); ++f)
    if (factors[f].groups <= factors[found].groups) found = f;
  return found;
}

void GroupShapes::find(DesignPlan const& plan, Variables const& variables, std::vector<Grouping> const& factors) {
  if (plan.factorings.empty()) return clear(plan.x.columns.size());
  variables_ = &variables;
  outermost_ = &factors[outermost_factor(factors)];
  find_first_rows();
  steady_.assign(variables.size(), -1);
  for (bool const all : {true, false}) {
    choose(plan, all);
    if (find_classes(plan.z.columns.size())) break;
  }
  shapes_.columns = static_cast<int>(shaped_.size());
  auto const& z = plan.z.columns;
  auto const one = std::find_if(z.begin(), z.end(), [](auto const& codings) { return codings.empty(); });
  bool const has_intercept = !shaped_.empty() && shaped_.front() == 0 && plan.x.columns.front().empty();
  shapes_.one = has_intercept ? static_cast<int>(one - z.begin()) : -1;
}

void GroupShapes::clear(std::size_t columns) {
  shapes_.columns = 0;
  shaped_.clear();
  others_.resize(columns);
  std::iota(others_.begin(), others_.end(), Eigen::Index{0});
}

void GroupShapes::find_first_rows() {
  first_row_.assign(at(outermost_->groups), none);
  for_each_run(*outermost_, [&](std::size_t first, std::size_t /*end*/, std::int32_t group) {
    first_row_[at(group)] = std::min(first_row_[at(group)], first);
  });
}

// All columns that have a shape, or only those that have the same in every group.
void GroupShapes::choose(DesignPlan const& plan, bool all) {
  shaped_.clear();
  others_.clear();
  chosen_.clear();
  for (std::size_t c = 0; c < plan.factorings.size(); ++c) {
    auto const* const factoring = steady_one(plan.factorings[c]);
    bool const taken = factoring != nullptr && (all || factoring->rest.empty());
    (taken ? shaped_ : others_).push_back(static_cast<Eigen::Index>(c));
    if (taken) chosen_.push_back(factoring);
  }
}

DesignPlan::Factoring const* GroupShapes::steady_one(Factorings const& factorings) {
  for (auto const& factoring : factorings)
    if (std::all_of(factoring.rest.begin(), factoring.rest.end(), [&](auto const& c) { return is_steady(c.variable); }))
      return &factoring;
  return nullptr;
}

bool GroupShapes::is_steady(std::size_t variable) {
  auto& known = steady_[variable];
  if (known < 0) known = varies(*(*variables_)[variable]) ? 0 : 1;
  return known == 1;
}

// By their bits, which are compared many at once. A zero with another sign counts as another value: only speed is lost.
bool GroupShapes::varies(std::vector<double> const& values) const {
  std::uint64_t differing = 0;
  for_each_run(*outermost_, [&](std::size_t first, std::size_t end, std::int32_t group) {
    if (differing != 0) return;
    auto const value = std::bit_cast<std::uint64_t>(values[first_row_[at(group)]]);
    for (auto row = first; row < end; ++row) differing |= std::bit_cast<std::uint64_t>(values[row]) ^ value;
  });
  return differing != 0;
}

// False where there are too many.
bool GroupShapes::find_classes(std::size_t effects) {
  auto const size = effects * shaped_.size();
  shapes_.matrices.clear();
  shapes_.of_group.clear();
  shapes_.classes = 0;
  matrix_.resize(size);
  for (auto const row : first_row_) {
    set_matrix(row, effects, matrix_.data());
    std::int32_t found = 0;
    while (found < shapes_.classes && !std::equal(matrix_.begin(), matrix_.end(), &shapes_.matrices[at(found) * size]))
      ++found;
    if (found == most_classes) return false;
    if (found == shapes_.classes) {
      shapes_.matrices.insert(shapes_.matrices.end(), matrix_.begin(), matrix_.end());
      ++shapes_.classes;
    }
    shapes_.of_group.push_back(found);
  }
  return true;
}

void GroupShapes::set_matrix(std::size_t row, std::size_t effects, double* matrix) const {
  std::fill_n(matrix, effects * chosen_.size(), 0.0);
  for (std::size_t c = 0; c < chosen_.size(); ++c)
    matrix[static_cast<std::size_t>(chosen_[c]->effect) * chosen_.size() + c] = multiplier(*chosen_[c], row);
}

double GroupShapes::multiplier(DesignPlan::Factoring const& factoring, std::size_t row) const {
  double product = 1;
  for (auto const& coding : factoring.rest) {
    double const value = (*(*variables_)[coding.variable])[row];
    product *= coding.level ? (value == static_cast<double>(*coding.level) ? 1.0 : 0.0) : value;
  }
  return product;
}

}  // namespace bordin
