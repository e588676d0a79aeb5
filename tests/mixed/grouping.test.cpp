#include "mixed/grouping.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bordin {
namespace {

using Rows = std::vector<std::int32_t>;

TEST(Grouping, IsNestedWhenEveryGroupHasOneParent) {
  Grouping const client{{0, 0, 1, 1, 2}, 3, {}}, therapist{{0, 0, 1, 1, 0}, 2, {}}, rater{{0, 1, 0, 1, 0}, 2, {}};
  EXPECT_TRUE(is_nested(client, therapist));
  EXPECT_FALSE(is_nested(client, rater));
  EXPECT_FALSE(is_nested(therapist, client));
}

TEST(Grouping, IsNestedWhetherOrNotRunsAreKnown) {
  for (bool const first_known : {false, true})
    for (bool const second_known : {false, true}) {
      Grouping const client{{0, 0, 1, 1, 2, 0}, 3, first_known ? Rows{2, 4, 5, 6} : Rows{}};
      Grouping const therapist{{0, 0, 1, 1, 1, 0}, 2, second_known ? Rows{2, 5, 6} : Rows{}};
      Grouping const half{{0, 0, 0, 1, 1, 0}, 2, second_known ? Rows{3, 5, 6} : Rows{}};
      EXPECT_TRUE(is_nested(client, therapist));
      EXPECT_FALSE(is_nested(therapist, client));
      EXPECT_FALSE(is_nested(client, half));
    }
}

TEST(Grouping, RunsCoverAllRows) {
  std::vector<std::array<std::size_t, 3>> found;
  auto const note = [&](std::size_t first, std::size_t end, std::int32_t group) {
    found.push_back({first, end, static_cast<std::size_t>(group)});
  };
  for_each_run({{4, 4, 1, 4}, 5, {2, 3, 4}}, note);
  EXPECT_EQ(found, (decltype(found){{0, 2, 4}, {2, 3, 1}, {3, 4, 4}}));
  found.clear();
  for_each_run({{4, 4, 1}, 5, {}}, note);
  EXPECT_EQ(found, (decltype(found){{0, 1, 4}, {1, 2, 4}, {2, 3, 1}}));
}

}  // namespace
}  // namespace bordin
