#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/table.hpp"

namespace bordin {

//! What was read from somebody's CSV file, and what its owner should know about it.
struct CsvData {
  Table table;
  std::vector<std::string> notes;  //!< columns of numbers that a few words made into categories
};

//! Reads the columns `wanted` (none = all that have a name) of a CSV file, in the order of the file. (cli/csv.hpp writes.)
//!
//! The first line has the names; what separates cells (comma, semicolon or tab) is found out from it. Quotes are those of
//! RFC 4180; lines end in LF, CRLF or CR; blank lines do not count; text is UTF-8 with or without byte order mark.
//! Empty cells, NA, NaN and a point alone are missing. A column is of numbers if all its other cells are (int32 if
//! whole and small, otherwise double; with semicolons a decimal comma is understood); otherwise it is a category with the
//! levels it has in the order of their code points. TRUE and FALSE, in small letters too, have the levels FALSE, TRUE.
//! Whole numbers that a double would round, as long identifiers are, make a category.
//! Throws Error with file, line and column (both from 1, in characters), what was found, what was expected, and the remedy.
CsvData read_csv(std::filesystem::path const& file, std::vector<std::string> const& wanted = {});

//! The same of a text; `file` is what messages call it.
CsvData parse_csv(std::string_view text, std::string const& file, std::vector<std::string> const& wanted = {});

}  // namespace bordin
