#include "core/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace bordin {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 31U;
constexpr std::size_t longest_cell = 1'000'000;
constexpr std::size_t most_columns = 20'000;

// ---- the text and places in it

// Everything that can go wrong with a file's content ends in fail().
struct Source {
  std::string_view text;
  std::string file;

  [[noreturn]] void refuse(std::string const& problem) const { throw Error(file + ": " + problem); }

  [[noreturn]] void fail(std::size_t offset, std::string const& problem) const {
    auto const before = text.substr(0, offset);
    auto const last_end = before.find_last_of("\r\n");
    auto const line = before.substr(last_end == std::string_view::npos ? 0 : last_end + 1);
    auto const characters = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    throw Error(fmt::format("{}:{}:{}: {}", file, line_of(offset), characters + 1, problem));
  }

  std::size_t line_of(std::size_t offset) const {
    std::size_t line = 1;
    for (std::size_t i = 0; i < offset; ++i) {
      bool const alone = i + 1 == text.size() || text[i + 1] != '\n';
      if (text[i] == '\n' || (text[i] == '\r' && alone)) ++line;
    }
    return line;
  }
};

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

void refuse_other_formats(Source const& source) {
  constexpr char const* remedy = "save the data as CSV (in UTF-8) and name that file";
  auto const& text = source.text;
  if (text.starts_with("PK\x03\x04")) source.refuse(fmt::format("is a workbook or archive, not a CSV file; {}", remedy));
  if (text.starts_with("\x89HDF"))
    source.refuse("is an HDF5 file, not a CSV file; `bordin replay FILE --replication 0 --csv FOLDER` writes data as CSV");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    source.refuse(fmt::format("is text in UTF-16, but must be UTF-8; {}", remedy));
  if (auto const zero = text.find('\0'); zero != std::string_view::npos)
    source.fail(zero, fmt::format("a zero byte, so this is no text; {}", remedy));
}

// ---- records and cells

struct Cell {
  std::string_view text;  // without the quotes around it
  std::size_t offset = 0;
  bool has_quotes = false;  // doubled ones, inside
};

std::string unquoted(Cell const& cell) {
  std::string out;
  out.reserve(cell.text.size());
  for (std::size_t i = 0; i < cell.text.size(); ++i) {
    out += cell.text[i];
    if (cell.has_quotes && cell.text[i] == '"') ++i;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

class Records {
 public:
  Records(Source const& source, char separator) : source_(source), text_(source.text), separator_(separator) {}

  // Reads the next record that is no blank line into `cells`; those beyond `most` are counted, not kept. The number of
  // cells; 0 at the end.
  std::size_t next(std::vector<Cell>& cells, std::size_t most) {
    while (at_ < text_.size() && ends_line(text_[at_])) ++at_;
    cells.clear();
    if (at_ == text_.size()) return 0;
    std::size_t count = 0;
    do {
      auto const cell = at_ < text_.size() && text_[at_] == '"' ? quoted() : plain();
      if (count++ < most) cells.push_back(cell);
    } while (take_separator());
    return count;
  }

 private:
  bool take_separator() {
    if (at_ == text_.size() || text_[at_] != separator_) return false;
    ++at_;
    return true;
  }

  Cell plain() {
    std::size_t const start = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && !ends_line(text_[at_])) ++at_;
    check_length(start);
    return {text_.substr(start, at_ - start), start, false};
  }

  Cell quoted() {
    std::size_t const start = at_;
    bool doubled = false;
    for (++at_;; at_ += 2) {
      at_ = text_.find('"', at_);
      if (at_ == std::string_view::npos)
        source_.fail(start, "this quote is never closed; close it, or double it if it is part of the text");
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
      doubled = true;
    }
    check_length(start);
    Cell const cell{text_.substr(start + 1, at_ - start - 1), start, doubled};
    ++at_;
    if (at_ < text_.size() && text_[at_] != separator_ && !ends_line(text_[at_]))
      source_.fail(at_, fmt::format("\"{}\" behind a closing quote, where {} or the end of the line was expected; "
                                    "double the quotes that are part of the text",
                                    shortened(text_.substr(at_, 40), 12), separator_name(separator_)));
    return cell;
  }

  void check_length(std::size_t start) const {
    if (at_ - start > longest_cell)
      source_.fail(start, fmt::format("a cell of {} bytes, longer than the {} that are read; is a quote not closed?",
                                      at_ - start, longest_cell));
  }

 public:
  static std::string separator_name(char separator) {
    return separator == '\t' ? "a tab" : fmt::format("\"{}\"", separator);
  }

 private:
  Source const& source_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
};

// The one that stands most often in the first line, outside quotes; commas are the likeliest to be part of a name.
char separator_of(std::string_view text) {
  std::array<std::pair<char, std::size_t>, 3> counts{{{'\t', 0}, {';', 0}, {',', 0}}};
  bool quoted = false;
  auto const first = text.find_first_not_of("\r\n");
  for (char const c : first == std::string_view::npos ? "" : text.substr(first)) {
    quoted = quoted != (c == '"');
    if (!quoted && ends_line(c)) break;
    for (auto& [separator, count] : counts)
      if (!quoted && c == separator) ++count;
  }
  auto const most = std::max_element(counts.begin(), counts.end(), [](auto a, auto b) { return a.second < b.second; });
  return most->second == 0 ? ',' : most->first;
}

// ---- cells as numbers and words

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_missing(std::string_view text) {
  return text.empty() || is_one_of(text, {"NA", "NaN", "nan", "."});
}

std::optional<bool> truth(std::string_view text) {
  if (is_one_of(text, {"TRUE", "True", "true"})) return true;
  if (is_one_of(text, {"FALSE", "False", "false"})) return false;
  return std::nullopt;
}

bool is_rounded(std::string_view digits, double value) {
  constexpr double first_gap = 9007199254740992.0;  // 2^53: from here on not every whole number is a double
  return std::abs(value) >= first_gap && digits.find_first_not_of("-0123456789") == std::string_view::npos;
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || std::isnan(value) || is_rounded(text, value))
    return std::nullopt;
  return value;
}

