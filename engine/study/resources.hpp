#pragma once

#include <string>

#include "study/study.hpp"

namespace bordin {

//! What a run will take, in bytes; reckoned from the expected caseload.
struct Needs {
  double memory = 0;
  double disk = 0;
};
Needs needs_of(Study const& study, RunOptions const& options);

//! Throws ResourceError with both figures and what to change when the machine does not have what the run needs.
//! An empty path writes no file.
void refuse_too_large(Study const& study, RunOptions const& options, std::string const& disk_path);

//! The same scenario with about so many client-sessions at most: fewer therapists, and one caseload for all.
Scenario with_fewer_people(Scenario scenario, double most_client_sessions);

//! Seconds one replication takes on one thread: measured on a study of this kind, made smaller if it is large.
double measured_seconds(Study const& study);

}  // namespace bordin
