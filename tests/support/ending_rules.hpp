#pragma once

#include <gtest/gtest.h>

#include "therapy/course.hpp"
#include "therapy/ending_rule.hpp"

namespace bordin::testing {

//! A rule ends a therapy with probability p when it does for a uniform number just below p and does not for one just above.
//! Exact where a frequency would need many draws.
inline void expect_probability(EndingRule const& rule, EndingMoment const& moment, double p) {
  constexpr double step = 2e-6;  // p < 1 has about 7 digits in float32
  if (p > step) {
    EXPECT_TRUE(rule.ends(moment, static_cast<float>(p - step))) << "at session " << moment.session << ": " << p;
  }
  EXPECT_FALSE(rule.ends(moment, static_cast<float>(p + step))) << "at session " << moment.session << ": " << p;
}

//! A therapy of nobody in particular.
struct Encounter {
  TherapistTraits therapist{};
  ClientTraits client{};
  Match match{};
  Walk walk{};
  EndingMoment at(int session, Meeting const& meeting) const {
    return {.session = session, .walk = walk, .meeting = meeting};
  }
  Meeting meeting() const { return {.therapist = therapist, .client = client, .match = match}; }
};

inline double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace bordin::testing
