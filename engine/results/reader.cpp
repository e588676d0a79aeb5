#include "results/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "results/format.hpp"
#include "results/hdf5_datasets.hpp"
#include "results/text_seal.hpp"

namespace bordin {
namespace {

using hdf5::Failure;
using hdf5::Handle;

std::string text_attribute(Handle const& object, std::string const& name) {
  return hdf5::attribute(object, name).value_or("");
}

NamedTexts attributes_of(Handle const& object) {
  NamedTexts out;
  for (auto const& name : hdf5::attribute_names(object))
    if (name != hdf5::text_seal) out.emplace_back(name, text_attribute(object, name));
  return out;
}

// ---- is it ours?

void check_format(Handle const& file) {
  if (text_attribute(file, "format") != format::name)
    throw Failure("this is an HDF5 file, but not one with results of Bordin");
  auto const version = hdf5::integer_attribute(file, "format_version");
  if (!version || *version < 1) throw Failure("the file does not say what version of the format it has; it is damaged");
  if (*version > format::version)
    throw Failure(
        fmt::format("the file has format {} and was written by Bordin {}; this is Bordin {}, which reads formats up to {}: "
                    "update Bordin",
                    *version, text_attribute(file, "engine_version"), bordin::version(), format::version));
}

void check_readable(std::string const& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(path, error)) throw ResultFileError(path, "there is no such file");
  if (fs::is_directory(path, error)) throw ResultFileError(path, "this is a folder, not a results file");
}

Handle open_ours(std::string const& path) {
  auto file = hdf5::open_file(path);
  if (hdf5::has(file, "provenance") && hdf5::has(file, format::replications_done))
    hdf5::check_texts(file, hdf5::open_group(file, "provenance"), hdf5::open_dataset(file, format::replications_done));
  check_format(file);
  return file;
}

// ---- columns

struct Rows {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

Column::Values numbers_of(Handle const& dataset, hdf5::Number number, Rows rows) {
  switch (number) {
    case hdf5::Number::int8:
      return hdf5::read_numbers<std::int8_t>(dataset, rows.first, rows.count);
    case hdf5::Number::int16:
    case hdf5::Number::uint8:
      return hdf5::read_numbers<std::int16_t>(dataset, rows.first, rows.count);
    case hdf5::Number::int32:
      return hdf5::read_numbers<std::int32_t>(dataset, rows.first, rows.count);
    case hdf5::Number::float32:
      return hdf5::read_numbers<float>(dataset, rows.first, rows.count);
    default:
      return hdf5::read_numbers<double>(dataset, rows.first, rows.count);
  }
}

// Each different text once, and which of them every row has.
void set_texts(Column& column, std::vector<std::string> const& texts, Rows rows) {
  if (rows.first != 0 || rows.count != texts.size()) throw Failure("columns of different lengths; the file is damaged");
  std::unordered_map<std::string, std::int32_t> codes;
  std::vector<std::int32_t> values;
  for (auto const& text : texts) {
    auto const [found, added] = codes.emplace(text, static_cast<std::int32_t>(codes.size()));
    if (added) column.levels.push_back(text);
    values.push_back(found->second);
  }
  column.values = std::move(values);
}

template <class T>
bool are_codes(std::vector<T> const& values, std::size_t levels) {
  return std::all_of(values.begin(), values.end(), [levels](T value) {
    if constexpr (std::is_floating_point_v<T>) return false;
    return value == missing_code<T> || (value >= 0 && static_cast<std::size_t>(value) < levels);
  });
}

Column read_column(Handle const& group, std::string const& name, Rows rows) {
  auto const dataset = hdf5::open_dataset(group, name);
  auto const info = hdf5::inspect(dataset);
  Column column{.name = name,
                .unit = text_attribute(dataset, "unit"),
                .description = text_attribute(dataset, "description"),
                .values = {},
                .levels = hdf5::attribute_list(dataset, "levels")};
  if (!info.number) {
    set_texts(column, hdf5::read_texts(dataset), rows);
    return column;
  }
  column.values = numbers_of(dataset, *info.number, rows);
  if (column.is_categorical() &&
      !std::visit([&](auto const& values) { return are_codes(values, column.levels.size()); }, column.values))
    throw Failure(fmt::format("column \"{}\" has values that are none of its levels; the file is damaged", name));
  return column;
}

bool is_column(std::string const& name) {
  return name != format::offsets;
}

std::vector<std::string> column_names(Handle const& group) {
  auto names = hdf5::children(group, hdf5::Kind::dataset);
  names.erase(std::remove_if(names.begin(), names.end(), [](auto const& name) { return !is_column(name); }), names.end());
  return names;
}

Table read_rows(Handle const& group, Rows rows) {
  Table table;
  for (auto const& name : column_names(group)) table.add(read_column(group, name, rows));
  return table;
}

std::uint64_t rows_of(Handle const& group) {
  auto const names = column_names(group);
  if (names.empty()) return 0;
  auto const extent = hdf5::inspect(hdf5::open_dataset(group, names.front())).extent;
  if (extent.size() != 1) throw Failure("a column with several axes; the file is damaged");
  return extent.front();
}

Handle open_table(Handle const& file, std::string const& path) {
  if (!hdf5::has(file, path)) throw Failure(fmt::format("there is no group \"{}\" in it", path));
  return hdf5::open_group(file, path);
}

// ---- kept data

std::vector<std::int64_t> kept_in(Handle const& file, format::Tables const& tables) {
  if (!hdf5::has(file, tables.group)) return {};
  return hdf5::read_numbers<std::int64_t>(
      hdf5::open_dataset(hdf5::open_group(file, tables.group), format::replication_numbers));
}

Rows rows_of_replication(Handle const& table, std::size_t position) {
  auto const offsets = hdf5::read_numbers<std::int64_t>(hdf5::open_dataset(table, format::offsets), position, 2);
  if (offsets[0] < 0 || offsets[1] < offsets[0]) throw Failure("offsets that go backwards; the file is damaged");
  return {static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1] - offsets[0])};
}

