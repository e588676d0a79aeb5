#include "analysis/estimators.hpp"

#include <fmt/format.h>

#include <utility>

#include "analysis/cluster_level.hpp"
#include "analysis/fixed_clusters.hpp"
#include "analysis/ols.hpp"
#include "analysis/predicted_effects.hpp"
#include "analysis/random_intercept.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

// float32 columns that depend on each other linearly do so only up to their rounding of 6e-8.
double collinearity_tolerance(DesignPlan const& plan) {
  return plan.single_precision ? 2e-7 : 1e-10;
}

// Empty, with the reason in `fit`, where squares of columns overflow.
std::optional<OrthogonalBasis> basis_of(DesignPlan const& plan, Design& design, Fit& fit) {
  std::optional<OrthogonalBasis> basis(std::in_place, std::move(design.x), collinearity_tolerance(plan));
  if (basis->finite()) return basis;
  not_estimable(fit, "products of columns too large for double precision");
  return std::nullopt;
}

bool is_random_intercept(Formula const& formula) {
  return formula.random.size() == 1 && formula.random.front().effects.intercept &&
         formula.random.front().effects.terms.empty();
}

// One factor with nothing but an intercept has an estimator of its own, exact at any intraclass correlation.
bool is_random_intercept(DesignPlan const& plan) {
  return plan.factors.size() == 1 && plan.z.names.size() == 1 && plan.z.columns.front().empty();
}

// As the estimator above says of the same model, whatever the degrees of freedom. Only where clusters are no more than
// coefficients is there anything to look at.
std::string too_few_clusters(DesignPlan const& plan, Design const& design) {
  if (!is_random_intercept(plan) || static_cast<Eigen::Index>(design.clusters()) > design.x.cols()) return "";
  Design copy = design;
  complete_x(copy);
  OrthogonalBasis const basis(std::move(copy.x), collinearity_tolerance(plan));
  return basis.finite() ? random_intercept_problem(design, basis, plan.factors.front().name) : "";
}

// Methods whose clusters are named by (1 | therapist) and that are for one thing only.
void check_nested(AnalysisSpec const& spec, Formula const& formula, Method method) {
  auto const& name = method_words().at(static_cast<std::size_t>(method));
  auto const refuse = [&](std::string const& what) {
    throw FormulaError(spec.formula, fmt::format("method = \"{}\" {}", name, what));
  };
  if (formula.random.empty()) refuse("needs (1 | therapist), which names the clusters");
  if (spec.family != Family::gaussian) refuse("compares means: family has to be gaussian");
  if (spec.se != StandardErrors::classical) refuse("has standard errors of its own: leave se out");
  auto const& fixed = formula.fixed;
  bool const one_factor = fixed.intercept && fixed.terms.size() == 1 && fixed.terms.front().size() == 1;
  if (method == Method::nested_anova && !one_factor) refuse("is for y ~ arm + (1 | therapist), with one factor");
}

}  // namespace

