#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

namespace bordin {
namespace {

constexpr std::size_t most_listed = 20;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

struct Character {
  std::uint32_t code;
  std::size_t bytes;
};

//! The UTF-8 character that begins `text`; nothing where there is none.
std::optional<Character> first_character(std::string_view text) {
  auto const first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return Character{.code = first, .bytes = 1};
  std::size_t const bytes = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) return std::nullopt;
  std::uint32_t code = first & (0x7FU >> bytes);
  for (char const c : text.substr(1, bytes - 1)) {
    if (!continues_character(c)) return std::nullopt;
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  bool const valid = code >= least[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return valid ? std::optional(Character{.code = code, .bytes = bytes}) : std::nullopt;
}

//! Controls, line separators, and marks that turn the direction of writing.
bool is_printable(std::uint32_t code) {
  bool const control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  bool const layout = (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                      (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
  return !control && !layout;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const substituted = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

bool looks_numeric(std::string const& cell) {
  return !cell.empty() && (is_digit(cell.back()) || cell == "-" || cell.back() == '%') &&
         (is_digit(cell.front()) || cell.front() == '-' || cell.front() == '<' || cell.front() == '.');
}

std::size_t display_width(std::string const& text) {  // counts code points, good enough for our own words
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

}  // namespace

std::string did_you_mean(std::string_view word, std::vector<std::string> const& candidates) {
  if (candidates.empty()) return "";
  auto const distance = [&](std::string const& c) { return edit_distance(word.substr(0, 64), c); };
  auto const nearest = std::min_element(candidates.begin(), candidates.end(),
                                        [&](auto const& a, auto const& b) { return distance(a) < distance(b); });
  if (distance(*nearest) <= std::max<std::size_t>(2, nearest->size() / 3))
    return fmt::format("; did you mean \"{}\"?", *nearest);
  if (candidates.size() <= most_listed) return fmt::format("; there is {}", enumerate_words(candidates));
  std::vector<std::string> nearer = candidates;
  std::stable_sort(nearer.begin(), nearer.end(), [&](auto const& a, auto const& b) { return distance(a) < distance(b); });
  nearer.resize(most_listed / 4);
  return fmt::format("; the nearest of {} are {}", candidates.size(), enumerate_words(nearer));
}

std::string one_line(std::string_view text, std::size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    auto const character = first_character(text);
    std::size_t const bytes = character ? character->bytes : 1;
    bool const blank = text[0] == '\n' || text[0] == '\r' || text[0] == '\t';
    if (blank) {
      out += ' ';
    } else if (character && is_printable(character->code)) {
      out += text.substr(0, bytes);
    } else {
      out += '?';
    }
    text.remove_prefix(bytes);
  }
  if (out.size() <= most_bytes) return out;
  std::size_t tail = out.size() - most_bytes / 3;  // what to do about it stands at the end
  while (tail < out.size() && continues_character(out[tail])) ++tail;
  return shortened(out, most_bytes - most_bytes / 3) + " " + out.substr(tail);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const character = first_character(text);
    if (!character) return false;
    text.remove_prefix(character->bytes);
  }
  return true;
}

std::string shortened(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return std::string(text);
  while (most_bytes > 0 && continues_character(text[most_bytes])) --most_bytes;
  return std::string(text.substr(0, most_bytes)) + "...";
}

std::string enumerate_words(std::vector<std::string> const& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    text += words[i];
  }
  return text;
}

std::string slug(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_word(name[i])) {
      out += lower(name[i]);
    } else if (bool const before_digit = i + 1 < name.size() && is_digit(name[i + 1]) && name[i] == '-'; !before_digit) {
      if (!out.empty() && out.back() != '_') out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size() || error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string bytes_text(double bytes) {
  constexpr char const* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  while (bytes >= 1000.0 && unit + 1 < std::size(units)) {
    bytes /= 1000.0;
    ++unit;
  }
  return unit == 0 || bytes >= 100 ? fmt::format("{:.0f} {}", bytes, units[unit])
                                   : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string duration_text(double seconds) {
  if (seconds < 0.1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 90) return fmt::format("{:.1f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.1f} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.1f} h", seconds / 3600);
  return fmt::format("{:.3g} days", seconds / 86400);
}

std::string count_text(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string aligned_table(std::vector<std::vector<std::string>> const& rows) {
  std::vector<std::size_t> widths;
  for (auto const& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  auto const column_is_numeric = [&](std::size_t i) {
    return rows.size() > 1 && std::all_of(rows.begin() + 1, rows.end(), [i](auto const& row) {
             return i >= row.size() || row[i].empty() || looks_numeric(row[i]);
           });
  };
  std::vector<bool> numeric;
  for (std::size_t i = 0; i < widths.size(); ++i) numeric.push_back(column_is_numeric(i));
  std::string out;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string const padding(widths[i] - display_width(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (numeric[i] ? padding + row[i] : row[i] + padding);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace bordin