// False when the replication is not there.
bool read_tables(Handle const& file, format::Tables const& tables, std::int64_t replication, Dataset& out) {
  auto const kept = kept_in(file, tables);
  auto const found = std::find(kept.begin(), kept.end(), replication);
  if (found == kept.end()) return false;
  auto const group = hdf5::open_group(file, tables.group);
  for (auto const& field : tables.tables) {
    auto const table = hdf5::open_group(group, field.name);
    out.*field.in_dataset = read_rows(table, rows_of_replication(table, static_cast<std::size_t>(found - kept.begin())));
  }
  return true;
}

// ---- estimates

std::vector<double> read_field(Handle const& group, char const* name, hdf5::Extent const& expected) {
  auto const dataset = hdf5::open_dataset(group, name);
  if (hdf5::inspect(dataset).extent != expected)
    throw Failure(fmt::format("\"{}\" has the wrong shape; the file is damaged", name));
  return hdf5::read_numbers<double>(dataset);
}

Handle open_analysis(Handle const& file, std::string const& slug) {
  auto const all = hdf5::open_group(file, "estimates");
  auto const slugs = hdf5::children(all, hdf5::Kind::group);
  if (std::find(slugs.begin(), slugs.end(), slug) == slugs.end())
    throw Failure(fmt::format("there is no analysis \"{}\" in it{}", slug, did_you_mean(slug, slugs)));
  return hdf5::open_group(all, slug);
}

StoredAnalysis read_analysis(Handle const& group) {
  return {.name = text_attribute(group, "name"),
          .formula = text_attribute(group, "formula"),
          .method = text_attribute(group, "method"),
          .terms = hdf5::attribute_list(group, "terms"),
          .tested = hdf5::attribute_list(group, "tested"),
          .status_names = hdf5::attribute_list(group, "status_names")};
}

