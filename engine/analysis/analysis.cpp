#include "analysis/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "analysis/design_matrix.hpp"
#include "analysis/distributions.hpp"
#include "analysis/estimators.hpp"
#include "analysis/lagged_analysis.hpp"
#include "analysis/ols.hpp"
#include "core/errors.hpp"
#include "core/formula.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

// The grouping factor of an analysis that needs clusters and whose formula names none.
constexpr char const* usual_cluster = "therapist";

Method chosen_method(AnalysisSpec const& spec, Formula const& formula) {
  if (spec.method != Method::automatic) return spec.method;
  if (!formula.time().empty()) return Method::lagged;
  return formula.random.empty() || spec.se == StandardErrors::cr2 ? Method::ols : Method::mixed;
}

// A grouping factor that the analysis needs beside those of the formula.
std::string further_cluster(AnalysisSpec const& spec, Formula const& formula, Method method) {
  bool const needed = method == Method::cluster_level || spec.se == StandardErrors::cr2;
  return formula.random.empty() && needed ? usual_cluster : "";
}

// The coefficient a word stands for: its own name, or a term that has only one.
std::size_t coefficient_of(std::string const& formula, DesignPlan const& plan, std::string const& word) {
  auto const& names = plan.x.names;
  auto const own = std::find(names.begin(), names.end(), word);
  if (own != names.end()) return static_cast<std::size_t>(own - names.begin());
  auto const term = std::find_if(plan.x.terms.begin(), plan.x.terms.end(),
                                 [&](auto const& t) { return t.text == word || t.text == quoted_name(word); });
  if (term == plan.x.terms.end())
    throw FormulaError(formula, fmt::format("test: there is no coefficient \"{}\"{}", word, did_you_mean(word, names)));
  if (term->columns.size() == 1) return term->columns.front();
  std::vector<std::string> several;
  for (auto const column : term->columns) several.push_back(names[column]);
  throw FormulaError(formula,
                     fmt::format("test: \"{}\" has several coefficients, name one of {}", word, enumerate_words(several)));
}

bool has_variance_rows(AnalysisSpec const& spec, Method method) {
  return method == Method::nested_anova || (method == Method::mixed && spec.family == Family::gaussian);
}

// What a word asks for about random effects, unless it is the name of a coefficient.
std::optional<VarianceRow> variance_row_of(AnalysisSpec const& spec, Method method, DesignPlan const& plan,
                                           std::string const& word) {
  if (std::find(plan.x.names.begin(), plan.x.names.end(), word) != plan.x.names.end()) return std::nullopt;
  auto row = variance_row(spec.formula, plan, word);
  if (row && !has_variance_rows(spec, method))
    throw FormulaError(spec.formula,
                       fmt::format("test: \"{}\" is for linear mixed models and method = \"nested-anova\"", word));
  return row;
}

std::vector<VarianceRow> variance_rows(AnalysisSpec const& spec, Method method, DesignPlan const& plan) {
  std::vector<VarianceRow> out;
  for (auto const& word : spec.test) {
    auto const row = variance_row_of(spec, method, plan, word);
    if (row && std::none_of(out.begin(), out.end(), [&](auto const& known) { return known.term == row->term; }))
      out.push_back(*row);
  }
  return out;
}

// Indices into the coefficients and the rows about variances behind them.
std::vector<std::size_t> tested_terms(AnalysisSpec const& spec, Method method, DesignPlan const& plan,
                                      std::vector<VarianceRow> const& rows) {
  std::vector<std::size_t> out;
  for (auto const& word : spec.test) {
    auto const row = variance_row_of(spec, method, plan, word);
    auto const place = std::find_if(rows.begin(), rows.end(), [&](auto const& r) { return row && r.term == row->term; });
    auto const index = row ? plan.x.names.size() + static_cast<std::size_t>(place - rows.begin())
                           : coefficient_of(spec.formula, plan, word);
    if (std::find(out.begin(), out.end(), index) == out.end()) out.push_back(index);
  }
  if (!spec.test.empty()) return out;
  for (std::size_t i = 0; i < plan.x.names.size(); ++i)
    if (!plan.x.columns[i].empty()) out.push_back(i);
  return out;
}

void test_against_zero(Coefficient& c, double alpha, Inference inference) {
  c.statistic = c.estimate / c.std_error;
  c.p_value = two_sided_p(c.statistic, c.df);
  if (inference == Inference::p_values) return;
  double const half_width = -t_quantile(alpha / 2, c.df) * c.std_error;
  c.lower = c.estimate - half_width;
  c.upper = c.estimate + half_width;
}

