#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "scenario/fields.hpp"

namespace bordin {

//! How a formula is fitted. `automatic` follows from the formula: lag() makes it lagged, a random term mixed, nothing of
//! the kind ols.
enum class Method : std::int8_t {
  automatic,
  ols,
  cluster_level,
  mixed,
  discrete_time,
  fixed_clusters,
  nested_anova,
  lagged,
  lagged_uncorrected
};
Words const& method_words();
inline bool is_lagged(Method method) {
  return method == Method::lagged || method == Method::lagged_uncorrected;
}

//! What the response is: a number, 0 or 1, or a time until something happens (Surv(time, event)).
enum class Family : std::int8_t { gaussian, binomial, cox };
Words const& family_words();

//! Where the degrees of freedom of a mixed model's t tests come from.
enum class DfMethod : std::int8_t { satterthwaite, kenward_roger, between_within, wald };
Words const& df_words();

//! Standard errors of models without random effects; CR2 and the robust ones of Cox's model take clusters.
enum class StandardErrors : std::int8_t { classical, hc3, cr2 };

//! What a researcher asks of a data set: one formula in lme4's notation and how to fit it.
struct AnalysisSpec {
  std::string name;
  std::string formula;
  Method method = Method::automatic;
  Family family = Family::gaussian;
  DfMethod df = DfMethod::satterthwaite;
  StandardErrors se = StandardErrors::classical;
  std::int64_t nagq = 1;          //!< nodes of adaptive Gauss-Hermite quadrature; 1 = Laplace
  std::vector<std::string> test;  //!< coefficients, variables, sd() and icc(); empty = all but the intercept

  void describe(FieldVisitor& field);
};

//! What `automatic` stands for in this analysis, otherwise its method. Throws FormulaError.
Method method_of(AnalysisSpec const& spec);

//! How it tests, in words: "Satterthwaite's degrees of freedom"; empty where there is nothing to choose.
std::string inference_text(AnalysisSpec const& spec, Method method);

//! Where the degrees of freedom of this analysis come from: a word of `df`, or "residual" or "clusters".
std::string df_source(AnalysisSpec const& spec, Method method);

//! What became of a fit. Written to files as these numbers.
enum class FitStatus : std::uint8_t { ok = 0, singular = 1, not_converged = 2, not_estimable = 3 };
std::string const& fit_status_name(FitStatus status);
//! Do the estimates stand? A singular fit has found its optimum, at the edge.
inline bool is_usable(FitStatus status) {
  return status == FitStatus::ok || status == FitStatus::singular;
}

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

//! One row of a coefficient table; NaN where the fit could not say.
struct Coefficient {
  std::string term;  //!< as lme4 names it: "(Intercept)", "time:treatment", "armCBT"
  double estimate = not_a_number;
  double std_error = not_a_number;
  double df = not_a_number;
  double statistic = not_a_number;  //!< t, or z where df is infinite
  double p_value = not_a_number;    //!< two-sided
  double lower = not_a_number;      //!< of the two-sided interval at the level asked for
  double upper = not_a_number;
};

//! One variance (term2 empty) or covariance of the random effects.
struct VarianceComponent {
  std::string group;
  std::string term1;
  std::string term2;
  double value = not_a_number;
  double sd_or_correlation = not_a_number;
};

//! Is there such a variance? Likelihood ratio (nested analysis of variance: F) against the model without it.
struct TestedVariance {
  std::string group;
  std::string term;
  double statistic = not_a_number;
  double p_value = not_a_number;
};

//! The share of the intercepts' variance of this factor of all variance, where the other random effects' columns are 0.
struct IntraclassCorrelation {
  std::string group;
  double estimate = not_a_number;
  double lower = not_a_number;
  double upper = not_a_number;
};

//! What the model expects of one group's random effect (best linear unbiased prediction).
struct PredictedEffect {
  std::string group;
  std::string level;  //!< which group: "7", "north:7"
  std::string term;
  double value = not_a_number;
  double sd = not_a_number;           //!< conditional standard deviation
  double reliability = not_a_number;  //!< 1 - sd^2 / variance
};

struct GroupCount {
  std::string name;
  std::size_t count = 0;
};

struct Fit {
  FitStatus status = FitStatus::not_estimable;
  std::string message;  //!< why, when the status is not ok
  Method method = Method::ols;
  Family family = Family::gaussian;
  bool reml = false;
  std::size_t observations = 0;  //!< rows without a missing value in any variable of the formula
  std::vector<GroupCount> groups;
  std::vector<Coefficient> coefficients;
  std::vector<VarianceComponent> variances;  //!< without the residual
  double sigma = not_a_number;               //!< residual SD
  double criterion = not_a_number;           //!< mixed: REML criterion or -2 log-likelihood, constants as in lme4
  double newton_decrement = not_a_number;
  int iterations = 0;

  // With FitOptions::details; variances of nested factors only.
  double aic = not_a_number;  //!< from the criterion, as R counts parameters; comparable among models fitted alike
  double bic = not_a_number;
  std::size_t parameters = 0;  //!< that they count
  std::vector<TestedVariance> variance_tests;
  std::vector<IntraclassCorrelation> icc;
  std::vector<PredictedEffect> ranef;  //!< with FitOptions::ranef

  Coefficient const& coefficient(std::string const& term) const;  //!< throws Error with the nearest name
};

//! What is asked of the tests: p-values alone cost less.
enum class Inference : std::int8_t { intervals, p_values };

struct FitOptions {
  double alpha = 0.05;  //!< 1 - coverage of the intervals
  bool reml = true;
  bool details = false;  //!< what costs time and studies do not ask for: tests and shares of variances, AIC, BIC
  bool ranef = false;    //!< predicted random effects; with details
  Inference inference = Inference::intervals;
};

//! A formula made ready for tables of one layout (same columns, types and levels), to be fitted to many of them.
//! Thread-safe: fit() keeps nothing.
class Analysis {
 public:
  //! Throws FormulaError when the formula cannot be understood or names a column the table does not have.
  Analysis(AnalysisSpec spec, Table const& layout);
  ~Analysis();
  Analysis(Analysis&&) noexcept;
  Analysis& operator=(Analysis&&) noexcept;

  AnalysisSpec const& spec() const;
  Method method() const;  //!< never automatic
  //! The coefficients every fit has, in this order. Levels of a category that the data happen not to have keep their place.
  //! Behind them stand sd() and icc() of random effects that spec().test asks for; these have no standard error.
  std::vector<std::string> const& terms() const;
  //! Indices into terms() of what spec().test asks for.
  std::vector<std::size_t> const& tested() const;
  //! Never throws because of the numbers in `table`: what cannot be estimated is a status with a message.
  Fit fit(Table const& table, FitOptions const& options) const;

 private:
  struct Plan;
  std::unique_ptr<Plan const> plan_;
};

}  // namespace bordin
