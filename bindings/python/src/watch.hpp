#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "bind.hpp"
#include "core/parallel.hpp"

namespace bordin::python {

//! Runs with the interpreter lock held now and then: tells `progress` how many replications are finished and looks for
//! Ctrl-C. Whatever Python raises there stops the run, which still keeps what is finished, and is raised afterwards.
class Watch {
 public:
  Watch(RunControl& control, py::object progress) : control_(control), progress_(std::move(progress)) {}

  void look() {
    if (raised_) return;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!progress_.is_none()) progress_(control_.finished.load());
    } catch (py::error_already_set& error) {
      raised_ = std::move(error);
      control_.stop = true;
    }
  }
  //! Whether what was raised is a KeyboardInterrupt, which leaves what is finished to be looked at.
  bool interrupted() const { return raised_ && raised_->matches(PyExc_KeyboardInterrupt); }
  void raise_what_was_raised() {
    if (raised_) throw py::error_already_set(std::move(*raised_));
  }

 private:
  RunControl& control_;
  py::object progress_;
  std::optional<py::error_already_set> raised_;
};

//! What `work` returns, on a thread of its own while `watch` looks.
template <class Work>
auto watched(Watch& watch, Work const& work) {
  using std::chrono_literals::operator""ms;
  auto job = std::async(std::launch::async, work);
  auto const over = [&] {
    py::gil_scoped_release const released;
    return job.wait_for(100ms) == std::future_status::ready;
  };
  while (!over()) watch.look();
  auto result = job.get();
  watch.look();
  return result;
}

}  // namespace bordin::python
