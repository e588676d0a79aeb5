#include "analysis/variance_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

using Of = VarianceRow::Of;

bool is_intercept(DesignPlan const& plan, int effect) {
  return plan.z.columns[static_cast<std::size_t>(effect)].empty();
}

std::string term_of(DesignPlan const& plan, VarianceRow const& row) {
  auto const& group = plan.factors[plan.blocks[row.block].factor].name;
  if (row.of == Of::icc) return fmt::format("icc({})", group);
  if (is_intercept(plan, row.effect)) return fmt::format("sd({})", group);
  return fmt::format("sd({} | {})", plan.z.names[static_cast<std::size_t>(row.effect)], group);
}

// Every row that a model can have, standard deviations first.
std::vector<VarianceRow> possible_rows(DesignPlan const& plan) {
  std::vector<VarianceRow> out;
  for (auto const of : {Of::sd, Of::icc})
    for (std::size_t block = 0; block < plan.blocks.size(); ++block)
      for (int const effect : plan.blocks[block].effects) {
        if (of == Of::icc && !is_intercept(plan, effect)) continue;
        out.push_back({of, block, effect, ""});
        out.back().term = term_of(plan, out.back());
      }
  return out;
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

// Degrees of freedom taken away with an effect: its variance and its covariances within the block.
int parameters_of(CovarianceBlock const& block) {
  return static_cast<int>(block.effects.size());
}

VarianceTest untested() {
  return {not_a_number, not_a_number};
}

}  // namespace

std::optional<VarianceRow> variance_row(std::string const& formula, DesignPlan const& plan, std::string const& word) {
  bool const form = (word.starts_with("sd(") || word.starts_with("icc(")) && word.ends_with(")");
  if (!form) return std::nullopt;
  std::vector<std::string> names;
  for (auto const& row : possible_rows(plan)) {
    if (without_blanks(row.term) == without_blanks(word)) return row;
    names.push_back(row.term);
  }
  throw FormulaError(formula,
                     fmt::format("test: there is no random effect for \"{}\"; there is {}", word, enumerate_words(names)));
}

void VarianceInference::assign(NestedModel const& model, double confidence) {
  model_.emplace(model);
  if (model.fit.converged()) shares_.assign(model.sums, model.fit, confidence);
}

// With no random effect left, the criterion is that of least squares: the whole model's where all variances are 0.
double VarianceInference::criterion_without(std::size_t block, int effect) {
  auto const& sums = model_->sums;
  auto const& whole = model_->fit;
  auto const task = whole.profile().task();
  auto blocks = model_->blocks;
  std::erase(blocks[block].effects, effect);
  if (blocks[block].effects.empty()) blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(block));
  if (blocks.empty()) {
    CovarianceStructure structure;
    structure.assign(model_->blocks, task.depth, task.effects);
    NestedProfile profile;
    profile.assign(sums, structure, whole.degrees(), task.reml, model_->constant);
    CriterionAt at;
    return profile.evaluate(Parameters::Zero(structure.parameters()), at) ? at.value : not_a_number;
  }
  auto const rows = static_cast<int>(whole.degrees()) + (task.reml ? whole.profile().coefficients() : 0);
  reduced_.fit(sums, blocks, rows, task.reml, model_->constant);
  return reduced_.converged() ? reduced_.criterion() : not_a_number;
}

VarianceTest VarianceInference::test(std::size_t block, int effect) {
  if (!model_->fit.converged()) return untested();
  double const without = criterion_without(block, effect);
  if (std::isnan(without)) return untested();
  return test_variances(without, model_->fit.criterion(), parameters_of(model_->blocks[block]), Removed::one_effect);
}

ShareInterval VarianceInference::standard_deviation(std::size_t block, int effect) const {
  if (!model_->fit.converged()) return {not_a_number, not_a_number, not_a_number};
  auto sd = shares_.standard_deviation(model_->blocks[block].level, effect);
  double const unit = model_->units[static_cast<std::size_t>(effect)];
  return {sd.estimate * unit, sd.lower * unit, sd.upper * unit, sd.boundary};
}

ShareInterval VarianceInference::share(std::size_t block, int effect) const {
  if (!model_->fit.converged()) return {not_a_number, not_a_number, not_a_number};
  return shares_.share(model_->blocks[block].level, effect, VarianceShares::Of::all_variance);
}

Coefficient VarianceInference::row(VarianceRow const& row) {
  Coefficient out{.term = row.term};
  auto const interval = row.of == Of::sd ? standard_deviation(row.block, row.effect) : share(row.block, row.effect);
  out.estimate = interval.estimate;
  out.lower = interval.lower;
  out.upper = interval.upper;
  if (row.of == Of::icc) return out;
  auto const tested = test(row.block, row.effect);
  out.statistic = tested.statistic;
  out.p_value = tested.p_value;
  return out;
}

void describe_variances(DesignPlan const& plan, VarianceInference& inference, Fit& fit) {
  for (auto const& row : possible_rows(plan)) {
    auto const& group = plan.factors[plan.blocks[row.block].factor].name;
    if (row.of == Of::sd) {
      auto const test = inference.test(row.block, row.effect);
      fit.variance_tests.push_back(
          {group, plan.z.names[static_cast<std::size_t>(row.effect)], test.statistic, test.p_value});
    } else {
      auto const share = inference.share(row.block, row.effect);
      fit.icc.push_back({group, share.estimate, share.lower, share.upper});
    }
  }
}

}  // namespace bordin
