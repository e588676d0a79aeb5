#include "results/writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "core/errors.hpp"
#include "core/machine.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "results/format.hpp"
#include "results/hdf5_datasets.hpp"
#include "results/text_seal.hpp"

namespace bordin {
namespace {

namespace fs = std::filesystem;
using hdf5::GrowingDataset;
using hdf5::Handle;

constexpr std::uint64_t bytes_per_chunk = 256 * 1024;

// Full-sized chunks, but none larger than all there will be: a small run makes a small file.
std::uint64_t rows_per_chunk(std::uint64_t row_bytes, double expected_rows) {
  auto const most = std::max<std::uint64_t>(bytes_per_chunk / std::max<std::uint64_t>(row_bytes, 1), 1);
  return expected_rows < static_cast<double>(most) ? std::max<std::uint64_t>(static_cast<std::uint64_t>(expected_rows), 1)
                                                   : most;
}

void explain(Handle const& object, std::string const& unit, std::string const& description) {
  hdf5::set_attribute(object, "unit", unit);
  hdf5::set_attribute(object, "description", description);
}

// ---- estimates

class EstimatesContent {
 public:
  EstimatesContent(Handle const& parent, std::string const& slug, Analysis const& analysis, double alpha,
                   std::uint32_t replications)
      : terms_(analysis.terms().size()), group_(hdf5::create_group(parent, slug)) {
    describe(analysis, alpha);
    auto const rows = rows_per_chunk(sizeof(double) * std::max<std::size_t>(terms_, 1), replications);
    for (auto const& field : format::estimate_fields) {
      fields_.emplace_back(group_, field.name, hdf5::Number::float64,
                           GrowingDataset::Shape{.extent = {1, 0, terms_}, .axis = 1, .rows_per_chunk = rows});
      explain(fields_.back().handle(), field.unit, field.description);
    }
    status_.emplace(group_, "status", hdf5::Number::uint8,
                    GrowingDataset::Shape{.extent = {1, 0}, .axis = 1, .rows_per_chunk = rows_per_chunk(1, replications)});
    explain(status_->handle(), "", "what became of the fit: k stands for status_names[k]");
    hdf5::set_attribute(status_->handle(), "levels", format::status_names());
  }

  void append(Estimates const& estimates) {
    BORDIN_EXPECT(estimates.terms.empty() || estimates.terms.size() == terms_);
    std::vector<double> values(terms_, not_a_number);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      auto const member = format::estimate_fields[i].in_coefficient;
      std::transform(estimates.terms.begin(), estimates.terms.end(), values.begin(), [member](auto const& c) {
        return std::isnan(c.*member) ? not_a_number : c.*member;
      });  // one NaN of many
      fields_[i].append(std::span<double const>(values));
    }
    auto const status = static_cast<std::uint8_t>(estimates.status);
    status_->append(std::span(&status, 1));
  }

  void flush() {
    for (auto& field : fields_) field.flush();
    status_->flush();
  }

 private:
  void describe(Analysis const& analysis, double alpha) const {
    auto const& spec = analysis.spec();
    std::vector<std::string> tested;
    for (auto const index : analysis.tested()) tested.push_back(analysis.terms()[index]);
    hdf5::set_attribute(group_, "name", spec.name);
    hdf5::set_attribute(group_, "formula", spec.formula);
    hdf5::set_attribute(group_, "method", std::string(format::method_name(analysis.method())));
    hdf5::set_attribute(group_, "df", df_source(spec, analysis.method()));
    hdf5::set_attribute(group_, "alpha", alpha);
    hdf5::set_attribute(group_, "terms", analysis.terms());
    hdf5::set_attribute(group_, "tested", tested);
    hdf5::set_attribute(group_, "status_names", format::status_names());
  }

