#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/lagged.hpp"

namespace bordin {

//! `formula` with its terms in the order of LaggedModel: the response's own lag(), other lag()s, the rest. Throws
//! FormulaError where it is no lagged model, with the place and what would be one.
Formula lagged_formula(std::string const& text, Formula formula);

//! The lagged within-client model of a formula: who is followed is the random intercept with most groups; what is
//! independent is that of the other one, if there are two. Keeps its memory from one data set to the next.
class LaggedAnalysis {
 public:
  //! `plan` is of a formula that lagged_formula() has ordered.
  void fit(DesignPlan const& plan, Design const& design, LagBias bias, Fit& fit);

 private:
  std::string set_sessions(DesignPlan const& plan, Design const& design);
  std::string nesting_problem(Grouping const& client, Grouping const& cluster, std::string const& client_name,
                              std::string const& cluster_name);

  LaggedModel model_;
  std::vector<std::int32_t> session_;
  std::vector<std::int32_t> cluster_of_;  // client
  Eigen::MatrixXd lagged_;
  Eigen::MatrixXd same_;
};

}  // namespace bordin
