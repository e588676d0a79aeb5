#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/mixed_model.hpp"
#include "mixed/variance_shares.hpp"
#include "mixed/variance_tests.hpp"

namespace bordin {

//! A row of AnalysisSpec::test about random effects: "sd(therapist)", "sd(time | therapist)" or "icc(therapist)".
struct VarianceRow {
  enum class Of : std::int8_t { sd, icc };
  Of of = Of::sd;
  std::size_t block = 0;  //!< of the plan
  int effect = 0;         //!< column of Z
  std::string term;       //!< what the row is called
};

//! What `word` asks for; none where it does not look like such a row. Throws FormulaError, naming the rows there are, when
//! the model has no such random effect.
std::optional<VarianceRow> variance_row(std::string const& formula, DesignPlan const& plan, std::string const& word);

//! Tests and intervals for the variances of one fitted model; NaN where the search for the estimates, or that without the
//! variance in question, did not end at a certified minimum. Keeps its memory.
class VarianceInference {
 public:
  //! `model` stays in use.
  void assign(NestedModel const& model, double confidence);

  //! Likelihood ratio against the model without the effect and its covariances.
  VarianceTest test(std::size_t block, int effect);
  ShareInterval standard_deviation(std::size_t block, int effect) const;
  //! Intraclass correlation: of all variance of the intercepts and the residual, the part of this block.
  ShareInterval share(std::size_t block, int effect) const;
  Coefficient row(VarianceRow const& row);

 private:
  double criterion_without(std::size_t block, int effect);

  std::optional<NestedModel> model_;
  VarianceShares shares_;
  NestedFit reduced_;
};

//! Fills variance_tests and icc of `fit`: every variance of every factor.
void describe_variances(DesignPlan const& plan, VarianceInference& inference, Fit& fit);

}  // namespace bordin
