#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/design_plan.hpp"
#include "analysis/group_shapes.hpp"
#include "core/table.hpp"
#include "mixed/nested_sums.hpp"

namespace bordin {

//! What an estimator is given: the complete rows of one data set as numbers.
struct Design {
  Eigen::MatrixXd x;                      //!< rows x coefficients; columns that have shapes only after complete_x()
  Eigen::MatrixXd z;                      //!< rows x random effects
  Eigen::VectorXd y;                      //!< rows; of Surv() the time
  Eigen::VectorXd event;                  //!< of Surv(): 1 = it happened, 0 = not until `y`
  std::vector<double> time;               //!< of a plan with `time`: the number of the session
  std::vector<Grouping> factors;          //!< as in the plan
  GroupShapes shapes;                     //!< of a plan with factorings
  std::vector<std::size_t> complete;      //!< the complete rows of the table; empty where no row was left out
  std::vector<std::string> empty_levels;  //!< categories of the formula that no complete row has: `arm = "CBT"`
  std::string problem;                    //!< why these numbers cannot be fitted at all; empty = they can

  //! Of the first factor, per row 0 .. clusters()-1; empty without one.
  std::vector<std::int32_t> const& cluster() const;
  std::size_t clusters() const { return factors.empty() ? 0 : static_cast<std::size_t>(factors.front().groups); }
};

//! Leaves out rows with a missing value in any variable of the formula (a NaN that log() makes counts as missing, as in R).
//! A plan with `time` leaves out only those of which it is not known who they are of, and when: x and y keep what is
//! missing as NaN. There, x has the columns of lag() as they stand in the row itself.
//! Throws Error only when a column is gone or has other levels than in the layout.
//! `design` may be one of another data set: its memory is used again.
void build_design(DesignPlan const& plan, Table const& table, Design& design);
Design build_design(DesignPlan const& plan, Table const& table);

//! Columns of X that have shapes, row by row.
void complete_x(Design& design);

}  // namespace bordin
