#include "planning/grid.hpp"

#include <gtest/gtest.h>

namespace bordin {
namespace {

std::string shown_points(Axis const& axis) {
  std::string text;
  for (auto const& point : axis.points) {
    for (auto const& value : point) text += toml_text(value) + " ";
    text += "| ";
  }
  return text;
}

TEST(Axis, RangesHaveBothEnds) {
  EXPECT_EQ(shown_points(parse_axis("design.therapists=10:30:10")), "10 | 20 | 30 | ");
  EXPECT_EQ(shown_points(parse_axis("design.therapists=3:5")), "3 | 4 | 5 | ");
  EXPECT_EQ(shown_points(parse_axis("x=30:10:-10")), "30 | 20 | 10 | ");
  EXPECT_EQ(shown_points(parse_axis("x=1:10:4")), "1 | 5 | 9 | ");
}

TEST(Axis, DecimalStepsAreWhatIsWritten) {
  EXPECT_EQ(shown_points(parse_axis("x=0.1:0.3:0.1")), "0.1 | 0.2 | 0.3 | ");
  EXPECT_EQ(shown_points(parse_axis("x=0:1:0.25")), "0.0 | 0.25 | 0.5 | 0.75 | 1.0 | ");
}

TEST(Axis, ListsTakeNumbersWordsAndTables) {
  EXPECT_EQ(shown_points(parse_axis("classical.icc=.05, 0.1")), "0.05 | 0.1 | ");
  EXPECT_EQ(shown_points(parse_axis("rupture.enabled=true,false")), "true | false | ");
  auto const caseloads = parse_axis("design.caseload={ poisson = { mean = 20 } },[4, 5]");
  ASSERT_EQ(caseloads.points.size(), 2U);
  EXPECT_TRUE(caseloads.points[0][0].is(Node::Kind::table));
  EXPECT_TRUE(caseloads.points[1][0].is(Node::Kind::array));
}

TEST(Axis, TiedKeysMoveTogether) {
  auto const axis = parse_axis("design.therapists,design.caseload=4,15/5,10/10,20");
  EXPECT_EQ(axis.keys, (std::vector<std::string>{"design.therapists", "design.caseload"}));
  EXPECT_EQ(shown_points(axis), "4 15 | 5 10 | 10 20 | ");
}

TEST(Axis, WhatIsWrongIsSaidWithHowItIsWritten) {
  for (auto const* text : {"design.therapists", "=3", "x=", "x=1,,2", "x=1:10:0", "x=10:1:2", "a,b=1,2/3", "x=0:1:1e-9"}) {
    try {
      static_cast<void>(parse_axis(text));
      ADD_FAILURE() << text;
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find("KEY=FROM:TO:STEP"), std::string::npos) << error.what();
    }
  }
}

TEST(Grid, IsTheProductOfItsAxesTheLastFastest) {
  Grid const grid({parse_axis("a=1,2"), parse_axis("b.c=5:7")});
  ASSERT_EQ(grid.cells(), 6U);
  EXPECT_EQ(grid.keys(), (std::vector<std::string>{"a", "b.c"}));
  EXPECT_EQ(toml_text(grid.values(4)[0]) + toml_text(grid.values(4)[1]), "26");
  EXPECT_EQ(toml_text(grid.overrides(4)[1]), toml_text(parse_assignment("b.c=6")));
  EXPECT_EQ(grid.before(4), 3U);
  EXPECT_EQ(grid.before(3), 3U);  // the last axis begins anew
}

TEST(Grid, WithoutAxesIsTheScenarioAsItIs) {
  Grid const grid({});
  EXPECT_EQ(grid.cells(), 1U);
  EXPECT_TRUE(grid.overrides(0).empty());
  EXPECT_EQ(grid.before(0), 0U);
}

TEST(Grid, RefusesAKeyTwiceAndTooManyCells) {
  EXPECT_THROW(Grid({parse_axis("a=1,2"), parse_axis("a=3")}), Error);
  EXPECT_THROW(Grid({parse_axis("a=1:1000"), parse_axis("b=1:1000")}), Error);
}

}  // namespace
}  // namespace bordin