std::optional<double> number_with_comma(std::string_view text) {
  constexpr std::size_t longest = 400;  // digits of a double written out
  auto const comma = text.find(',');
  if (comma == std::string_view::npos || text.size() > longest || text.find('.') != std::string_view::npos)
    return number(text);
  std::string with_point(text);
  with_point[comma] = '.';
  return number(with_point);
}

// ---- columns

struct Header {
  std::vector<Cell> cells;
  std::vector<std::string> names;
};

// A column on its way: its numbers while all cells are numbers, and how many of each kind there were.
struct Draft {
  std::size_t place = 0;
  std::string name;
  std::vector<double> numbers = {};
  std::size_t count = 0;   // cells that are numbers
  std::size_t truths = 0;  // TRUE or FALSE
  std::size_t words = 0;   // anything else that is not missing
  Cell first_word = {};

  bool is_numeric() const { return truths + words == 0; }
  bool is_logical() const { return truths > 0 && count + words == 0; }

  void take(Cell const& cell, bool decimal_comma) {
    auto const text = trimmed(cell.text);
    auto const value = decimal_comma ? number_with_comma(text) : number(text);
    numbers.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    if (value) {
      ++count;
    } else if (is_missing(text)) {
      return;
    } else if (truth(text)) {
      ++truths;
    } else if (words++ == 0) {
      first_word = cell;
    }
  }
};

Column column_of(std::string name, Column::Values values, std::vector<std::string> levels = {}) {
  return {.name = std::move(name), .unit = "", .description = "", .values = std::move(values), .levels = std::move(levels)};
}

Column numeric_column(Draft&& draft) {
  constexpr double most = std::numeric_limits<std::int32_t>::max();
  auto const small = [](double x) { return std::isnan(x) || (std::abs(x) <= most && x == std::floor(x)); };
  if (!std::all_of(draft.numbers.begin(), draft.numbers.end(), small))
    return column_of(std::move(draft.name), std::move(draft.numbers));
  std::vector<std::int32_t> whole(draft.numbers.size());
  std::transform(draft.numbers.begin(), draft.numbers.end(), whole.begin(),
                 [](double x) { return std::isnan(x) ? missing_code<std::int32_t> : static_cast<std::int32_t>(x); });
  return column_of(std::move(draft.name), std::move(whole));
}

