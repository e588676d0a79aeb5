#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "core/text.hpp"

namespace bordin {
namespace {

std::atomic<RunControl*> interrupted_run{nullptr};

extern "C" void stop_the_run(int signal) {
  if (RunControl* const control = interrupted_run.load()) control->stop.store(true);
  std::signal(signal, SIG_DFL);
}

constexpr std::chrono::milliseconds look_every{50};
constexpr double terminal_seconds = 0.2;
constexpr double log_seconds = 10;

}  // namespace

StopOnInterrupt::StopOnInterrupt(RunControl& control) {
  interrupted_run.store(&control);
  before_ = std::signal(SIGINT, stop_the_run);
  before_termination_ = std::signal(SIGTERM, stop_the_run);
}

StopOnInterrupt::~StopOnInterrupt() {
  std::signal(SIGINT, before_);
  std::signal(SIGTERM, before_termination_);
  interrupted_run.store(nullptr);
}

ProgressLine::ProgressLine(RunControl const& control, std::size_t total, bool quiet)
    : control_(control), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {
  if (!quiet) watcher_ = std::thread([this] { watch(); });
}

ProgressLine::~ProgressLine() {
  over_.store(true);
  if (!watcher_.joinable()) return;
  watcher_.join();
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::watch() {
  auto const start = std::chrono::steady_clock::now();
  double const every = terminal_ ? terminal_seconds : log_seconds;
  double next = every;
  while (!over_.load()) {
    std::this_thread::sleep_for(look_every);
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds < next) continue;
    next += every;
    say(seconds);
  }
}

void ProgressLine::say(double seconds) const {
  auto const done = control_.finished.load();
  double const rate = static_cast<double>(done) / seconds;
  bool const known = total_ > 0;
  std::string text = known ? fmt::format("{} of {} replications, {:.0f} per second", done, total_, rate)
                           : fmt::format("{} replications, {:.0f} per second", done, rate);
  if (known && done > 0) text += ", " + duration_text(static_cast<double>(total_ - done) / rate) + " left";
  std::fputs(terminal_ ? fmt::format("\r\033[K{}", text).c_str() : (text + "\n").c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace bordin