StoredEstimates read_estimates(Handle const& group) {
  StoredEstimates out{read_analysis(group), {}, {}, {}, {}, {}, {}, {}, {}};
  auto const status = hdf5::open_dataset(group, "status");
  if (auto const extent = hdf5::inspect(status).extent; extent.size() != 2 || extent[0] != 1)
    throw Failure("\"status\" has the wrong shape; the file is damaged");
  out.status = hdf5::read_numbers<std::uint8_t>(status);
  if (std::any_of(out.status.begin(), out.status.end(), [&](auto code) { return code >= out.status_names.size(); }))
    throw Failure("\"status\" has values without a name; the file is damaged");
  std::vector<double>* const fields[] = {&out.estimate, &out.std_error, &out.df,   &out.statistic,
                                         &out.p_value,  &out.lower,     &out.upper};
  for (std::size_t i = 0; i < std::size(fields); ++i)
    *fields[i] = read_field(group, format::estimate_fields[i].name, {1, out.replications(), out.terms.size()});
  return out;
}

std::int64_t finished_replications(Handle const& file) {
  auto const cells = hdf5::read_numbers<std::int64_t>(hdf5::open_dataset(file, format::replications_done));
  if (cells.empty()) throw Failure("the file has no cells; it is damaged");
  return cells.front();
}

}  // namespace

// Open only as long as `work` takes: another library in this process may want the file too.
template <class Work>
auto ResultsFile::with_file(Work const& work) const {
  check_readable(path_);
  try {
    return hdf5::with_hdf5(path_, [&] { return work(open_ours(path_)); });
  } catch (ResultFileError const&) {
    throw;
  } catch (Error const& error) {  // columns that do not make a table
    throw ResultFileError(path_, error.what());
  }
}

ResultsFile::ResultsFile(std::string path) : path_(std::move(path)) {
  with_file([](Handle const&) { return 0; });
}

NamedTexts ResultsFile::attributes() const {
  return with_file([](Handle const& file) { return attributes_of(file); });
}

NamedTexts ResultsFile::provenance() const {
  return with_file([](Handle const& file) { return attributes_of(hdf5::open_group(file, "provenance")); });
}

std::string ResultsFile::scenario_text() const {
  return with_file([](Handle const& file) {
    auto const texts = hdf5::read_texts(hdf5::open_dataset(file, "scenario"));
    if (texts.empty()) throw Failure("the scenario is missing; the file is damaged");
    return texts.front();
  });
}

std::int64_t ResultsFile::replications() const {
  return with_file(finished_replications);
}

bool ResultsFile::has(std::string const& group) const {
  auto const groups =
      with_file([](Handle const& file) { return hdf5::children(hdf5::open_group(file, "/"), hdf5::Kind::group); });
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

std::vector<std::string> ResultsFile::columns(std::string const& group) const {
  return with_file([&](Handle const& file) { return column_names(open_table(file, group)); });
}

Table ResultsFile::read_table(std::string const& group) const {
  return with_file([&](Handle const& file) {
    auto const table = open_table(file, group);
    return read_rows(table, {0, rows_of(table)});
  });
}

std::vector<std::string> ResultsFile::analyses() const {
  return with_file(
      [](Handle const& file) { return hdf5::children(hdf5::open_group(file, "estimates"), hdf5::Kind::group); });
}

StoredAnalysis ResultsFile::analysis(std::string const& slug) const {
  return with_file([&](Handle const& file) { return read_analysis(open_analysis(file, slug)); });
}

StoredEstimates ResultsFile::estimates(std::string const& slug) const {
  return with_file([&](Handle const& file) { return read_estimates(open_analysis(file, slug)); });
}

std::vector<std::int64_t> ResultsFile::kept_replications() const {
  return with_file([](Handle const& file) { return kept_in(file, format::data); });
}

std::vector<StoredTable> ResultsFile::kept_tables() const {
  return with_file([](Handle const& file) {
    std::vector<StoredTable> out;
    for (auto const& tables : {format::data, format::truth}) {
      if (!hdf5::has(file, tables.group)) continue;
      for (auto const& field : tables.tables) {
        auto const path = fmt::format("{}/{}", tables.group, field.name);
        auto const group = open_table(file, path);
        out.push_back({path, rows_of(group), column_names(group).size()});
      }
    }
    return out;
  });
}

std::optional<Dataset> ResultsFile::data(std::int64_t replication) const {
  return with_file([&](Handle const& file) -> std::optional<Dataset> {
    Dataset out;
    if (!read_tables(file, format::data, replication, out)) return std::nullopt;
    read_tables(file, format::truth, replication, out);
    return out;
  });
}

}  // namespace bordin
