#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace bordin {
namespace {

TEST(StopOnInterrupt, AsksTheRunToStopAndLeavesTheSignalAsItWas) {
  auto* const before = std::signal(SIGINT, SIG_IGN);
  RunControl control;
  {
    StopOnInterrupt const guard(control);
    EXPECT_FALSE(control.stop.load());
    std::raise(SIGINT);
    EXPECT_TRUE(control.stop.load());
  }
  EXPECT_EQ(std::signal(SIGINT, before), SIG_IGN);
}

TEST(StopOnInterrupt, HeedsTheSignalOfASchedulerToo) {
  RunControl control;
  StopOnInterrupt const guard(control);
  std::raise(SIGTERM);
  EXPECT_TRUE(control.stop.load());
}

TEST(ProgressLine, IsQuietWhenAsked) {
  ::testing::internal::CaptureStderr();
  RunControl const control;
  {
    ProgressLine const line(control, 10, true);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace bordin
