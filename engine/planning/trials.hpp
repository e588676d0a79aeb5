#pragma once

#include <string>
#include <vector>

#include "planning/decisions.hpp"
#include "study/study.hpp"

namespace bordin {

//! One test of a study: an analysis and one of the terms it tests.
struct TestedTerm {
  std::size_t analysis = 0;
  std::size_t term = 0;
  std::string name;  //!< "analysis: term", as study.primary says it
};
std::vector<TestedTerm> tested_terms(Study const& study);

//! The test that study.primary names, else the first. Throws Error when no analysis tests anything.
std::size_t primary_test(Study const& study, std::vector<TestedTerm> const& tests);

//! Replications `first` to `first + count - 1` added to `decisions`, one per test. Returns how many: fewer than `count`
//! only when control.stop was set.
std::uint32_t decide(Study const& study, std::vector<TestedTerm> const& tests, std::uint64_t seed, std::uint32_t first,
                     std::uint32_t count, int threads, RunControl& control, std::vector<Decisions>& decisions);

}  // namespace bordin
