#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bordin {

//! "; did you mean \"x\"?" for the candidate nearest to `word`; a list of the candidates when none is near, of many the
//! nearest.
std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates);

//! `text` as one line of printable UTF-8, however it looks inside: line ends and tabs become blanks, what cannot be printed
//! "?", and of something endless the middle is left out.
std::string one_line(std::string_view text, std::size_t most_bytes = 1500);

bool is_utf8(std::string_view text);

//! The beginning of `text` when it is longer than `most_bytes`, with "..." behind it; no character is cut in two.
std::string shortened(std::string_view text, std::size_t most_bytes);

//! "a, b and c"
std::string enumerate_words(std::vector<std::string> const& words, std::string_view last = "and");

//! A name for columns, groups of an HDF5 file and the like: [a-z0-9_]+. "CORE-OM" -> core_om, "PHQ-9" -> phq9.
std::string slug(std::string_view name);

//! Shortest text that reads back as the same double; always with a point or exponent ("1.0").
std::string number_text(double value);

//! The finite number that `text` is as a whole, with a decimal point; nothing where it is none.
std::optional<double> read_number(std::string_view text);

//! "1.3 GB", "12 kB" (decimal units).
std::string bytes_text(double bytes);

//! "3.2 s", "12 min", "4.1 h".
std::string duration_text(double seconds);

//! "1 thread", "2 threads"
std::string count_text(std::uint64_t count, std::string_view singular);

//! Lines of equal-width columns; the first row is the heading. Numbers (and "-") are set flush right.
std::string aligned_table(std::vector<std::vector<std::string>> const& rows);

}  // namespace bordin
