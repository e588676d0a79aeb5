#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "results/reader.hpp"
#include "results/writer.hpp"
#include "scenario/tree.hpp"
#include "study/study.hpp"

namespace bordin {

//! A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() / fmt::format("bordin-results-{}-{}", ::getpid(), ++count);
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(std::string const& name) const { return (path_ / name).string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (auto const& entry : std::filesystem::directory_iterator(path_)) out.push_back(entry.path().filename().string());
    return out;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_bytes(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(std::string const& path, std::string const& bytes) {
  std::filesystem::remove(path);  // some file systems wait for the disk when a file is replaced in place
  std::ofstream(path, std::ios::binary) << bytes;
}

//! Four therapists with five clients each.
inline Study const& small_study() {
  static Study const study(
      load_scenario("early-alliance", {parse_assignment("design.therapists=4"), parse_assignment("design.caseload=5"),
                                       parse_assignment("design.sessions=4")}));
  return study;
}

inline void run_to(std::string const& path, RunOptions const& options, bool overwrite = false) {
  RunControl control;
  ResultsWriter writer(path, overwrite);
  run_study(small_study(), options, control, writer);
}

//! A replication of the small study, with data if `keep` says so.
inline Replication small_replication(std::uint32_t number, KeepData keep = KeepData::none) {
  return small_study().replicate(1, number, keep);
}

inline std::string text_of(std::vector<std::string> const& words) {
  return fmt::format("{}\n", fmt::join(words, "|"));
}

//! To the last bit.
inline std::string text_of(std::vector<double> const& numbers) {
  return fmt::format("{:a}\n", fmt::join(numbers, " "));
}

inline std::string text_of(Table const& table) {
  std::string out;
  for (auto const& column : table.columns()) {
    out += fmt::format("{} [{}] {} {}: {}", column.name, column.unit, column.description, column.values.index(),
                       text_of(column.levels));
    out += text_of(column.numbers());
  }
  return out;
}

inline std::string text_of(Dataset const& data) {
  return text_of(data.therapists) + text_of(data.clients) + text_of(data.sessions) + text_of(data.truth_therapists) +
         text_of(data.truth_clients) + text_of(data.truth_sessions);
}

inline std::string text_of(StoredEstimates const& e) {
  auto out = e.name + e.formula + e.method + text_of(e.terms) + text_of(e.tested) + text_of(e.status_names);
  for (auto const status : e.status) out += fmt::format("{} ", status);
  for (auto const* field : {&e.estimate, &e.std_error, &e.df, &e.statistic, &e.p_value, &e.lower, &e.upper})
    out += text_of(*field);
  return out;
}

//! All that a file says outside /provenance.
inline std::string content_of(std::string const& path) {
  ResultsFile const file(path);
  std::string out;
  for (auto const& [name, text] : file.attributes()) out += name + "=" + text + "\n";
  out += file.scenario_text() + text_of(file.read_table("cells")) + text_of(file.read_table("performance"));
  for (auto const& slug : file.analyses()) out += slug + text_of(file.estimates(slug));
  for (auto const number : file.kept_replications())
    out += fmt::format("{}:\n", number) + text_of(file.data(number).value());
  for (auto const& table : file.kept_tables()) out += text_of(file.read_table(table.group));
  return out;
}

//! What the error says, or "no error".
template <class Work>
std::string problem_in(Work const& work) {
  try {
    work();
  } catch (ResultFileError const& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace bordin
