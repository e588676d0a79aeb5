#include "analysis/group_shapes.hpp"

#include <gtest/gtest.h>

#include "analysis/design_matrix.hpp"
#include "analysis/reference.hpp"

namespace bordin {
namespace {

using Columns = std::vector<Eigen::Index>;

// Four therapists with three clients each, four times; arms of therapists and of clients, and a covariate of each kind.
Table small_trial() {
  std::vector<std::int32_t> therapist, client, time, arm, own_arm;
  std::vector<double> y, age, severity, t;
  for (int i = 0; i < 48; ++i) {
    therapist.push_back(i / 12);
    client.push_back(i / 4);
    time.push_back(i % 4);
    t.push_back(i % 4);
    arm.push_back(i / 12 % 3);
    own_arm.push_back(i / 4 % 2);
    age.push_back(30 + i / 12 * 7 % 5);
    severity.push_back(i / 4 * 5 % 7);
    y.push_back(3 + (i * 7 % 11) * .5 + (i * 13 % 17) * .3 + i % 4 * .4);
  }
  Table out;
  auto const add = [&](char const* name, auto values) { out.add({name, "", "", std::move(values), {}}); };
  add("therapist", therapist);
  add("client", client);
  add("time", time);
  add("t", t);
  out.add({"arm", "", "", arm, {"CBT", "PDT", "TAU"}});
  add("own_arm", own_arm);
  add("age", age);
  add("severity", severity);
  add("y", y);
  return out;
}

GroupShapes found(std::string const& formula, Table const& table) {
  auto const plan = plan_design(formula, parse_formula(formula), table, "");
  return build_design(plan, table).shapes;
}

TEST(GroupShapes, AreOfEffectsTimesWhatTherapistsHaveInCommon) {
  auto const table = small_trial();
  auto const shapes = found("y ~ time * arm + severity + (1 + time | client) + (1 | therapist)", table);
  EXPECT_EQ(shapes.shaped(), (Columns{0, 1, 2, 3, 5, 6}));
  EXPECT_EQ(shapes.others(), (Columns{4}));
  EXPECT_EQ(shapes.shapes().classes, 3);
  EXPECT_EQ(shapes.shapes().of_group, (std::vector<std::int32_t>{0, 1, 2, 0}));
  EXPECT_EQ(shapes.shapes().one, 0);
  // PDT: intercept, time, its own intercept and slope.
  std::vector<double> const pdt{1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0};
  std::vector<double> const& all = shapes.shapes().matrices;
  EXPECT_EQ(std::vector<double>(all.begin() + 12, all.begin() + 24), pdt);
}

TEST(GroupShapes, AreOfClientsWhereTheyAreOutermost) {
  auto const shapes = found("y ~ time * own_arm + (1 + time | client)", small_trial());
  EXPECT_EQ(shapes.shaped(), (Columns{0, 1, 2, 3}));
  EXPECT_EQ(shapes.shapes().classes, 2);
}

TEST(GroupShapes, LeaveOutWhatVariesWithinTherapists) {
  auto const shapes = found("y ~ time * own_arm + (1 + time | client) + (1 | therapist)", small_trial());
  EXPECT_EQ(shapes.shaped(), (Columns{0, 1}));
  EXPECT_EQ(shapes.others(), (Columns{2, 3}));
}

TEST(GroupShapes, NeedTheEffectItself) {
  auto const shapes = found("y ~ time + (0 + time | client)", small_trial());
  EXPECT_EQ(shapes.shaped(), (Columns{1}));
  EXPECT_EQ(shapes.shapes().one, -1);
}

TEST(GroupShapes, AreTheCommonOnesOnlyWhereNearlyEveryGroupHasItsOwn) {
  auto const shapes = found("y ~ time * severity + (1 + time | client)", small_trial());
  EXPECT_EQ(shapes.shapes().classes, 7);
  auto table = small_trial();
  auto& severity = table.columns()[7].as<double>();
  for (std::size_t row = 0; row < severity.size(); ++row) {
    auto const client = row / 4;
    severity[row] = 10 * severity[row] + static_cast<double>(client);
  }
  auto const many = found("y ~ time * severity + (1 + time | client)", table);
  EXPECT_EQ(many.shaped(), (Columns{0, 1}));
  EXPECT_EQ(many.shapes().classes, 1);
}

// A copy of time under another name, in the fixed part, has no shape that the plan could see.
TEST(GroupShapes, ChangeNoResult) {
  auto const table = small_trial();
  for (auto const* random : {"(1 + time | client) + (1 + time | therapist)", "(1 + time | client)",
                             "(1 | client) + (0 + time | therapist)", "(time | client) + (1 | therapist)"})
    for (auto const* fixed : {"* arm", "* arm + severity", "* own_arm + age", "+ arm"})
      for (auto const df : {DfMethod::satterthwaite, DfMethod::kenward_roger}) {
        SCOPED_TRACE(std::string(fixed) + " + " + random);
        auto const with = [&](std::string const& time) {
          return testing::fit_formula("y ~ " + time + fixed + " + " + random, table, Method::automatic, {}, df);
        };
        auto const fit = with("time "), other = with("t ");
        ASSERT_EQ(fit.status, other.status) << fit.message << other.message;
        EXPECT_NEAR(fit.criterion, other.criterion, 1e-9);
        for (std::size_t c = 0; c < fit.coefficients.size(); ++c) {
          auto const &a = fit.coefficients[c], &b = other.coefficients[c];
          EXPECT_NEAR(a.estimate, b.estimate, 1e-6 * b.std_error) << a.term;
          testing::expect_relative(a.std_error, b.std_error, 1e-6, "SE of " + a.term);
          testing::expect_relative(a.df, b.df, 1e-4, "df of " + a.term);
        }
      }
}

}  // namespace
}  // namespace bordin