  std::size_t terms_;
  Handle group_;
  std::vector<GrowingDataset> fields_;
  std::optional<GrowingDataset> status_;
};

// ---- data

hdf5::Number number_of(Column const& column) {
  return std::visit([]<class Value>(std::vector<Value> const&) { return hdf5::number_type<Value>(); }, column.values);
}

void describe_column(Handle const& dataset, Column const& column) {
  explain(dataset, column.unit, column.description);
  std::visit(
      [&]<class Value>(std::vector<Value> const&) {
        if constexpr (std::is_integral_v<Value>) hdf5::set_attribute(dataset, "missing", missing_code<Value>);
      },
      column.values);
  if (column.is_categorical()) hdf5::set_attribute(dataset, "levels", column.levels);
  if (auto const table = format::index_into(column); !table.empty()) hdf5::set_attribute(dataset, "index_into", table);
}

// One of the three tables of all kept replications, one below the other.
class TableContent {
 public:
  TableContent(Handle const& parent, std::string const& name, Table const& first, double replications)
      : group_(hdf5::create_group(parent, name)) {
    hdf5::set_attribute(group_, "description", format::table_description(name));
    auto const expected_rows = static_cast<double>(first.rows()) * replications;
    for (auto const& column : first.columns()) {
      auto const number = number_of(column);
      columns_.emplace_back(group_, column.name, number, growing(rows_per_chunk(hdf5::bytes_of(number), expected_rows)));
      describe_column(columns_.back().handle(), column);
      names_.push_back(column.name);
    }
    offsets_.emplace(group_, format::offsets, hdf5::Number::int64,
                     growing(rows_per_chunk(sizeof(std::int64_t), replications + 1)));
    explain(offsets_->handle(), "row",
            "element k is the row where the k-th kept replication begins; the last is the number of rows");
  }

  void append(Table const& table) {
    BORDIN_EXPECT(table.names() == names_);
    append_offset();
    rows_ += static_cast<std::int64_t>(table.rows());
    for (std::size_t i = 0; i < columns_.size(); ++i)
      std::visit([&](auto const& values) { columns_[i].append(std::span(values)); }, table.columns()[i].values);
  }

  void close() {
    append_offset();
    offsets_->flush();
    for (auto& column : columns_) column.flush();
  }

 private:
  static GrowingDataset::Shape growing(std::uint64_t rows) { return {.extent = {0}, .axis = 0, .rows_per_chunk = rows}; }
  void append_offset() { offsets_->append(std::span<std::int64_t const>(&rows_, 1)); }

  Handle group_;
  std::vector<std::string> names_;
  std::vector<GrowingDataset> columns_;
  std::optional<GrowingDataset> offsets_;
  std::int64_t rows_ = 0;
};

// /data or /truth
class TablesContent {
 public:
  TablesContent(Handle const& file, format::Tables const& tables, Dataset const& first, double replications)
      : tables_(tables), group_(hdf5::create_group(file, tables.group)) {
    hdf5::set_attribute(group_, "description", tables.description);
    for (auto const& table : tables.tables)
      content_.emplace_back(group_, table.name, first.*table.in_dataset, replications);
    numbers_.emplace(group_, format::replication_numbers, hdf5::Number::int64,
                     GrowingDataset::Shape{
                         .extent = {0}, .axis = 0, .rows_per_chunk = rows_per_chunk(sizeof(std::int64_t), replications)});
    explain(numbers_->handle(), "", "numbers of the replications that are kept, from 0");
  }

  void append(std::uint32_t replication, Dataset const& data) {
    auto const number = static_cast<std::int64_t>(replication);
    numbers_->append(std::span(&number, 1));
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i].append(data.*tables_.tables[i].in_dataset);
  }

  void close() {
    numbers_->flush();
    for (auto& table : content_) table.close();
  }

 private:
  format::Tables const& tables_;
  Handle group_;
  std::vector<TableContent> content_;
  std::optional<GrowingDataset> numbers_;
};

// ---- the small parts