// The codes of one category, numbered as its levels come, then put into the order of the levels.
class Category {
 public:
  explicit Category(Draft const& draft) : draft_(draft) {}

  void take(Cell const& cell, Source const& source) {
    auto const text = trimmed(cell.text);
    if (is_missing(text)) {
      codes_.push_back(missing_code<std::int32_t>);
    } else if (draft_.is_logical()) {
      codes_.push_back(truth(text).value_or(false) ? 1 : 0);
    } else {
      codes_.push_back(code_of(cell, source));
    }
  }

  Column column() && {
    if (draft_.is_logical()) return column_of(draft_.name, std::move(codes_), {"FALSE", "TRUE"});
    std::vector<std::pair<std::string, std::int32_t>> sorted(known_.begin(), known_.end());
    std::sort(sorted.begin(), sorted.end());  // bytes of UTF-8 sort as code points do
    std::vector<std::int32_t> place(sorted.size());
    std::vector<std::string> levels;
    for (auto& [level, code] : sorted) {
      place[static_cast<std::size_t>(code)] = static_cast<std::int32_t>(levels.size());
      levels.push_back(std::move(level));
    }
    for (auto& code : codes_)
      if (code != missing_code<std::int32_t>) code = place[static_cast<std::size_t>(code)];
    return column_of(draft_.name, std::move(codes_), std::move(levels));
  }

  std::size_t levels() const { return known_.size(); }

 private:
  std::int32_t code_of(Cell const& cell, Source const& source) {
    text_ = unquoted(cell);
    auto const [entry, is_new] = known_.try_emplace(text_, static_cast<std::int32_t>(known_.size()));
    if (is_new && !is_utf8(text_))
      source.fail(cell.offset, fmt::format("column \"{}\": \"{}\" is not UTF-8; save the file as CSV in UTF-8", draft_.name,
                                           shortened(text_, 40)));
    return entry->second;
  }

  Draft const& draft_;
  std::vector<std::int32_t> codes_;
  std::unordered_map<std::string, std::int32_t> known_;
  std::string text_;
};

// ---- the file as a whole

class Reader {
 public:
  Reader(Source const& source, std::vector<std::string> const& wanted)
      : source_(source), separator_(separator_of(source.text)) {
    refuse_other_formats(source_);
    read_header();
    choose(wanted);
  }

  CsvData read() {
    each_row([&](std::vector<Cell> const& cells) {
      for (auto& draft : drafts_) draft.take(cells[draft.place], separator_ == ';');
    });
    if (rows_ == 0)
      source_.fail(source_.text.size(), fmt::format("there is a header with {}, but no row; add one line per observation",
                                                    count_text(header_.names.size(), "column")));
    auto categories = read_categories();
    auto next = categories.begin();
    CsvData out;
    for (auto& draft : drafts_) {
      if (!draft.is_numeric() && draft.count > draft.words + draft.truths) out.notes.push_back(note(draft, next->levels()));
      out.table.add(draft.is_numeric() ? numeric_column(std::move(draft)) : std::move(*next++).column());
    }
    return out;
  }

 private:
  void read_header() {
    Records records(source_, separator_);
    std::size_t const count = records.next(header_.cells, most_columns);
    if (count == 0)
      source_.refuse("is empty; the first line must have the names of the columns, every further line one observation");
    if (count > most_columns)
      source_.refuse(fmt::format("has {} columns, more than the {} that are read", count, most_columns));
    for (auto const& cell : header_.cells) {
      header_.names.emplace_back(trimmed(unquoted(cell)));
      if (!is_utf8(header_.names.back()))
        source_.fail(cell.offset, fmt::format("the column name \"{}\" is not UTF-8; save the file as CSV in UTF-8",
                                              shortened(header_.names.back(), 40)));
    }
  }