// Numbers near the ends of the range of double can make results infinite, zero or NaN that no status explains yet.
void check_range(Fit& fit) {
  auto const sound = [](Coefficient const& c) {
    return std::isfinite(c.estimate) && std::isfinite(c.std_error) && c.std_error > 0 && c.df > 0;
  };
  bool const claimed = is_usable(fit.status);
  if (claimed && !std::all_of(fit.coefficients.begin(), fit.coefficients.end(), sound))
    not_estimable(fit, "numbers too large or too small for double precision");
}

// As AIC() and BIC() of R have them: parameters are coefficients, variances and covariances, and the residual variance of a
// normal model.
void set_information_criteria(Fit& fit) {
  if (fit.family == Family::cox || fit.method == Method::discrete_time) return;  // not all parameters are shown
  auto const estimated = std::count_if(fit.coefficients.begin(), fit.coefficients.end(),
                                       [](auto const& c) { return !std::isnan(c.estimate); });
  auto const residual = fit.method == Method::mixed && fit.family == Family::gaussian ? 1U : 0U;
  fit.parameters = static_cast<std::size_t>(estimated) + fit.variances.size() + residual;
  auto const k = static_cast<double>(fit.parameters);
  fit.aic = fit.criterion + 2 * k;
  fit.bic = fit.criterion + std::log(static_cast<double>(fit.observations)) * k;
}

}  // namespace

Words const& method_words() {
  static Words const words{"automatic",    "ols",    "cluster-level",     "mixed", "discrete-time", "fixed-clusters",
                           "nested-anova", "lagged", "lagged-uncorrected"};
  return words;
}

Words const& family_words() {
  static Words const words{"gaussian", "binomial", "cox"};
  return words;
}

Words const& df_words() {
  static Words const words{"satterthwaite", "kenward-roger", "between-within", "wald"};
  return words;
}

Method method_of(AnalysisSpec const& spec) {
  return chosen_method(spec, parse_formula(spec.formula));
}

std::string inference_text(AnalysisSpec const& spec, Method method) {
  static std::array<std::string, 4> const of_mixed{"Satterthwaite's degrees of freedom",
                                                   "Kenward and Roger's standard errors and degrees of freedom",
                                                   "between-within degrees of freedom", "z tests"};
  static std::array<std::string, 3> const of_errors{"", "standard errors robust to unequal variances (HC3)",
                                                    "standard errors robust to what clusters share (CR2)"};
  if (method == Method::mixed) return spec.family == Family::gaussian ? of_mixed.at(static_cast<std::size_t>(spec.df)) : "";
  return of_errors.at(static_cast<std::size_t>(spec.se));
}

std::string df_source(AnalysisSpec const& spec, Method method) {
  bool const survival = spec.family == Family::cox || method == Method::discrete_time;
  if (survival || spec.family == Family::binomial) return "wald";
  if (method == Method::mixed) return df_words().at(static_cast<std::size_t>(spec.df));
  if (spec.se == StandardErrors::cr2) return "satterthwaite";
  return is_lagged(method) ? "clusters" : "residual";
}

std::string const& fit_status_name(FitStatus status) {
  static std::array<std::string, 4> const names{"ok", "singular", "not_converged", "not_estimable"};
  return names.at(static_cast<std::size_t>(status));
}

void AnalysisSpec::describe(FieldVisitor& field) {
  field.field("name", name, {.doc = "what results and tables call this analysis"});
  field.field("formula", formula, {.doc = "model in lme4's notation, e.g. post ~ pre + arm + (1 | therapist)"});
  field.field(
      "method", method, method_words(),
      {.doc = "how the formula is fitted; automatic: lagged with lag(), mixed with another random term, otherwise "
              "ols (without random effects); fixed-clusters: the clusters named by (1 | therapist) as fixed effects; "
              "nested-anova: exact tests of y ~ arm + (1 | therapist) with equal caseloads"});
  field.field("family", family, family_words(),
              {.doc = "what the response is: a number, 0 or 1 (logistic regression), or Surv(time, event)"});
  field.field("df", df, df_words(), {.doc = "degrees of freedom of a mixed model's t tests; wald: none, a z test"});
  field.field("se", se, {"classical", "HC3", "CR2"},
              {.doc = "standard errors of a model without random term; CR2: robust to what clusters share"});
  field.field(
      "nagq", nagq,
      {.unit = "nodes", .min = 1, .max = 50, .doc = "quadrature of a logistic mixed model; 1 is Laplace's approximation"});
  field.field("test", test,
              {.doc = "coefficients or variables of interest; empty: all but the intercept. Of linear mixed models also "
                      "\"sd(therapist)\", "
                      "\"sd(time | therapist)\" (likelihood-ratio test of that variance) and \"icc(therapist)\""});
}

