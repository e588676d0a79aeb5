#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/fields.hpp"
#include "scenario/read.hpp"

namespace bordin {

//! How sure a published figure is.
enum class Certainty : std::int8_t {
  verified = 0,    //!< V: read in the abstract, the paper, or a page that quotes it
  well_known = 1,  //!< M+: well known, not read again
  unchecked = 2,   //!< M?: to be checked against the paper
  derived = 3      //!< D: follows from a closed form or from verified figures
};
Words const& certainty_words();

//! One [[targets]] entry of scenarios/evidence/targets.toml: what was published, and which statistic of which scenario has
//! to land on it.
struct Target {
  std::string name;
  std::string quantity;
  std::string value;             //!< as printed
  std::vector<double> interval;  //!< [low, high] or empty
  std::optional<std::int64_t> k;
  std::optional<std::int64_t> n;
  std::string definition;
  std::string citation;
  std::string doi;
  Certainty certainty = Certainty::unchecked;
  std::string statistic;
  std::string scenario = "routine-care";
  std::string parameter;
  std::optional<double> move;
  std::string move_reason;
  std::string not_together;
  bool headline = false;

  void describe(FieldVisitor& field);
  //! Whether the scorecard stands and falls with it: certain enough, and not known to contradict the others.
  bool gates() const;
};

struct Band {
  double low = 0;
  double high = 0;
  bool holds(double estimate) const { return estimate >= low && estimate <= high; }
};

//! Where an estimate with this Monte Carlo standard error has to be: within the published interval or, where there is none,
//! within 3 standard errors and half a unit of the last printed digit around the published value.
Band accepted_band(Target const& target, double mcse);

//! Reads [[targets]]. Throws ScenarioError, also for a value that is no number without an interval.
std::vector<Target> read_targets(std::string const& text, std::string const& file);

//! Those that come with the engine: scenarios/evidence/targets.toml.
std::string_view published_targets_text();
std::vector<Target> const& published_targets();

}  // namespace bordin
