#pragma once

#include <filesystem>
#include <string>

#include "simulation/world.hpp"
#include "study/study.hpp"

namespace bordin {

//! Writes one replication into `folder` (made if need be) as therapists.csv, clients.csv, sessions.csv, truth_*.csv and
//! estimates.csv, for R and others: numbers with all their digits, missing as NA, categories as words. Therapists and
//! clients have their numbers, from 0, in a column "therapist" or "client", by which tables can be merged.
//! Throws ResultFileError when a file cannot be written, or exists and is not to be overwritten.
void write_csv(std::filesystem::path const& folder, Study const& study, Replication const& replication, bool overwrite);

}  // namespace bordin