void write_root(Handle const& file, Scenario const& scenario, std::uint64_t seed) {
  hdf5::set_attribute(file, "format", format::name);
  hdf5::set_attribute(file, "format_version", format::version);
  hdf5::set_attribute(file, "engine_version", std::string(version()));
  hdf5::set_attribute(file, "scenario_digest", scenario_digest(scenario));
  hdf5::set_attribute(file, "seed", seed);
  hdf5::set_attribute(file, "title", scenario.title);
  explain(hdf5::write_text(file, "scenario", scenario_text(scenario)), "",
          "the complete scenario as TOML, all defaults filled in");
}

void write_cells(Handle const& group, std::int64_t replications) {
  std::int32_t const cell = 0;
  explain(hdf5::write_numbers(group, "cell", std::span(&cell, 1)), "", "number of the cell, from 0");
  explain(hdf5::write_numbers(group, "replications", std::span<std::int64_t const>(&replications, 1)), "",
          "replications that were finished in this cell");
}

// One column of a table that is kept as rows.
template <class Row, class T>
void write_column(Handle const& group, format::RowField<Row, T> const& field, std::vector<Row> const& rows) {
  std::vector<T> values;
  for (auto const& row : rows) values.push_back(row.*field.member);
  if constexpr (std::is_same_v<T, std::string>) {
    explain(hdf5::write_texts(group, field.name, values), field.unit, field.description);
  } else {
    explain(hdf5::write_numbers(group, field.name, std::span<T const>(values)), field.unit, field.description);
  }
}

template <class Row, class Fields>
void write_rows(Handle const& group, char const* description, Fields const& fields, std::vector<Row> const& rows) {
  hdf5::set_attribute(group, "description", description);
  std::apply([&](auto const&... field) { (write_column(group, field, rows), ...); }, fields);
}

Handle write_provenance(Handle const& file, RunFacts const& facts, std::uint32_t asked_replications) {
  auto group = hdf5::create_group(file, "provenance");
  hdf5::set_attribute(
      group, "description",
      "what depends on the machine and the moment; everything else follows from scenario, seed and replications");
  hdf5::set_attribute(group, "started", facts.started);
  hdf5::set_attribute(group, "seconds", facts.seconds);
  hdf5::set_attribute(group, "threads", static_cast<std::int32_t>(facts.threads));
  hdf5::set_attribute(group, "compiler", compiler_name());
  hdf5::set_attribute(group, "cpu", cpu_name());
  hdf5::set_attribute(group, "hdf5_version", hdf5::library_version());
  hdf5::set_attribute(group, "asked_replications", static_cast<std::int64_t>(asked_replications));
  return group;
}

// ---- paths

std::string problem_of(int code) {
  return std::error_code(code, std::generic_category()).message();
}

