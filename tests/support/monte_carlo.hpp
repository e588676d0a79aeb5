#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/moments.hpp"
#include "study/study.hpp"

namespace bordin::testing {

//! A Monte Carlo mean and its own standard error.
struct Estimate {
  double mean = 0;
  double se = 0;
  //! Distance from `expected` in standard errors. Checks ask for less than 4: about 6 false alarms in 100 000 seeds.
  double z(double expected) const { return std::abs(mean - expected) / se; }
};

inline Estimate mean_of(std::vector<double> const& values) {
  Moments moments;
  for (double const v : values) moments.add(v);
  return {.mean = moments.mean(), .se = moments.se()};
}

//! Mean of statistic(data set) over replications, each independent of the others.
template <class Statistic>
Estimate over_replications(Study const& study, std::uint32_t replications, Statistic const& statistic) {
  std::vector<double> values;
  for (std::uint32_t r = 0; r < replications; ++r) values.push_back(statistic(study.simulate(20'261'122, r)));
  return mean_of(values);
}

inline PairMoments pairs(std::vector<double> const& x, std::vector<double> const& y) {
  PairMoments out;
  for (std::size_t i = 0; i < x.size(); ++i) out.add(x[i], y[i]);
  return out;
}

inline std::vector<double> numbers(Table const& table, char const* name) {
  return table.column(name).numbers();
}

//! A scenario in which nothing happens but what `more` switches on: standard scores without error, nobody leaves, nobody
//! changes, therapists do not matter.
inline Scenario plain_world(std::vector<std::string> const& settings, std::string const& more = "") {
  std::string const text = R"(
title = "nothing happens"
[therapists]
alliance_share = 0.0
direct_sd = 0.0
retention_sd = 0.0
[clients]
change_sd = 0.0
[alliance]
match_share = 0.0
session_share = 0.0
effect = 0.0
[symptoms]
change = 0.0
severity_slope = 0.0
fluctuation_share = 0.0
[dropout]
enabled = false
baseline = 0.0
log_session = 0.0
early_alliance = 0.0
current_alliance = 0.0
severity = 0.0
gain = 0.0
[ending]
agreed = 0.0
good_enough = { probability = 0.0 }
[[instruments]]
name = "z-score"
[[instruments]]
name = "alliance-z-score"
)";
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return parse_scenario(text + more, "plain world", overrides);
}

}  // namespace bordin::testing