void Estimators::check(AnalysisSpec const& spec, Formula const& formula, Method method) {
  auto const refuse = [&](std::string const& what) { throw FormulaError(spec.formula, what); };
  bool const random = !formula.random.empty();
  bool const survival = formula.is_survival();
  if (is_lagged(method) && (spec.family != Family::gaussian || spec.se != StandardErrors::classical))
    refuse(
        "a lagged model is of a number, not of 0 and 1 or Surv(time, event); its standard errors are robust as they are: "
        "leave family and se out");
  if (!is_lagged(method) && !formula.time().empty())
    refuse("lag() is for lagged models; say method = \"lagged\", or leave method out");
  if (survival != (spec.family == Family::cox || method == Method::discrete_time))
    refuse(survival ? "Surv(time, event) on the left needs family = \"cox\" or method = \"discrete-time\""
                    : "a model of times needs Surv(time, event) on the left");
  if (method == Method::mixed && !random) refuse("method = \"mixed\" needs a random term such as (1 | therapist)");
  if (survival && method == Method::mixed)
    refuse(
        "there are no random effects in models of times; say se = \"CR2\" for standard errors robust to clusters, which "
        "(1 | therapist) then names");
  bool const nested = method == Method::fixed_clusters || method == Method::nested_anova;
  if (nested) check_nested(spec, formula, method);
  bool const names_clusters = nested || method == Method::cluster_level || spec.se == StandardErrors::cr2;
  if (random && method != Method::mixed && !names_clusters && !is_lagged(method))
    refuse("method = \"ols\" has no place for a random term; leave the term out or say method = \"mixed\"");
  if (random && !is_lagged(method) && (method != Method::mixed || spec.family == Family::binomial) &&
      !is_random_intercept(formula))
    refuse(spec.family == Family::binomial ? "a logistic mixed model has one random intercept, (1 | therapist)"
                                           : "clusters are named by one random intercept, (1 | therapist)");
  bool const linear_mixed = method == Method::mixed && spec.family == Family::gaussian;
  if (!linear_mixed && (spec.df == DfMethod::kenward_roger || spec.df == DfMethod::between_within))
    refuse("df = \"kenward-roger\" and \"between-within\" are for linear mixed models");
  if (spec.nagq > 1 && !(method == Method::mixed && spec.family == Family::binomial))
    refuse("nagq is for logistic models with a random intercept");
  if (spec.se != StandardErrors::classical && method == Method::mixed)
    refuse("se: robust standard errors are for models without random effects; say method = \"ols\"");
  if (spec.se == StandardErrors::hc3 && spec.family != Family::gaussian) refuse("se = \"HC3\" is for least squares");
  if (spec.se == StandardErrors::cr2 && spec.family == Family::binomial)
    refuse("se = \"CR2\" is for least squares and Cox's model; for clusters in a logistic model add (1 | therapist)");
  if (method == Method::cluster_level && spec.family != Family::gaussian)
    refuse("method = \"cluster-level\" compares means: family has to be gaussian");
}

void Estimators::estimate(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design,
                          Further const& further, Fit& fit) {
  if (plan.response.size() == 2) return survival(spec, method, plan, design, fit);
  if (is_lagged(method))
    return lagged_.fit(plan, design, method == Method::lagged ? LagBias::corrected : LagBias::kept, fit);
  if (spec.family == Family::binomial) return logistic(spec, method, plan, design, fit);
  if (method == Method::cluster_level) return cluster_means_of(plan, design, fit);
  if (method == Method::fixed_clusters)
    return fit_fixed_clusters(design, collinearity_tolerance(plan), plan.factors.front().name, fit);
  if (method == Method::nested_anova) return anova_.fit(plan, design, further.alpha, fit);
  if (method == Method::mixed) return mixed(spec, plan, design, further, fit);
  least_squares(spec, plan, design, fit);
}

void Estimators::mixed(AnalysisSpec const& spec, DesignPlan const& plan, Design& design, Further const& further, Fit& fit) {
  double const tolerance = collinearity_tolerance(plan);
  bool const simple_df = spec.df == DfMethod::satterthwaite || spec.df == DfMethod::wald;
  if (further.variance_rows || !is_random_intercept(plan) || !simple_df) {
    auto const problem = too_few_clusters(plan, design);
    if (!problem.empty()) return not_estimable(fit, problem);
    mixed_.fit(plan, design, tolerance, spec.df, fit);
    bool const estimated = fit.status != FitStatus::not_estimable;
    if (further.variance_rows && estimated && !mixed_.nested())
      not_estimable(fit, "sd() and icc() need nested grouping factors; these cross");
    return;
  }
  if (further.details) {  // of the same model; the coefficients remain those that studies get
    Design copy = design;
    Fit same = fit;
    mixed_.fit(plan, copy, tolerance, DfMethod::wald, same);
  }
  auto const basis = basis_of(plan, design, fit);
  if (basis) fit_random_intercept(design, *basis, plan.factors.front().name, spec.df, fit);
}

