#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "study/study.hpp"

namespace bordin {

//! Writes the results of a run to an HDF5 file, laid out as FORMAT.md says. The file gets its name only when it is
//! complete: until then it is `.<name>.partial-<process>` in the same folder, and goes when the run fails.
//! Throws ResultFileError. Memory does not grow with the replications.
class ResultsWriter final : public Sink {
 public:
  //! `overwrite` lets finish() replace a file that exists; otherwise begin() refuses it.
  explicit ResultsWriter(std::string path, bool overwrite = false);
  ~ResultsWriter() override;

  void begin(Study const& study, RunOptions const& options) override;
  void accept(Replication const& replication) override;
  void finish(std::uint32_t replications, std::vector<PerformanceRow> const& performance, RunFacts const& facts) override;

 private:
  class Content;
  static std::unique_ptr<Content> create(std::string const& path, RunOptions const& options);
  template <class Work>
  void write(Work const& work);
  void abandon() noexcept;
  void publish();

  std::string path_;
  std::string partial_path_;
  bool overwrite_;
  std::unique_ptr<Content> content_;
};

//! The names of the analyses' groups in a results file: slugs of the names, all different.
std::vector<std::string> analysis_slugs(std::vector<std::string> const& names);

}  // namespace bordin
