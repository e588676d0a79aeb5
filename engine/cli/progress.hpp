#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "core/parallel.hpp"

namespace bordin {

//! While it lives, Ctrl-C sets control.stop (a second one ends the program the usual way).
class StopOnInterrupt {
 public:
  explicit StopOnInterrupt(RunControl& control);
  ~StopOnInterrupt();
  StopOnInterrupt(StopOnInterrupt const&) = delete;
  StopOnInterrupt& operator=(StopOnInterrupt const&) = delete;

 private:
  void (*before_)(int);
  void (*before_termination_)(int);
};

//! While it lives, says on standard error how far a run of `total` replications (0 = nobody knows) is: one line that is
//! rewritten on a terminal, a line now and then in a log.
class ProgressLine {
 public:
  ProgressLine(RunControl const& control, std::size_t total, bool quiet);
  ~ProgressLine();
  ProgressLine(ProgressLine const&) = delete;
  ProgressLine& operator=(ProgressLine const&) = delete;

 private:
  void watch();
  void say(double seconds) const;

  RunControl const& control_;
  std::size_t total_;
  bool terminal_;
  std::atomic<bool> over_{false};
  std::thread watcher_;
};

}  // namespace bordin
