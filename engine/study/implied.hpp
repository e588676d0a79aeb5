#pragma once

#include <string>
#include <vector>

#include "study/scenario.hpp"

namespace bordin {

//! One line of a variance budget.
struct Share {
  std::string source;
  double variance = 0;
};

//! The undisturbed alliance (composite, one session): adds to 1.
std::vector<Share> alliance_budget(Scenario const& scenario);

//! The primary outcome at the reference length of the course if nobody leaves, in units of the latent score, with
//! measurement error. Closed form: linear combinations of the traits and of the session process; the part of therapists'
//! direct effects that depends on severity is a line of its own. Without an outcome instrument no measurement error.
std::vector<Share> outcome_budget(Scenario const& scenario);

double total(std::vector<Share> const& budget);

//! Mean and variance of max(0, 1 + slope X) for X ~ N(0, sd^2).
struct RampMoments {
  double mean = 1;
  double variance = 0;
};
RampMoments ramp_moments(double slope, double sd);

}  // namespace bordin
