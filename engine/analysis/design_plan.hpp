#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/formula.hpp"
#include "core/table.hpp"

namespace bordin {

//! A formula bound to the columns of a layout: which columns of the tables are read, which columns the model matrix X has
//! and how each is computed, as R's model.matrix does it (treatment contrasts, the first level as reference; all levels
//! where a term's margin is absent).
struct DesignPlan {
  struct Input {  //!< a column of the tables
    std::string name;
    std::size_t index = 0;  //!< where it stands in the layout
    std::vector<std::string> levels;
    bool only_groups = false;  //!< nothing else is asked of it than which group a row is in
  };
  struct BoundVariable {
    Variable source;
    std::vector<std::size_t> inputs;  //!< one per operation of Kind::column
    bool categorical = false;
  };
  struct Coding {  //!< what one variable contributes to one column of X
    std::size_t variable = 0;
    std::optional<int> level;  //!< the indicator of this level; none = the number itself
  };
  struct TermColumns {
    std::string text;  //!< "arm", "time:arm"
    std::vector<std::size_t> columns;
  };

  struct Matrix {
    std::vector<std::vector<Coding>> columns;  //!< each the product of its codings; the intercept has none
    std::vector<std::string> names;            //!< as R has them: "(Intercept)", "time:armCBT"
    std::vector<TermColumns> terms;
  };
  struct Factor {                     //!< a grouping factor
    std::string name;                 //!< "therapist", "clinic:therapist"
    std::vector<std::size_t> inputs;  //!< their combinations are the groups
  };
  struct RandomBlock {  //!< (effects | factor)
    std::size_t factor = 0;
    std::vector<int> effects;  //!< columns of Z
  };

  std::vector<Input> inputs;
  std::vector<BoundVariable> variables;  //!< of the fixed part, then of the random terms
  std::vector<BoundVariable> response;   //!< one, or time and event
  Matrix x;
  Matrix z;  //!< every random effect once, whichever factors have it
  std::vector<Factor> factors;
  std::vector<RandomBlock> blocks;
  //! A column of X as a column of Z times codings of other variables.
  struct Factoring {
    int effect = 0;
    std::vector<Coding> rest;
  };
  //! Per column of X all ways to do so, the least rest first. Empty without random effects, and where there is nothing but
  //! one random intercept, which has an estimator of its own.
  std::vector<std::vector<Factoring>> factorings;
  //! Some variable holds float32 values: exact linear relations between columns hold only to about 1e-7.
  bool single_precision = false;
  std::optional<std::size_t> time;  //!< the input that numbers sessions, where the formula has lag()
};

//! `cluster`: a grouping factor besides those of the formula, as for cluster-robust errors; empty = none.
//! Throws FormulaError for unknown columns and for categories that cannot be used.
DesignPlan plan_design(std::string const& formula_text, Formula const& formula, Table const& layout,
                       std::string const& cluster);

}  // namespace bordin
