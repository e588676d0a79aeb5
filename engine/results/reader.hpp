#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/table.hpp"
#include "simulation/world.hpp"

namespace bordin {

//! One analysis of the study.
struct StoredAnalysis {
  std::string name;
  std::string formula;
  std::string method;
  std::vector<std::string> terms;
  std::vector<std::string> tested;        //!< the terms that were of interest
  std::vector<std::string> status_names;  //!< status k is status_names[k]
};

//! An analysis with what it made of every data set. Vectors of estimates are row-major: element
//! [replication * terms.size() + term].
struct StoredEstimates : StoredAnalysis {
  std::vector<std::uint8_t> status;  //!< by replication
  std::vector<double> estimate, std_error, df, statistic, p_value, lower, upper;

  std::size_t replications() const { return status.size(); }
};

//! Names and texts, in order.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct StoredTable {
  std::string group;  //!< data/clients
  std::uint64_t rows = 0;
  std::size_t columns = 0;
};

//! Reads a results file. It is open only while a call lasts. Every call throws ResultFileError when the file is damaged.
class ResultsFile {
 public:
  //! Throws ResultFileError when there is no such file, it is none of ours, or it is of a newer format.
  explicit ResultsFile(std::string path);

  std::string const& path() const { return path_; }
  //! Attributes of the file as text: format, format_version, engine_version, scenario_digest, seed, title.
  NamedTexts attributes() const;
  //! What depends on the machine and the moment.
  NamedTexts provenance() const;
  //! The complete scenario as TOML.
  std::string scenario_text() const;
  //! Replications that were finished.
  std::int64_t replications() const;

  //! Whether there is a group of this name in the root.
  bool has(std::string const& group) const;
  //! Names of the columns of a group that is a table: /cells, /performance, /data/clients ...
  std::vector<std::string> columns(std::string const& group) const;
  //! All its rows. Text becomes a category (levels in order of first appearance), 64-bit integers become float64.
  Table read_table(std::string const& group) const;

  //! Slugs: the names of the groups in /estimates.
  std::vector<std::string> analyses() const;
  StoredAnalysis analysis(std::string const& slug) const;
  StoredEstimates estimates(std::string const& slug) const;

  //! Numbers of the replications whose data are kept.
  std::vector<std::int64_t> kept_replications() const;
  //! The tables of kept data and truth, all replications together.
  std::vector<StoredTable> kept_tables() const;
  //! One data set, with its truth if that is kept; nullopt = not kept.
  std::optional<Dataset> data(std::int64_t replication) const;

 private:
  template <class Work>
  auto with_file(Work const& work) const;

  std::string path_;
};

//! A paragraph for the methods section of a paper; empty where this version cannot read the scenario.
std::string methods_of(ResultsFile const& file);

//! What `bordin info` says about a file.
std::string describe_results(ResultsFile const& file);

}  // namespace bordin
