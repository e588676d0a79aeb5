#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "planning/cost.hpp"
#include "planning/trials.hpp"

namespace bordin {

//! A number that is looked for, between two ends. Of a size (whole = true) power is taken to follow its root, of anything
//! else the number itself.
struct Unknown {
  std::string key;
  double low = 0, high = 0;
  bool whole = true;
};

//! Reads `design.therapists=5:120`. Whole numbers at both ends make it whole, unless the key is a parameter that is not.
//! Throws Error.
Unknown parse_unknown(std::string const& text, Scenario const& scenario);

//! The scenario with a number in the place of the unknown.
Scenario changed(Scenario const& scenario, Unknown const& unknown, double value);

struct SolveOptions {
  double power = 0.80;
  std::string test;  //!< "analysis: term"; empty = study.primary
  std::uint64_t seed = 1;
  std::uint32_t replications = 200'000;  //!< at most, at each point
  int threads = 0;                       //!< 0 = all cores; changes no number
};

//! One number at which the study was simulated.
struct SolvePoint {
  double at = 0;
  Proportion power;  //!< failed fits count as not rejecting
};

struct Solution {
  //! `below` / `above`: already reached at the near end of the range / nowhere within it.
  enum class Status : std::uint8_t { found, below, above, stopped };

  Status status = Status::stopped;
  std::string test;  //!< "analysis: term"
  Unknown unknown;
  double at = not_a_number;     //!< smallest number that reaches the power (largest, where power falls); whole if so wanted
  double lower = not_a_number;  //!< of the 95 % interval of that number
  double upper = not_a_number;
  double power = not_a_number;  //!< at `at`, from the curve
  double cost = not_a_number;   //!< where a cost was given
  std::vector<SolvePoint> points;
};

//! The smallest number that reaches options.power. Looks wider, then closer around the answer, with more replications until
//! the interval is narrow (3 whole numbers, or 6 %), all on the same random numbers.
Solution solve(Scenario const& scenario, Unknown const& unknown, SolveOptions const& options, RunControl& control);

//! Two unknowns: for values of the second, the smallest of the first that reaches the power; the cheapest of these pairs.
struct Frontier {
  Unknown second;
  std::vector<std::pair<double, Solution>> solutions;  //!< by value of the second, ascending
  std::optional<std::size_t> cheapest;                 //!< none where no pair reaches the power
  bool stopped = false;
};
Frontier solve_cheapest(Scenario const& scenario, Unknown const& first, Unknown const& second, Cost const& cost,
                        SolveOptions const& options, RunControl& control);

}  // namespace bordin
