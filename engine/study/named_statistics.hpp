#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "study/statistics.hpp"
#include "study/study.hpp"

namespace bordin {

//! One data set as statistics ask for it: columns by name, the primary outcome, what is derived from both.
class StudySample {
 public:
  StudySample(Study const& study, Dataset const& data);

  //! Throw Error with the column's full name when the study has none of that name.
  Numbers clients(std::string const& column) const;
  Numbers sessions(std::string const& column) const;
  Groups clinic_of_therapist() const;
  Numbers true_sessions(std::string const& column) const;
  Groups therapist() const;
  Groups client_of_session() const;
  std::vector<std::string> const& arm_names() const;

  Numbers benefit() const;                                     //!< -last
  Numbers change() const;                                      //!< pre - last
  Numbers at_session(Numbers const& rows, int session) const;  //!< one per client
  Numbers last_session() const;                                //!< number of the last that was attended, 0 = none
  Numbers at_last_session(Numbers const& rows) const;          //!< the last that was attended
  Instrument const& outcome() const;
  std::string outcome_column() const;   //!< of sessions
  std::string alliance_column() const;  //!< of sessions
  double alliance_maximum() const;
  double reliable_change() const;
  double cutoff() const;
  int session_count() const { return study_.world().calendar().sessions; }

 private:
  Measure const& measure(Measures what) const;

  Study const& study_;
  Dataset const& data_;
  std::size_t occasions_;
};

//! A statistic of one data set that a published figure can be laid beside. Correlations are oriented to benefit: positive =
//! more alliance, better outcome.
struct NamedStatistic {
  std::string_view name;
  std::string_view definition;
  double (*of)(StudySample const&);
};

std::span<NamedStatistic const> named_statistics();
//! Throws Error with the nearest name.
NamedStatistic const& named_statistic(std::string_view name);

}  // namespace bordin
