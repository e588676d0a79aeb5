#pragma once

#include <string>

#include "planning/power.hpp"

namespace bordin {

//! The tables: power and type I error of every test in every cell, then paired differences; and what to know about them.
std::string power_text(PowerResult const& result);

//! A paragraph for the methods section of a paper, with the values of what varied.
std::string power_methods(PowerResult const& result, Scenario const& scenario);

//! Heading of the CSV file, and the lines of the last finished cell: a row per test.
std::string power_csv_heading(PowerResult const& result);
std::string power_csv_cell(PowerResult const& result);

}  // namespace bordin
