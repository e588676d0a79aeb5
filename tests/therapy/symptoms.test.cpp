#include "therapy/symptoms.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

TEST(CourseOfChange, IsOneAtTheReferenceLengthWhateverTheStudyLasts) {
  for (auto const shape : {CourseShape::linear, CourseShape::log, CourseShape::exponential}) {
    SymptomParameters symptoms;
    symptoms.course = shape;
    auto const course = course_of_change(symptoms, 30);
    EXPECT_EQ(course.size(), 31U);
    EXPECT_EQ(course[0], 0);
    EXPECT_NEAR(course[12], 1, 1e-15);
    for (std::size_t s = 1; s < course.size(); ++s) EXPECT_GT(course[s], course[s - 1]);
    auto const shorter = course_of_change(symptoms, 5);
    EXPECT_EQ(shorter[5], course[5]);
  }
}

TEST(CourseOfChange, HasTheShapeItIsNamedAfter) {
  SymptomParameters symptoms;
  symptoms.course = CourseShape::linear;
  EXPECT_NEAR(course_of_change(symptoms, 12)[3], 0.25, 1e-15);
  symptoms.course = CourseShape::log;
  EXPECT_NEAR(course_of_change(symptoms, 12)[3], std::log(4.0) / std::log(13.0), 1e-15);
  symptoms.course = CourseShape::exponential;
  EXPECT_NEAR(course_of_change(symptoms, 12)[3], (1 - std::exp(-0.45)) / (1 - std::exp(-1.8)), 1e-15);
}

}  // namespace
}  // namespace bordin
