#pragma once

#include <cstdint>
#include <vector>

#include "study/proportion.hpp"

namespace bordin {

//! What a test said of one data set.
enum class Decision : std::uint8_t { retained = 0, rejected = 1, failed = 2 };

//! Decisions of one test, by replication.
class Decisions {
 public:
  void add(Decision decision) { all_.push_back(decision); }
  std::size_t count() const { return all_.size(); }
  Decision operator[](std::size_t replication) const { return all_[replication]; }

  Proportion rejected() const;               //!< of the fits that can be used
  Proportion rejected_failed_as_no() const;  //!< failed fits count as not rejecting
  Proportion failed() const;

 private:
  std::int64_t count_of(Decision decision) const;

  std::vector<Decision> all_;
};

//! Difference of two rejection rates on the same replications, of those that both could use.
struct PairedDifference {
  double value = not_a_number;
  double mcse = not_a_number;
  double independent_mcse = not_a_number;  //!< what it would be had the two shared no randomness
  std::int64_t of = 0;
};
PairedDifference difference(Decisions const& a, Decisions const& b);

}  // namespace bordin