  // Columns without a name (row names, as R writes them, or what stands behind the last separator) cannot be asked for.
  void choose(std::vector<std::string> const& wanted) {
    auto const& names = header_.names;
    for (auto const& name : wanted)
      if (std::find(names.begin(), names.end(), name) == names.end())
        source_.fail(header_.cells.front().offset,
                     fmt::format("there is no column \"{}\"{}", name, did_you_mean(name, named())));
    std::unordered_map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < names.size(); ++i) {
      bool const kept = wanted.empty() || std::find(wanted.begin(), wanted.end(), names[i]) != wanted.end();
      if (names[i].empty() || !kept) continue;
      if (!first.try_emplace(names[i], i).second)
        source_.fail(header_.cells[i].offset,
                     fmt::format("a second column \"{}\" (the first is column {} of {}); give each "
                                 "a name of its own",
                                 names[i], first[names[i]] + 1, names.size()));
      drafts_.push_back({.place = i, .name = names[i]});
    }
    if (drafts_.empty()) source_.fail(0, "no column has a name; the first line must have the names of the columns");
  }

  std::vector<std::string> named() const {
    std::vector<std::string> out;
    std::copy_if(header_.names.begin(), header_.names.end(), std::back_inserter(out),
                 [](auto const& name) { return !name.empty(); });
    return out;
  }

  template <class Take>
  void each_row(Take const& take) {
    Records records(source_, separator_);
    std::vector<Cell> cells;
    std::size_t const columns = header_.names.size();
    records.next(cells, columns);
    rows_ = 0;
    while (std::size_t const count = records.next(cells, columns)) {
      if (count != columns) source_.fail(cells.front().offset, ragged(count));
      take(cells);
      ++rows_;
    }
  }

  std::string ragged(std::size_t count) const {
    std::size_t const columns = header_.names.size();
    auto const separator = Records::separator_name(separator_);
    char const* const remedy = count == columns + 1 ? "a text with the separator in it must stand in quotes, and row names "
                                                      "need a column name in the first line"
                               : count > columns    ? "a text with the separator in it must stand in quotes"
                                                    : "leave the cell of a missing value empty, but keep its separator";
    return fmt::format("this line has {}, but the first line names {} (cells are separated by {}); {}",
                       count_text(count, "cell"), count_text(columns, "column"), separator, remedy);
  }

  // Categories are read in a second pass over the file, so that numbers need no more room than numbers.
  std::vector<Category> read_categories() {
    std::vector<Category> categories;
    std::vector<std::size_t> places;
    for (auto const& draft : drafts_) {
      if (draft.is_numeric()) continue;
      categories.emplace_back(draft);
      places.push_back(draft.place);
    }
    if (places.empty()) return categories;
    each_row([&](std::vector<Cell> const& cells) {
      for (std::size_t c = 0; c < places.size(); ++c) categories[c].take(cells[places[c]], source_);
    });
    return categories;
  }

  std::string note(Draft const& draft, std::size_t levels) const {
    std::string const example = draft.words == 0
                                    ? "others are TRUE or FALSE"
                                    : fmt::format("\"{}\" in line {} is none", shortened(unquoted(draft.first_word), 40),
                                                  source_.line_of(draft.first_word.offset));
    return fmt::format("{}: column \"{}\" is read as a category with {}: {} cells are numbers, but {}", source_.file,
                       draft.name, count_text(levels, "level"), draft.count, example);
  }

  Source const& source_;
  char separator_;
  Header header_;
  std::vector<Draft> drafts_;
  std::size_t rows_ = 0;
};

std::string file_text(std::filesystem::path const& path) {
  auto const refuse = [&](std::string const& problem) { throw Error(path.string() + ": " + problem); };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) refuse("there is no such file; name a CSV file");
  if (std::filesystem::is_directory(path, error)) refuse("is a folder; name a CSV file");
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse("cannot be read; check its permissions");
  std::string text;
  constexpr std::size_t step = std::size_t{1} << 22U;
  while (file) {
    std::size_t const before = text.size();
    text.resize(before + step);
    file.read(text.data() + before, static_cast<std::streamsize>(step));
    text.resize(before + static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file) refuse("is larger than 2 GiB; keep only the columns and rows that are needed");
  }
  if (file.bad()) refuse("cannot be read to its end");
  return text;
}

}  // namespace

CsvData parse_csv(std::string_view text, std::string const& file, std::vector<std::string> const& wanted) {
  Source const source{without_mark(text), file};
  return Reader(source, wanted).read();
}

CsvData read_csv(std::filesystem::path const& file, std::vector<std::string> const& wanted) {
  return parse_csv(file_text(file), file.string(), wanted);
}

}  // namespace bordin
