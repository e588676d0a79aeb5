#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "planning/grid.hpp"
#include "planning/trials.hpp"

namespace bordin {

struct PowerOptions {
  std::uint64_t seed = 1;
  std::uint32_t replications = 1000;  //!< per cell; at most, with until_half_width
  int threads = 0;                    //!< 0 = all cores; changes no number
  //! 0 = all replications. Else a cell is done at the first look at which the 95 % intervals of all its tests are at most
  //! this wide to either side; looks are at 500, 1000, 2000, 4000 ... replications whatever the threads.
  double until_half_width = 0;
};

//! One test in one cell of a grid.
struct PowerRow {
  std::size_t cell = 0;
  std::string analysis;
  std::string term;
  std::uint32_t replications = 0;
  int looks = 1;
  Proportion power;               //!< of the fits that can be used
  Proportion power_failed_as_no;  //!< failed fits count as not rejecting
  Proportion failed;
  std::optional<Proportion> type_one;  //!< in the null world that the scenario names, if it is one
  std::string no_type_one;             //!< why there is none
  std::optional<double> closed_form;   //!< power by formula, where one is exact
};

//! Two tests on the same replications: of two analyses in one cell, or of one in two cells that lie beside each other.
struct PowerContrast {
  std::size_t cell = 0;
  std::string test;  //!< "analysis: term"
  std::size_t other_cell = 0;
  std::string other_test;
  PairedDifference difference;
};

struct PowerResult {
  PowerOptions options;
  std::vector<std::string> keys;             //!< what varies
  std::vector<std::vector<Node>> values;     //!< by cell
  std::vector<PowerRow> rows;                //!< in order of cells
  std::vector<PowerContrast> between_tests;  //!< of other analyses with the primary test, in each cell
  std::vector<PowerContrast> between_cells;  //!< with the cell before on the last axis
  std::size_t cells = 0;                     //!< finished; fewer than values when stopped
  std::vector<std::string> warnings;
};

//! Replications that run_power will make at most, those of null worlds among them; for showing progress. Throws, before
//! anything is run, when a cell is an impossible scenario.
std::size_t power_replications(Scenario const& scenario, Grid const& grid, PowerOptions const& options);

//! Power, and type I error where the scenario names null worlds, of every test in every cell. All cells use the same seed
//! and so share all randomness that they can. `finished` is told of every cell that is done. control.stop ends it early
//! with all cells finished so far.
PowerResult run_power(Scenario const& scenario, Grid const& grid, PowerOptions const& options, RunControl& control,
                      std::function<void(PowerResult const&)> const& finished = nullptr);

}  // namespace bordin