fs::path folder_of(fs::path const& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void check_place(std::string const& path, bool overwrite) {
  auto const folder = folder_of(path);
  std::error_code ignored;
  if (fs::path(path).filename().empty() || fs::is_directory(path, ignored))
    throw ResultFileError(path, "this is a folder; name a file in it");
  if (!fs::is_directory(folder, ignored))
    throw ResultFileError(path, fmt::format("there is no folder \"{}\"; create it first", folder.string()));
  if (!overwrite && fs::exists(fs::symlink_status(path, ignored)))
    throw ResultFileError(
        path, "exists already; choose another name or allow to overwrite it (--overwrite; in Python overwrite=True)");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw ResultFileError(path, fmt::format("cannot write to the folder \"{}\" ({}); choose another one", folder.string(),
                                            problem_of(errno)));
}

// So that the file outlives a crash of the whole machine. 0 or errno.
int sync(std::string const& path, int flags) {
  int const descriptor = ::open(path.c_str(), flags | O_CLOEXEC);  // NOLINT(cppcoreguidelines-pro-type-vararg)
  if (descriptor < 0) return errno;
  int const problem = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return problem == EINVAL || problem == ENOTSUP ? 0 : problem;  // which some network folders say
}

// A link fails where a name is taken; renaming would silently replace what came there during the run.
int rename_without_replacing(std::string const& from, std::string const& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
  if (errno == EEXIST || ::access(to.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;  // no links on this file system
}

}  // namespace

std::vector<std::string> analysis_slugs(std::vector<std::string> const& names) {
  std::vector<std::string> out;
  for (auto const& name : names) {
    auto const base = slug(name).empty() ? "analysis" : slug(name);
    auto candidate = base;
    for (int k = 2; std::find(out.begin(), out.end(), candidate) != out.end(); ++k)
      candidate = fmt::format("{}_{}", base, k);
    out.push_back(candidate);
  }
  return out;
}

// The open file and everything that still grows in it.
class ResultsWriter::Content {
 public:
  Content(std::string const& path, RunOptions const& options) : options_(options), file_(hdf5::create_file(path, note_)) {}

  void lay_out(Study const& study) {
    layout_ = study.layout();
    noting_texts([&] { write_head(study); });
  }

  void append(Replication const& replication) {
    BORDIN_EXPECT(replication.estimates.size() == estimates_.size());
    for (std::size_t i = 0; i < estimates_.size(); ++i) {
      estimates_[i].append(replication.estimates[i]);
      note_failure(replication, i);
    }
    ++replications_;
    if (!keeps(replication)) return;
    prepare_tables(*replication.data);
    for (auto& tables : tables_) tables.append(replication.number, *replication.data);
  }

  void complete(std::uint32_t replications, std::vector<PerformanceRow> const& performance, RunFacts const& facts) {
    BORDIN_EXPECT(replications == replications_);
    for (auto& estimates : estimates_) estimates.flush();
    if (options_.keep != KeepData::none) prepare_tables(layout_);
    for (auto& tables : tables_) tables.close();
    noting_texts([&] {
      write_cells(cells_, replications);
      write_rows(performance_, "how well each analysis does, over all replications; one row per measure",
                 format::performance_fields, performance);
      write_rows(errors_group_, "fits that failed, the first 10000 of them, in order of replications", format::error_fields,
                 errors_);
      provenance_ = write_provenance(file_, facts, facts.planned > 0 ? facts.planned : options_.replications);
    });
  }

  void close() {
    tables_.clear();
    estimates_.clear();
    hdf5::seal_texts(file_, provenance_, hdf5::open_dataset(file_, format::replications_done), text_regions_);
    for (auto* group : {&cells_, &estimates_group_, &performance_, &errors_group_, &provenance_}) group->reset();
    hdf5::close(file_);
  }

  //! Does one step, and then looks whether all of it reached the disk.
  template <class Work>
  void step(Work const& work) {
    work();
    hdf5::check_written(note_);
  }

 private:
  bool keeps(Replication const& replication) const {
    if (!replication.data || options_.keep == KeepData::none) return false;
    return options_.keep != KeepData::first || replication.number == 0;
  }

  void note_failure(Replication const& replication, std::size_t analysis) {
    auto const& of = replication.estimates[analysis];
    if (is_usable(of.status) || errors_.size() == format::most_errors) return;
    errors_.push_back({.cell = 0,
                       .replication = replication.number,
                       .analysis = names_[analysis],
                       .status = fit_status_name(of.status),
                       .message = of.message});
  }

  void write_head(Study const& study) {
    write_root(file_, study.scenario(), options_.seed);
    cells_ = hdf5::create_group(file_, "cells");
    estimates_group_ = hdf5::create_group(file_, "estimates");
    performance_ = hdf5::create_group(file_, "performance");
    errors_group_ = hdf5::create_group(file_, "errors");
    for (auto const& analysis : study.analyses()) names_.push_back(analysis.spec().name);
    auto const slugs = analysis_slugs(names_);
    auto const& parameters = study.scenario().study;
    for (std::size_t i = 0; i < slugs.size(); ++i)
      estimates_.emplace_back(estimates_group_, slugs[i], study.analyses()[i], parameters.alpha, options_.replications);
  }

  // Remembers where in the file the texts of attributes are, so that nobody has to look for them among the data.
  template <class Work>
  void noting_texts(Work const& work) {
    auto const begin = hdf5::file_size(file_);
    work();
    text_regions_.push_back({begin, hdf5::file_size(file_)});
  }

  // Chunks follow from how large the first data set is.
  void prepare_tables(Dataset const& first) {
    if (!tables_.empty()) return;
    double const replications = options_.keep == KeepData::first ? 1 : options_.replications;
    noting_texts([&] {
      tables_.emplace_back(file_, format::data, first, replications);
      if (options_.keep != KeepData::observed) tables_.emplace_back(file_, format::truth, first, replications);
    });
  }

  RunOptions options_;
  Dataset layout_;
  std::uint32_t replications_ = 0;
  hdf5::WriteNote note_;
  Handle file_, cells_, estimates_group_, performance_, errors_group_, provenance_;
  std::vector<hdf5::Region> text_regions_;
  std::vector<std::string> names_;  // of the analyses
  std::vector<EstimatesContent> estimates_;
  std::vector<format::ErrorRow> errors_;
  std::vector<TablesContent> tables_;
};

// On a full disk the library leaves an empty file behind. What was there before is another writer's.
std::unique_ptr<ResultsWriter::Content> ResultsWriter::create(std::string const& path, RunOptions const& options) {
  bool const existed = ::access(path.c_str(), F_OK) == 0;
  try {
    return std::make_unique<Content>(path, options);
  } catch (...) {
    if (!existed) ::unlink(path.c_str());
    throw;
  }
}

ResultsWriter::ResultsWriter(std::string path, bool overwrite) : path_(std::move(path)), overwrite_(overwrite) {
  auto const place = fs::path(path_);
  partial_path_ = (folder_of(place) / fmt::format(".{}.partial-{}", place.filename().string(), ::getpid())).string();
}

ResultsWriter::~ResultsWriter() {
  abandon();
}

// Whatever goes wrong, no half-written file stays behind.
template <class Work>
void ResultsWriter::write(Work const& work) {
  try {
    hdf5::with_hdf5(path_, [&] { content_->step(work); });
  } catch (...) {
    abandon();
    throw;
  }
}

void ResultsWriter::begin(Study const& study, RunOptions const& options) {
  BORDIN_EXPECT(!content_);
  check_place(path_, overwrite_);
  hdf5::with_hdf5(path_, [&] { content_ = create(partial_path_, options); });
  write([&] { content_->lay_out(study); });
}

void ResultsWriter::accept(Replication const& replication) {
  BORDIN_EXPECT(content_);
  write([&] { content_->append(replication); });
}

void ResultsWriter::finish(std::uint32_t replications, std::vector<PerformanceRow> const& performance,
                           RunFacts const& facts) {
  BORDIN_EXPECT(content_);
  write([&] {
    content_->complete(replications, performance, facts);
    content_->close();
  });
  content_.reset();
  publish();
}

void ResultsWriter::abandon() noexcept {
  if (!content_) return;
  hdf5::Session const session;
  content_.reset();
  ::unlink(partial_path_.c_str());
}

void ResultsWriter::publish() {
  if (int const problem = sync(partial_path_, O_RDONLY); problem != 0) {
    ::unlink(partial_path_.c_str());
    throw ResultFileError(path_, fmt::format("cannot bring the file safely to the disk ({})", problem_of(problem)));
  }
  int const problem = overwrite_ ? (::rename(partial_path_.c_str(), path_.c_str()) == 0 ? 0 : errno)
                                 : rename_without_replacing(partial_path_, path_);
  if (problem != 0)  // what is complete is not thrown away because of its name
    throw ResultFileError(path_, fmt::format("cannot give the finished file this name ({}); it is complete, as \"{}\"",
                                             problem_of(problem), partial_path_));
  sync(folder_of(path_).string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace bordin
