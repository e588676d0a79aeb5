#include "therapy/endings.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"

namespace bordin {
namespace {

TEST(Endings, EveryEndingHasItsWord) {
  ASSERT_EQ(ending_words().size(), 4U);
  EXPECT_EQ(ending_words()[static_cast<std::size_t>(Ending::dropout)], "dropout");
  EXPECT_EQ(ending_words()[static_cast<std::size_t>(Ending::maximum)], "maximum");
}

TEST(Rupture, CanOnlyBeOffSoFar) {
  RuptureParameters rupture;
  EXPECT_NO_THROW(rupture.check());
  rupture.enabled = true;
  EXPECT_THROW(rupture.check(), ScenarioError);
}

}  // namespace
}  // namespace bordin
