#include "analysis/nested_anova.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/f_distribution.hpp"
#include "analysis/orthogonal_basis.hpp"

namespace bordin {
namespace {

using Eigen::Index;

NestedAnova::Test test_of(NestedAnova::Line const& line, NestedAnova::Line const& against) {
  NestedAnova::Test test{.statistic = line.mean_square() / against.mean_square(), .df1 = line.df, .df2 = against.df};
  test.p_value = f_upper_p(test.statistic, test.df1, test.df2);
  return test;
}

// The intraclass correlation at which F / (1 + n icc / (1 - icc)) would be `ratio` / quantile; not below 0.
double icc_at(double ratio, double caseload) {
  return std::max((ratio - 1) / (ratio - 1 + caseload), 0.0);
}

void set_variances(double alpha, bool equal, NestedAnova& out) {
  out.residual_variance = out.residual.mean_square();
  out.moment_variance = (out.groups.mean_square() - out.residual_variance) / out.caseload;
  out.group_variance = std::max(out.moment_variance, 0.0);
  out.icc = out.group_variance / (out.group_variance + out.residual_variance);
  if (!equal) return;
  auto const& test = out.groups_test;
  out.icc_lower = icc_at(test.statistic / f_quantile(1 - alpha / 2, test.df1, test.df2), out.caseload);
  out.icc_upper = icc_at(test.statistic / f_quantile(alpha / 2, test.df1, test.df2), out.caseload);
}

}  // namespace

std::string NestedAnalysis::nesting_problem(Data const& data) {
  arm_of_.assign(data.groups, -1);
  for (std::size_t i = 0; i < data.group.size(); ++i) {
    auto& arm = arm_of_[static_cast<std::size_t>(data.group[i])];
    if (arm >= 0 && arm != data.arm[i])
      return fmt::format("a {0} has rows in more than one level of {1}: {0} is not nested in {1}", data.group_name,
                         data.arm_name);
    arm = data.arm[i];
  }
  return "";
}

// Means of y / scale_ less the grand mean, which would cost digits.
void NestedAnalysis::sum_rows(Data const& data) {
  scale_ = binary_scale(data.y);
  mean_ = (data.y / scale_).mean();
  group_sizes_.setZero(static_cast<Index>(data.groups));
  group_means_.setZero(static_cast<Index>(data.groups));
  arm_sizes_.setZero(static_cast<Index>(data.arms));
  arm_means_.setZero(static_cast<Index>(data.arms));
  for (Index i = 0; i < data.y.size(); ++i) {
    auto const row = static_cast<std::size_t>(i);
    double const y = data.y[i] / scale_ - mean_;
    group_sizes_[data.group[row]] += 1;
    group_means_[data.group[row]] += y;
    arm_sizes_[data.arm[row]] += 1;
    arm_means_[data.arm[row]] += y;
  }
  group_means_.array() /= group_sizes_.array().max(1);
  arm_means_.array() /= arm_sizes_.array().max(1);
}

void NestedAnalysis::sum_squares(Data const& data, NestedAnova& out) {
  auto const arms = static_cast<double>((arm_sizes_.array() > 0).count());
  auto const groups = static_cast<double>((group_sizes_.array() > 0).count());
  auto const rows = static_cast<double>(data.y.size());
  out.arms = {.squares = (arm_sizes_.array() * arm_means_.array().square()).sum(), .df = arms - 1};
  out.groups = {.squares = 0, .df = groups - arms};
  out.residual = {.squares = 0, .df = rows - groups};
  double repeated = 0;  // sum of n^2 / rows of the arm
  for (Index g = 0; g < group_sizes_.size(); ++g) {
    if (group_sizes_[g] == 0) continue;
    Index const arm = arm_of_[static_cast<std::size_t>(g)];
    double const from_arm = group_means_[g] - arm_means_[arm];
    out.groups.squares += group_sizes_[g] * from_arm * from_arm;
    repeated += group_sizes_[g] * group_sizes_[g] / arm_sizes_[arm];
  }
  for (Index i = 0; i < data.y.size(); ++i) {
    double const from_group = data.y[i] / scale_ - mean_ - group_means_[data.group[static_cast<std::size_t>(i)]];
    out.residual.squares += from_group * from_group;
  }
  out.caseload = (rows - repeated) / out.groups.df;
}

bool NestedAnalysis::equal_caseloads() const {
  double first = 0;
  for (double const size : group_sizes_) {
    if (first == 0) first = size;
    if (size > 0 && size != first) return false;
  }
  return true;
}

// Why something is missing; empty when nothing is.
std::string NestedAnalysis::gap(Data const& data, bool between, bool within, NestedAnova const& found) const {
  auto const& group = data.group_name;
  auto const& arm = data.arm_name;
  if (found.groups.df < 1)
    return fmt::format("every level of {} has a single {}: nothing shows how much they differ", arm, group);
  if (found.residual.df < 1) return fmt::format("every {} has a single row", group);
  if (!within) return fmt::format("nothing varies within any {}", group);
  if (found.arms.df < 1) return "";
  if (!equal_caseloads()) {
    double const most = group_sizes_.maxCoeff();
    double const least = (group_sizes_.array() > 0).select(group_sizes_.array(), most).minCoeff();
    return fmt::format(
        "every {0} has between {1} and {2} rows: the F test of {3} is exact for equal caseloads only; fit the "
        "mixed model with (1 | {0}) instead",
        group, least, most, arm);
  }
  if (!between)
    return fmt::format("every {} of a level of {} has the same mean: there is no error to test with", group, arm);
  return "";
}

void NestedAnalysis::analyse(Data const& data, double alpha, NestedAnova& out) {
  out = NestedAnova();
  out.message = nesting_problem(data);
  if (out.message.empty() && (data.y.size() == 0 || !data.y.allFinite()))
    out.message = "there are no rows, or not all values are finite";
  if (out.message.empty()) {
    sum_rows(data);
    sum_squares(data, out);
    // Squares that are nothing but rounding, of numbers below 1 in absolute value.
    double const rounding = 1e-26 * static_cast<double>(data.y.size());
    bool const equal = equal_caseloads();
    bool const between = out.groups.df > 0 && out.groups.squares > rounding;
    bool const within = out.residual.df > 0 && out.residual.squares > rounding;
    if (equal && between && out.arms.df > 0) out.arms_test = test_of(out.arms, out.groups);
    if (out.groups.df > 0 && within) out.groups_test = test_of(out.groups, out.residual);
    for (auto* line : {&out.arms, &out.groups, &out.residual}) line->squares *= scale_ * scale_;
    if (out.groups.df > 0 && within) set_variances(alpha, equal, out);
    out.message = gap(data, between, within, out);
  }
  if (!out.message.empty()) out.status = FitStatus::not_estimable;
}

}  // namespace bordin
