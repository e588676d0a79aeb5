#include "study/performance.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace bordin {
namespace {

PerformanceRow row_of(std::vector<PerformanceRow> const& rows, std::string const& term, std::string const& measure) {
  for (auto const& row : rows) {
    if (row.term == term && row.measure == measure) return row;
  }
  ADD_FAILURE() << term << " " << measure;
  return {};
}

Estimates estimates(FitStatus status, double estimate, double se, double p) {
  Estimates out{.status = status, .terms = std::vector<Coefficient>(3), .message = ""};
  for (auto& term : out.terms) {
    term.estimate = estimate;
    term.std_error = se;
    term.p_value = p;
  }
  return out;
}

class Performance : public ::testing::Test {
 protected:
  Study study{
      parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n[[analyses]]\nname = \"multilevel\"\nformula = \"post ~ "
                     "pre + alliance_early\"\ntest = []\n",
                     "t")};
  RunControl control;
  PerformanceTally tally{study, true_values(study, 1, control)};
};

TEST_F(Performance, AnalysesOfOthersAreJudgedAlike) {
  PerformanceTally others({{.name = "multilevel", .terms = {"(Intercept)", "pre", "alliance_early"}, .tested = {}}}, 0.05,
                          true_values(study, 1, control));
  for (auto* one : {&tally, &others}) {
    one->add({estimates(FitStatus::ok, 1, 2, 0.01)});
    one->add({estimates(FitStatus::ok, 3, 4, 0.20)});
  }
  auto const own = tally.rows(), theirs = others.rows();
  ASSERT_EQ(own.size(), theirs.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_EQ(own[i].measure + own[i].analysis + own[i].term, theirs[i].measure + theirs[i].analysis + theirs[i].term);
    EXPECT_EQ(own[i].value, theirs[i].value) << own[i].measure;
  }
}

TEST_F(Performance, MeasuresAreTheirFormulas) {
  tally.add({estimates(FitStatus::ok, 1, 2, 0.01)});
  tally.add({estimates(FitStatus::singular, 3, 4, 0.20)});
  tally.add({estimates(FitStatus::ok, 5, 2, 0.05)});
  tally.add({estimates(FitStatus::not_estimable, not_a_number, not_a_number, not_a_number)});
  tally.add({estimates(FitStatus::not_converged, 900, 1, 0.0)});
  auto const rows = tally.rows();
  auto const mean = row_of(rows, "pre", "mean_estimate");
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_DOUBLE_EQ(mean.mcse, 2 / std::sqrt(3.0));
  EXPECT_EQ(mean.run, 5);
  EXPECT_EQ(mean.converged, 3);
  EXPECT_EQ(mean.singular, 1);
  EXPECT_EQ(mean.failed, 2);
  auto const empirical = row_of(rows, "pre", "empirical_se");
  EXPECT_DOUBLE_EQ(empirical.value, 2);
  EXPECT_DOUBLE_EQ(empirical.mcse, 2 / std::sqrt(4.0));
  auto const model = row_of(rows, "pre", "model_se");
  EXPECT_DOUBLE_EQ(model.value, std::sqrt((4 + 16 + 4) / 3.0));
  EXPECT_NEAR(model.mcse, std::sqrt(48.0 / (4 * 3 * 8)), 1e-14);  // var(4, 16, 4) = 48, mean square 8
  auto const rejected = row_of(rows, "pre", "rejection_rate");
  EXPECT_DOUBLE_EQ(rejected.value, 2.0 / 3);  // p = alpha rejects
  EXPECT_DOUBLE_EQ(rejected.mcse, std::sqrt(2.0 / 9 / 3));
  EXPECT_DOUBLE_EQ(row_of(rows, "pre", "rejection_rate_failed_as_no").value, 0.4);
}

