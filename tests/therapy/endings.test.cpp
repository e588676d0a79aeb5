#include "therapy/endings.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

TEST(Endings, EveryEndingHasItsWord) {
  ASSERT_EQ(ending_words().size(), 5U);
  EXPECT_EQ(ending_words()[static_cast<std::size_t>(Ending::dropout)], "dropout");
  EXPECT_EQ(ending_words()[static_cast<std::size_t>(Ending::maximum)], "maximum");
  EXPECT_EQ(ending_words()[static_cast<std::size_t>(Ending::not_engaged)], "not engaged");
}

}  // namespace
}  // namespace bordin
