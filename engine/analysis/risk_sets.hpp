#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bordin {

//! The rows of survival data in the order of their times, cut where events happen. Times are equal when their numbers are
//! (coxph with timefix = FALSE); rows that are censored at the time of an event are still at risk then.
class RiskSets {
 public:
  //! All times are finite. Allocates only when there are more rows than ever before.
  void sort(Eigen::VectorXd const& time, Eigen::VectorXd const& event);

  //! A time at which somebody leaves: the rows order()[first ..] are at risk, the first `events` of them leave.
  struct EventTime {
    std::size_t first = 0;
    std::size_t events = 0;
  };
  std::vector<std::int32_t> const& order() const { return order_; }
  std::vector<EventTime> const& event_times() const { return event_times_; }
  //! Where the rows end that leave or are censored from event time `g` on, but before the next.
  std::size_t end(std::size_t g) const { return g + 1 < event_times_.size() ? event_times_[g + 1].first : order_.size(); }
  std::size_t events() const { return events_; }
  bool tied() const { return events_ > event_times_.size(); }

 private:
  void distribute(Eigen::VectorXd const& time, Eigen::VectorXd const& event);
  void order_buckets(Eigen::VectorXd const& time, Eigen::VectorXd const& event);
  void cut(Eigen::VectorXd const& time, Eigen::VectorXd const& event);

  std::vector<std::int32_t> order_;
  std::vector<std::int32_t> bucket_;  // per row
  std::vector<std::size_t> starts_;   // per bucket
  std::vector<EventTime> event_times_;
  std::size_t events_ = 0;
};

}  // namespace bordin
