#include "cli/source.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(Source, LaysWhatIsSetOverTheScenarioAndVariesIt) {
  Source source;
  CLI::App app;
  source.add_to(app);
  app.parse("nested-trial --set design.therapists=7 --set classical.d=0.3");
  EXPECT_EQ(source.load().design.therapists, 7);
  auto const varied = source.variants()({parse_assignment("design.therapists=9")});
  EXPECT_EQ(varied.design.therapists, 9);
  EXPECT_EQ(varied.classical.d, 0.3);
}

TEST(Source, ReadsSeedsReplicationsAndThreadsWithinTheirRange) {
  std::optional<std::uint64_t> seed;
  std::optional<std::uint32_t> replications;
  int threads = 0;
  CLI::App app;
  add_seed(app, seed);
  add_replications(app, replications);
  add_threads(app, threads);
  app.parse("--seed 9223372036854775807 --replications 5 --threads 2");
  EXPECT_EQ(*seed, 9223372036854775807U);
  EXPECT_EQ(*replications, 5U);
  EXPECT_EQ(threads, 2);
  EXPECT_THROW(app.parse("--replications 0"), CLI::ParseError);
  EXPECT_THROW(app.parse("--seed -1"), CLI::ParseError);
}

}  // namespace
}  // namespace bordin
