#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "study/scenario.hpp"
#include "study/targets.hpp"

namespace bordin {

//! The seed of the scorecard. It was never used for calibrating a scenario.
inline constexpr std::uint64_t evidence_seed = 1953;

struct EvidenceOptions {
  std::int64_t clients = 1'000'000;  //!< per scenario, at least
  std::uint64_t seed = evidence_seed;
  int threads = 0;  //!< 0 = all cores; changes no number
};

//! What the engine gives for a statistic: mean over replications and its Monte Carlo standard error.
struct Figure {
  std::string statistic = {};
  double value = not_a_number;
  double mcse = not_a_number;
  std::string problem = {};  //!< why there is no value; empty if there is one
};

//! Named statistics of a scenario, each the mean over at least 20 replications. These keep the scenario's sessions and
//! caseloads and have more (or fewer) therapists than its design, so that about 20,000 clients are in each.
//! Empty when control.stop was set.
std::vector<Figure> measure_statistics(Scenario const& scenario, std::vector<std::string> const& statistics,
                                       EvidenceOptions const& options, RunControl& control);

struct EvidenceRow {
  Target target;
  Figure figure;
  Band band;
  bool holds = false;
};
EvidenceRow judged(Target const& target, Figure const& figure);

struct Evidence {
  EvidenceOptions options = {};
  std::vector<EvidenceRow> rows = {};  //!< in the order of the targets
  Figure joint_r2 = {},
         sum_of_r2 = {};  //!< of the relationship factors, in the scenario of the headline; without a name if not run
  bool stopped = false;
};

//! The published targets beside what the engine gives. A scenario or column that is not there is a row that says so.
Evidence run_evidence(std::vector<Target> const& targets, EvidenceOptions const& options, RunControl& control);

//! Replications that run_evidence will make, for showing progress.
std::size_t evidence_replications(std::vector<Target> const& targets, EvidenceOptions const& options);

}  // namespace bordin
