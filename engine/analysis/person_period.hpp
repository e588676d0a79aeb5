#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/design_matrix.hpp"
#include "analysis/risk_sets.hpp"

namespace bordin {

//! Survival data in discrete time as one row per person and period at risk, ready for a logistic regression whose
//! coefficients are those of the discrete-time hazard model: logit P(leaves in t | still there) = a_t + x'b.
//!
//! A row of the survival data with time T is in the periods 1 .. T; y = 1 in the last one if it left then, 0 otherwise, so
//! that one who is censored in a period went through it. Only periods in which some leave and some stay have rows: where
//! nobody (or everybody) leaves, a_t is minus (plus) infinity at the maximum of the likelihood, whose factors there are 1
//! whatever b is.
struct PersonPeriod {
  Design design;                      //!< an indicator per period, then the covariates; clusters as in the survival data
  std::vector<std::string> names;     //!< of the columns: "period1", "period2", ..., covariates
  std::vector<std::int64_t> periods;  //!< that have rows
  std::vector<std::int32_t> person;   //!< per row of `design` the row of the survival data

  RiskSets sets;  // memory kept between calls
};

//! x = covariates without an intercept, y = times, `event` 1 = left, 0 = censored, `names` = of the covariates. What cannot
//! be expanded (times that are not 1, 2, 3 ..., no events, more than 100 periods with events) is said in
//! `out.design.problem`. Repeated with data of the same shape, allocates nothing.
void expand_person_period(Design const& survival, Eigen::VectorXd const& event, std::vector<std::string> const& names,
                          PersonPeriod& out);

}  // namespace bordin
