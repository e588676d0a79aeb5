#include "therapy/ending_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "therapy/course.hpp"
#include "therapy/parameters.hpp"
#include "therapy/therapy.hpp"

namespace bordin {
namespace {

TEST(EndingRules, EachDrawsARandomWordOfItsOwn) {
  std::set<std::size_t> words;
  for (auto const& entry : ending_rules()) {
    EXPECT_LT(entry.word, std::tuple_size_v<RandomBlock>);
    EXPECT_TRUE(words.insert(entry.word).second);
  }
}

TEST(EndingRules, EveryEndingButTheMaximumAndNotEngagingHasOne) {
  std::set<std::string> ruled, expected(ending_words().begin(), ending_words().end());
  for (auto const& entry : ending_rules())
    EXPECT_TRUE(ruled.insert(ending_words()[static_cast<std::size_t>(entry.ending)]).second);
  expected.erase(ending_words()[static_cast<std::size_t>(Ending::maximum)]);
  expected.erase(ending_words()[static_cast<std::size_t>(Ending::not_engaged)]);
  EXPECT_EQ(ruled, expected);
}

TEST(EndingRules, PlannedEndingsComeBeforeDropoutAndAloneAtTheMaximum) {
  auto const& rules = ending_rules();
  EXPECT_EQ(rules.back().ending, Ending::dropout);
  for (auto const& entry : rules) EXPECT_EQ(entry.at_maximum, entry.ending != Ending::dropout);
}

TEST(EndingRules, MissingnessHasAReasonWhereTheRuleActsAndNoneWhereItDoesNot) {
  TherapyParameters off;
  off.dropout.enabled = false;
  off.ending = {.good_enough = {.probability = 0}, .agreed = 0};
  for (auto const& entry : ending_rules()) {
    EXPECT_NE(entry.make({}, {}, {}), nullptr);
    EXPECT_NE(entry.missingness({}, {}).kind, Missingness::none);
    EXPECT_FALSE(entry.missingness({}, {}).why.empty());
    EXPECT_EQ(entry.make(off, {}, {}), nullptr);
    EXPECT_EQ(entry.missingness(off, {}).kind, Missingness::none);
    EXPECT_TRUE(entry.missingness(off, {}).why.empty());
  }
}

}  // namespace
}  // namespace bordin
