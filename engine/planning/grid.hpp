#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "scenario/tree.hpp"

namespace bordin {

//! What one axis of a grid varies: one key of the scenario, or several whose values are tied to each other.
struct Axis {
  std::vector<std::string> keys;
  std::vector<std::vector<Node>> points;  //!< each with a value per key
};

//! Reads `design.therapists=10:60:10` (from:to:step, both ends included), `alliance.effect=0,0.2,0.34` or, with values tied
//! together, `design.therapists,design.caseload=4,15/5,10/10,20`. Values are TOML; what is no TOML value is taken as text.
//! Throws Error with what is wrong and how it is written.
Axis parse_axis(std::string const& text);

//! All combinations of the points of the axes; the last axis varies fastest. No axes = one cell, the scenario as it is.
class Grid {
 public:
  explicit Grid(std::vector<Axis> axes);

  std::size_t cells() const;
  std::vector<std::string> keys() const;  //!< of all axes
  //! Values of a cell, in the order of keys().
  std::vector<Node> values(std::size_t cell) const;
  //! The same as changes of the scenario.
  std::vector<Node> overrides(std::size_t cell) const;
  //! The cell whose last axis stands one point before, all else equal; `cell` itself where there is none.
  std::size_t before(std::size_t cell) const;

 private:
  std::vector<Axis> axes_;
};

}  // namespace bordin
