#pragma once

#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "core/table.hpp"
#include "simulation/world.hpp"

namespace bordin {

//! The columns that a formula names, in one table: one row per client, or one per client and occasion when any of the names
//! is a variable of sessions only (then the variables of clients are repeated). Therapists' variables are given to their
//! clients. Throws Error with the nearest name.
Table analysis_table(Dataset const& data, std::vector<std::string> const& names);

//! Whether that table has a row per client and occasion.
bool is_of_sessions(Dataset const& data, std::vector<std::string> const& names);

//! The columns an analysis needs: those its formula names, and the therapist where the cluster-level test is to average
//! over clusters that the formula does not name. Throws FormulaError.
std::vector<std::string> variables_of(AnalysisSpec const& spec);

}  // namespace bordin
