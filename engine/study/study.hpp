#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "study/scenario.hpp"

namespace bordin {

//! What a results file keeps of an analysis' fit to one data set. Vectors are indexed by term.
struct Estimates {
  FitStatus status = FitStatus::not_estimable;
  std::vector<Coefficient> terms;
  std::string message;  //!< why, when the status is not ok
};

//! Which data sets are kept beside the estimates. Any of them can be made again from its number.
enum class KeepData : std::int8_t {
  none = 0,
  first = 1,     //!< the first replication, with its truth: something to look at
  observed = 2,  //!< what researchers see, of every replication
  full = 3       //!< with the truth, of every replication
};
Words const& keep_data_words();

//! One replication: a data set and what every analysis makes of it.
struct Replication {
  std::uint32_t number = 0;
  std::vector<Estimates> estimates;  //!< by analysis
  std::optional<Dataset> data;       //!< if it is to be kept
};

//! Some replications in a row; when one failed, those before it and what happened.
struct Batch {
  std::vector<Replication> replications;
  std::exception_ptr error;
};

//! A scenario made ready to run. Thread-safe.
class Study {
 public:
  explicit Study(Scenario scenario);

  Scenario const& scenario() const { return scenario_; }
  World const& world() const { return world_; }
  std::vector<Analysis> const& analyses() const { return analyses_; }
  //! An empty-handed data set: the columns every data set of this study has, with few rows.
  Dataset const& layout() const { return layout_; }

  Dataset simulate(std::uint64_t seed, std::uint32_t replication) const { return world_.simulate(seed, replication); }
  //! Throws NumericalError with the replication's number when the engine itself fails.
  Replication replicate(std::uint64_t seed, std::uint32_t replication, KeepData keep) const;
  //! Replications `first` to `first + count - 1`, at once: many small studies take less time together than one by one.
  Batch replicate(std::uint64_t seed, std::uint32_t first, std::uint32_t count, KeepData keep,
                  Inference inference = Inference::intervals) const;
  //! What one analysis makes of a data set.
  Fit fit(std::size_t analysis, Dataset const& data, Inference inference = Inference::intervals) const;

 private:
  std::vector<Dataset> simulated(std::uint64_t seed, std::uint32_t first, std::uint32_t count, KeepData keep) const;
  Replication analysed(std::uint32_t replication, Dataset&& data, bool keep, Inference inference) const;

  Scenario scenario_;
  World world_;
  Dataset layout_;
  std::vector<Analysis> analyses_;
  std::vector<std::vector<std::string>> variables_;  // of each analysis
  Wanted analysed_ = Wanted::everything();           // the variables of the analyses
};

//! Rows of the long performance table; see performance.hpp.
struct PerformanceRow {
  std::int32_t cell = 0;
  std::string analysis;
  std::string term;
  double truth = not_a_number;
  std::string measure;
  double value = not_a_number;
  double mcse = not_a_number;  //!< Monte Carlo standard error of value
  std::int64_t run = 0;        //!< replications
  std::int64_t converged = 0;  //!< of these, fits that can be used (singular ones among them)
  std::int64_t singular = 0;
  std::int64_t failed = 0;  //!< not converged or not estimable
};

struct RunOptions {
  std::uint64_t seed = 1;
  std::uint32_t replications = 1000;
  int threads = 0;  //!< 0 = all cores; changes no number
  KeepData keep = KeepData::first;
  //! 0 = all replications. Else it ends at the first look at which the 95 % interval of every tested term's rejection rate
  //! is at most this wide to either side; looks are after next_look() replications whatever the threads.
  double until_half_width = 0;
};

//! Replications at most, where the end depends on what is seen and nobody says how many.
inline constexpr std::uint32_t most_looked_at = 100'000;

//! 500, 1000, 2000, 4000 ... and in the end `most`.
std::uint32_t next_look(std::uint32_t after, std::uint32_t most);

//! What depends on the machine and not on the study.
struct RunFacts {
  std::string started;  //!< UTC, ISO 8601
  double seconds = 0;
  int threads = 0;
  std::uint32_t planned = 0;  //!< replications at which a run that looks was to end; 0 = as many as were asked for
};

//! Takes the results of a run. Calls come one at a time: begin, accept in order of replications, finish.
class Sink {
 public:
  Sink() = default;
  Sink(Sink const&) = delete;
  Sink& operator=(Sink const&) = delete;
  virtual ~Sink() = default;
  virtual void begin(Study const& study, RunOptions const& options) = 0;
  virtual void accept(Replication const& replication) = 0;
  //! `replications` were accepted; fewer than asked for if the run was stopped.
  virtual void finish(std::uint32_t replications, std::vector<PerformanceRow> const& performance,
                      RunFacts const& facts) = 0;
};

struct RunResult {
  std::uint32_t replications = 0;  //!< finished
  int looks = 1;
  bool complete = false;  //!< not stopped before its end
  std::vector<PerformanceRow> performance;
  RunFacts facts;
};

//! Simulates and analyses `options.replications` data sets. Results reach the sink in order whatever the threads; memory
//! does not grow with replications. control.stop ends it early with everything finished so far.
//! Throws ResourceError before anything is run when memory or disk (at `disk_path`, if not empty) will not do.
RunResult run_study(Study const& study, RunOptions const& options, RunControl& control, Sink& sink,
                    std::string const& disk_path = "");

}  // namespace bordin