Coefficient const& Fit::coefficient(std::string const& term) const {
  std::vector<std::string> names;
  for (auto const& c : coefficients) {
    if (c.term == term) return c;
    names.push_back(c.term);
  }
  throw Error(fmt::format("there is no coefficient \"{}\"{}", term, did_you_mean(term, names)));
}

struct Analysis::Plan {
  AnalysisSpec spec;
  Method method;
  DesignPlan design;
  std::vector<VarianceRow> rows;
  std::vector<std::string> terms;  // coefficients, then rows
  std::vector<std::size_t> tested;

  Fit blank(bool reml) const {
    Fit fit;
    fit.method = method;
    fit.family = spec.family;
    fit.reml = method == Method::mixed && spec.family == Family::gaussian && reml;
    fit.coefficients.reserve(design.x.names.size());
    for (auto const& name : design.x.names) fit.coefficients.push_back({.term = name});
    fit.groups.reserve(design.factors.size());
    return fit;
  }
};

Analysis::Analysis(AnalysisSpec spec, Table const& layout) {
  auto formula = parse_formula(spec.formula);
  if (formula.is_survival() && spec.method != Method::discrete_time) spec.family = Family::cox;
  auto const method = chosen_method(spec, formula);
  Estimators::check(spec, formula, method);
  if (is_lagged(method)) formula = lagged_formula(spec.formula, std::move(formula));
  auto design = plan_design(spec.formula, formula, layout, further_cluster(spec, formula, method));
  auto rows = variance_rows(spec, method, design);
  auto tested = tested_terms(spec, method, design, rows);
  auto terms = design.x.names;
  for (auto const& row : rows) terms.push_back(row.term);
  plan_ = std::make_unique<Plan const>(
      Plan{std::move(spec), method, std::move(design), std::move(rows), std::move(terms), std::move(tested)});
}

Analysis::~Analysis() = default;
Analysis::Analysis(Analysis&&) noexcept = default;
Analysis& Analysis::operator=(Analysis&&) noexcept = default;

AnalysisSpec const& Analysis::spec() const {
  return plan_->spec;
}
Method Analysis::method() const {
  return plan_->method;
}
std::vector<std::string> const& Analysis::terms() const {
  return plan_->terms;
}
std::vector<std::size_t> const& Analysis::tested() const {
  return plan_->tested;
}

Fit Analysis::fit(Table const& table, FitOptions const& options) const {
  if (plan_->spec.df == DfMethod::kenward_roger && plan_->method == Method::mixed && !options.reml)
    throw FormulaError(plan_->spec.formula,
                       "Kenward-Roger's correction is for REML estimates: leave maximum likelihood, or choose another df");
  Fit fit = plan_->blank(options.reml);
  thread_local Design design;  // its memory is used again
  build_design(plan_->design, table, design);
  fit.observations = static_cast<std::size_t>(design.y.size());
  if (!design.problem.empty()) {
    not_estimable(fit, design.problem);
    for (auto const& row : plan_->rows) fit.coefficients.push_back({.term = row.term});
    return fit;
  }
  for (std::size_t f = 0; f < design.factors.size(); ++f)
    fit.groups.push_back({plan_->design.factors[f].name, static_cast<std::size_t>(design.factors[f].groups)});
  thread_local Estimators estimators;
  estimators.estimate(plan_->spec, plan_->method, plan_->design, design,
                      {.variance_rows = !plan_->rows.empty(), .details = options.details, .alpha = options.alpha}, fit);
  check_range(fit);
  for (auto& coefficient : fit.coefficients) test_against_zero(coefficient, options.alpha, options.inference);
  if (options.details) {
    set_information_criteria(fit);
    estimators.describe(plan_->design, design, table, options, fit);
  }
  estimators.add_rows(plan_->rows, options.alpha, fit);
  return fit;
}

}  // namespace bordin