void Estimators::add_rows(std::vector<VarianceRow> const& rows, double alpha, Fit& fit) {
  if (rows.empty()) return;
  auto const model = fit.method == Method::mixed ? mixed_.nested() : std::nullopt;
  if (model) variances_.assign(*model, 1 - alpha);
  for (auto const& row : rows) {
    if (fit.method == Method::nested_anova)
      fit.coefficients.push_back(anova_.row(row));
    else
      fit.coefficients.push_back(model ? variances_.row(row) : Coefficient{.term = row.term});
  }
}

void Estimators::describe(DesignPlan const& plan, Design const& design, Table const& table, FitOptions const& options,
                          Fit& fit) {
  if (fit.method == Method::nested_anova) return anova_.describe_variances(plan, fit);
  if (fit.method != Method::mixed || fit.family != Family::gaussian) return;
  auto const model = mixed_.nested();
  if (!model) return;
  variances_.assign(*model, 1 - options.alpha);
  describe_variances(plan, variances_, fit);
  if (options.ranef) predict_effects(plan, design, table, *model, fit);
}

void Estimators::logistic(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design, Fit& fit) {
  auto const basis = basis_of(plan, design, fit);
  if (!basis) return;
  if (method != Method::mixed) return logistic_.fit(design, *basis, fit);
  auto const nodes = static_cast<int>(spec.nagq);
  auto& estimator = logistic_mixed_.try_emplace(nodes, nodes).first->second;
  estimator.fit(design, *basis, plan.factors.front().name, fit);
}

void Estimators::survival(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design, Fit& fit) {
  if (method == Method::discrete_time) return discrete_time(plan, design, fit);
  auto const basis = cox_basis(design.x, collinearity_tolerance(plan));
  if (!basis.finite()) return not_estimable(fit, "products of columns too large for double precision");
  auto const errors = spec.se == StandardErrors::cr2 ? CoxErrors::clustered : CoxErrors::model;
  cox_.fit(design, design.event, basis, errors, fit);
}

// Of the expanded rows' logistic regression, what belongs to the covariates; the periods' intercepts are not reported.
void Estimators::discrete_time(DesignPlan const& plan, Design& design, Fit& fit) {
  expand_person_period(design, design.event, plan.x.names, expanded_);
  if (!expanded_.design.problem.empty()) return not_estimable(fit, expanded_.design.problem);
  Fit whole = fit;
  whole.coefficients.clear();
  for (auto const& name : expanded_.names) whole.coefficients.push_back({.term = name});
  auto const basis = basis_of(plan, expanded_.design, whole);
  if (basis) logistic_.fit(expanded_.design, *basis, whole);
  auto const periods = static_cast<std::ptrdiff_t>(expanded_.periods.size());
  whole.coefficients.erase(whole.coefficients.begin(), whole.coefficients.begin() + periods);
  fit = std::move(whole);
}

void Estimators::least_squares(AnalysisSpec const& spec, DesignPlan const& plan, Design& design, Fit& fit) {
  auto const basis = basis_of(plan, design, fit);
  if (!basis) return;
  fit_ols(design, *basis, "rows", fit);
  if (spec.se == StandardErrors::classical || fit.status != FitStatus::ok) return;
  LeastSquares const ls(design.y, *basis);
  if (spec.se == StandardErrors::hc3) return robust_.hc3(*basis, ls, fit);
  robust_.cr2(*basis, ls, design.cluster(), design.clusters(), plan.factors.front().name, fit);
}

void Estimators::cluster_means_of(DesignPlan const& plan, Design& design, Fit& fit) {
  auto means = cluster_means(design);
  auto const means_basis = basis_of(plan, means, fit);
  auto const basis = basis_of(plan, design, fit);
  if (!basis || !means_basis) return;
  LeastSquares const ls(design.y, *basis);
  cluster_test_.fit({design, *basis, ls, means, *means_basis}, plan.factors.front().name, fit);
}

}  // namespace bordin