TEST_F(Performance, AgainstTheTruthMeasuresAreTheirFormulas) {
  TrueValues truths(1, std::vector<TrueValue>(3));
  truths[0][1] = {.value = 2, .se = 0.5};
  PerformanceTally judged(study, truths);
  auto const add = [&](double estimate, double p) {
    auto of = estimates(FitStatus::ok, estimate, 1, p);
    for (auto& term : of.terms) {
      term.lower = estimate - 1.5;
      term.upper = estimate + 1.5;
    }
    judged.add({of});
  };
  add(1, 0.2);
  add(3, 0.01);
  add(-1, 0.02);
  add(7, 0.001);
  judged.add({estimates(FitStatus::not_converged, 0, 0, 0)});
  auto const rows = judged.rows();
  auto const row = [&](char const* measure) { return row_of(rows, "pre", measure); };
  double const variance = (2.25 + 0.25 + 12.25 + 20.25) / 3;  // of 1, 3, -1, 7 about 2.5
  EXPECT_DOUBLE_EQ(row("bias").value, 0.5);
  EXPECT_DOUBLE_EQ(row("bias").mcse, std::sqrt(variance / 4 + 0.25));
  EXPECT_DOUBLE_EQ(row("bias").truth, 2);
  EXPECT_DOUBLE_EQ(row("relative_bias").value, 0.25);
  EXPECT_DOUBLE_EQ(row("rmse").value, std::sqrt((1 + 1 + 9 + 25) / 4.0));
  EXPECT_NEAR(row("rmse").mcse, std::sqrt((64 + 64 + 0 + 256) / 3.0 / 4) / (2 * 3), 1e-12);  // of squared errors about 9
  EXPECT_DOUBLE_EQ(row("coverage").value, 0.5);
  EXPECT_DOUBLE_EQ(row("coverage_failed_as_no").value, 0.4);
  EXPECT_DOUBLE_EQ(row("bias_eliminated_coverage").value, 0.5);  // of 2.5: 1 and 3
  EXPECT_DOUBLE_EQ(row("type_s").value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(row("type_m").value, (1.5 + 0.5 + 3.5) / 3);
  EXPECT_DOUBLE_EQ(row("se_ratio").value, 1 / std::sqrt(variance));
  for (auto const& other : rows) EXPECT_FALSE(other.term == "alliance_early" && other.measure == "bias");
  EXPECT_NE(performance_text(rows, 0.05).find("exaggeration"), std::string::npos);
}

TEST_F(Performance, NothingConvergedIsNotAPowerOfZero) {
  tally.add({estimates(FitStatus::not_converged, 1, 1, 0.5)});
  EXPECT_TRUE(std::isnan(row_of(tally.rows(), "pre", "rejection_rate").value));
  EXPECT_EQ(row_of(tally.rows(), "pre", "rejection_rate").failed, 1);
  auto const text = performance_text(tally.rows(), 0.05);
  EXPECT_NE(text.find("failed"), std::string::npos);
  EXPECT_EQ(text.find("0.0000"), std::string::npos) << text;
}

// Rows about variances: no standard error, and of an intraclass correlation no test either.
TEST(PerformanceOfVariances, HasPowerWhereThereIsATestAndNoModelError) {
  Study const study(parse_scenario(
      "title = \"t\"\nbased_on = \"routine-care\"\n[[analyses]]\nname = \"multilevel\"\nformula = \"post ~ pre + "
      "(1 | therapist)\"\ntest = [\"pre\", \"sd(therapist)\", \"icc(therapist)\"]\n",
      "t"));
  TrueValues truths(1, std::vector<TrueValue>(4));
  truths[0][3] = {.value = 0.05, .se = 0};
  PerformanceTally tally(study, truths);
  for (std::uint32_t i = 0; i < 3; ++i) tally.add(study.replicate(1, i, KeepData::none).estimates);
  auto const rows = tally.rows();
  for (char const* term : {"sd(therapist)", "icc(therapist)"}) {
    EXPECT_TRUE(std::isfinite(row_of(rows, term, "mean_estimate").value)) << term;
    EXPECT_TRUE(std::isfinite(row_of(rows, term, "empirical_se").value)) << term;
    EXPECT_TRUE(std::isnan(row_of(rows, term, "model_se").value)) << term;
  }
  EXPECT_TRUE(std::isfinite(row_of(rows, "sd(therapist)", "rejection_rate").value));
  EXPECT_TRUE(std::isnan(row_of(rows, "icc(therapist)", "rejection_rate").value));
  EXPECT_TRUE(std::isnan(row_of(rows, "icc(therapist)", "rejection_rate_failed_as_no").value));
  EXPECT_TRUE(std::isfinite(row_of(rows, "pre", "model_se").value));
  EXPECT_GT(row_of(rows, "icc(therapist)", "coverage").value, 0);
  EXPECT_NE(performance_text(rows, 0.05).find("icc(therapist)"), std::string::npos);
}

}  // namespace
}  // namespace bordin
