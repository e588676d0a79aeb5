#pragma once

#include <cstdint>
#include <vector>

#include "mixed/grouping.hpp"

namespace bordin {

//! Makes a Grouping of ids. Keeps its memory from one data set to the next.
class GroupNumbers {
 public:
  //! Numbers groups in the order of their first rows where ids are whole and lie close together, as they nearly always do;
  //! else by size. `ids` is not empty and finite.
  void assign(std::vector<double> const& ids, Grouping& out);
  void assign(std::vector<std::int32_t> const& ids, Grouping& out);

 private:
  template <class Id>
  void find_runs(std::vector<Id> const& ids, Grouping& out);
  void number_runs();
  void number_rows(Grouping& out) const;
  void number_by_table(double lowest, std::size_t range);
  void number_by_sorting();

  // Neighbouring rows with one id are a run.
  std::vector<double> ids_;            // per run
  std::vector<std::int32_t> ends_;     // per run; as many as rows
  std::vector<std::int32_t> numbers_;  // per run
  std::vector<std::int32_t> number_of_;
  std::vector<double> sorted_;
  std::int32_t groups_ = 0;
};

}  // namespace bordin
