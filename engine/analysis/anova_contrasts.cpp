#include "analysis/anova_contrasts.hpp"

#include <fmt/format.h>

#include <cmath>

#include "analysis/ols.hpp"
#include "core/text.hpp"

namespace bordin {

using Eigen::Index;

// Finds the arm of every row; says why there are none.
std::string AnovaContrasts::arms_problem(DesignPlan const& plan, Design const& design) {
  if (!design.empty_levels.empty())
    return fmt::format("no complete row has {}", enumerate_words(design.empty_levels, "or"));
  arm_.assign(static_cast<std::size_t>(design.x.rows()), 0);
  sizes_.setZero(design.x.cols());
  for (Index row = 0; row < design.x.rows(); ++row) {
    auto& arm = arm_[static_cast<std::size_t>(row)];
    for (Index c = 1; c < design.x.cols(); ++c) {
      double const x = design.x(row, c);
      if (x != 0 && x != 1)
        return fmt::format("{} has the value {}; analysis of variance compares categories, or 0 and 1",
                           plan.x.names[static_cast<std::size_t>(c)], x);
      if (x == 1) arm = static_cast<std::int32_t>(c);
    }
    sizes_[arm] += 1;
  }
  if (sizes_.minCoeff() > 0) return "";
  return fmt::format("{} is the same in all rows", plan.x.terms.back().text);
}

void AnovaContrasts::fit(DesignPlan const& plan, Design const& design, double alpha, Fit& fit) {
  found_ = NestedAnova();
  auto const problem = arms_problem(plan, design);
  if (!problem.empty()) return not_estimable(fit, problem);
  auto const& groups = design.factors.front();
  auto const& group = plan.factors.front().name;
  analysis_.analyse({design.y, groups.of_row, arm_, static_cast<std::size_t>(groups.groups),
                     static_cast<std::size_t>(design.x.cols()), group, plan.x.terms.back().text},
                    alpha, found_);
  fit.sigma = std::sqrt(found_.residual_variance);
  fit.variances = {{group, plan.z.names.front(), "", found_.group_variance, std::sqrt(found_.group_variance)}};
  if (found_.status != FitStatus::ok) return not_estimable(fit, found_.message);
  set_contrasts(design, fit);
  fit.status = found_.moment_variance > 0 ? FitStatus::ok : FitStatus::singular;
  if (fit.status == FitStatus::singular) fit.message = fmt::format("the variance of {} is estimated as 0", group);
}

void AnovaContrasts::set_contrasts(Design const& design, Fit& fit) {
  double const centre = design.y.mean();
  means_.setZero(sizes_.size());
  for (Index row = 0; row < design.y.size(); ++row) means_[arm_[static_cast<std::size_t>(row)]] += design.y[row] - centre;
  means_.array() /= sizes_.array();
  double const error = std::sqrt(found_.groups.mean_square());
  for (Index c = 0; c < sizes_.size(); ++c) {
    auto& coefficient = fit.coefficients[static_cast<std::size_t>(c)];
    coefficient.estimate = c == 0 ? means_[0] + centre : means_[c] - means_[0];
    coefficient.std_error = error * std::sqrt((c == 0 ? 0 : 1 / sizes_[c]) + 1 / sizes_[0]);
    coefficient.df = found_.groups.df;
  }
}

Coefficient AnovaContrasts::row(VarianceRow const& row) const {
  Coefficient out{.term = row.term};
  if (row.of == VarianceRow::Of::icc) {
    out.estimate = found_.icc;
    out.lower = found_.icc_lower;
    out.upper = found_.icc_upper;
  } else {
    out.estimate = std::sqrt(found_.group_variance);
    out.statistic = found_.groups_test.statistic;
    out.p_value = found_.groups_test.p_value;
  }
  return out;
}

void AnovaContrasts::describe_variances(DesignPlan const& plan, Fit& fit) const {
  auto const& group = plan.factors.front().name;
  auto const& test = found_.groups_test;
  fit.variance_tests.push_back({group, plan.z.names.front(), test.statistic, test.p_value});
  fit.icc.push_back({group, found_.icc, found_.icc_lower, found_.icc_upper});
}

}  // namespace bordin
