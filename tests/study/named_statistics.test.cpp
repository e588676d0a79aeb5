#include "study/named_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/errors.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

constexpr double four_se = 4;

double value(char const* statistic, Study const& study, Dataset const& data) {
  return named_statistic(statistic).of(StudySample(study, data));
}

Estimate over(char const* statistic, Study const& study, std::uint32_t replications = 20) {
  return over_replications(study, replications, [&](Dataset const& data) { return value(statistic, study, data); });
}

Scenario routine(std::vector<std::string> const& settings = {}) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  return load_scenario("routine-care", overrides);
}

TEST(NamedStatistics, AreUniqueAndSayWhatTheyAre) {
  std::set<std::string_view> names;
  for (auto const& statistic : named_statistics()) {
    EXPECT_TRUE(names.insert(statistic.name).second) << statistic.name;
    EXPECT_FALSE(statistic.definition.empty()) << statistic.name;
  }
  EXPECT_THROW(named_statistic("dropout"), Error);
}

TEST(NamedStatistics, KnowClinicsAndWhatTherapistsAreBesideThem) {
  Study const study(plain_world({"therapists.direct_sd=0.5", "clinics.direct_sd=0.3", "design.clinics=40",
                                 "design.therapists=400", "design.caseload=10"}));
  // Intake severity explains none of it, and all of the last score beside it: the line on pre takes severity out.
  EXPECT_LT(over("clinic_share", study, 60).z(0.09 / 0.25), four_se);
  EXPECT_LT(over("therapist_share_in_clinics", study, 60).z(0.16 / 0.25), four_se);
  EXPECT_GT(over("clinic_share", study, 60).z(0.25 / 0.25), four_se);
}

TEST(NamedStatistics, PartTheAllianceBetweenAndWithinTherapists) {
  Study const study(load_scenario("within-and-between", {parse_assignment("design.therapists=400")}));
  EXPECT_LT(over("alliance_early_r_between", study, 100).z(0.45), four_se);
  EXPECT_LT(over("alliance_early_r_within", study, 100).z(0.27), four_se);
  EXPECT_LT(over("alliance_early_therapist_share", study, 100).z(0.08), four_se);
  EXPECT_LT(over("raw_therapist_share", study, 100).z(0.05), four_se);
  EXPECT_GT(over("alliance_early_r", study, 100).z(0.27), four_se);
}

TEST(NamedStatistics, CompareRaters) {
  Study const study(load_scenario("what-we-call-the-alliance"));
  auto const data = study.simulate(1, 0);
  auto const client = numbers(data.clients, "alliance_3"), therapist = numbers(data.clients, "alliance_3_therapist_s_view"),
             observer = numbers(data.clients, "alliance_3_observer_s_view"), last = numbers(data.clients, "last"),
             items = numbers(data.clients, "alliance_3_wai_sr_items");
  EXPECT_EQ(value("raters_r", study, data), correlation(client, therapist));
  EXPECT_EQ(value("raters_d", study, data), standardised_difference(client, therapist));
  EXPECT_NEAR(value("therapist_rating_r", study, data), -correlation(therapist, last), 1e-12);
  EXPECT_NEAR(value("observer_rating_r", study, data), -correlation(observer, last), 1e-12);
  auto const moments = pair_moments(items, items);
  EXPECT_EQ(value("item_ceiling", study, data), (5 - moments.x().mean()) / moments.x().sd());
}

TEST(NamedStatistics, NameTheColumnThatIsMissing) {
  Study const study(plain_world({}));
  auto const data = study.simulate(1, 0);
  for (auto const& [statistic, column] : std::vector<std::pair<char const*, char const*>>{
           {"arm_share", "clients.arm"}, {"rupture_report_rate", "sessions.rupture_reported"}}) {
    try {
      value(statistic, study, data);
      ADD_FAILURE() << statistic;
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find(column), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(value("reliable_recovery", study, data), Error);  // a z-score has no cutoff
  EXPECT_THROW(value("improved_by_26", study, data), Error);     // there are 12 sessions
}

TEST(NamedStatistics, SquaresAndSumsAgreeWithTheirParts) {
  Study const study(routine());
  auto const data = study.simulate(1, 0);
  auto const r = value("alliance_outcome_r", study, data);
  EXPECT_NEAR(r, -correlation(numbers(data.clients, "alliance_3"), numbers(data.clients, "last")), 1e-14);
  EXPECT_EQ(value("alliance_r2", study, data), r * r);
  EXPECT_GT(r, 0);
}

TEST(NamedStatistics, PrePostIsTheChangeInUnitsOfIntake) {
  Study const study(plain_world({"symptoms.change=0.8", "design.therapists=500"}));
  EXPECT_LT(over("prepost_d", study).z(0.8), four_se);
  EXPECT_GT(over("prepost_d", study).z(0.85), four_se);
}

TEST(NamedStatistics, ArmsDifferByTheirEffect) {
  Study const study(
      plain_world({"design.therapists=500"}, "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"CBT\"\nchange = 0.4\n"));
  EXPECT_LT(over("arm_outcome_d", study).z(0.4), four_se);
  EXPECT_LT(over("arm_share", study).z(0.04 / 1.04), four_se);  // d^2 / (d^2 + 4)
  EXPECT_LT(over("arm_alliance_d", study).z(0), four_se);
}

TEST(NamedStatistics, StayingOddsRatioIsThatOfTheArms) {
  Study const study(
      plain_world({"design.therapists=500", "design.sessions=2", "dropout.enabled=true", "dropout.baseline=-1"},
                  "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"feedback\"\ndropout = -0.3\n"));
  auto const log_ratio = over_replications(
      study, 20, [&](Dataset const& data) { return std::log(value("arm_staying_odds_ratio", study, data)); });
  EXPECT_LT(log_ratio.z(0.3), four_se);
  EXPECT_GT(log_ratio.z(-0.3), four_se);
}

TEST(NamedStatistics, TherapistsDropoutIsTheirRetentionWhereOneSessionDecides) {
  Study const study(plain_world({"design.therapists=1000", "design.sessions=2", "dropout.enabled=true",
                                 "dropout.baseline=-1.5", "therapists.retention_sd=0.6"}));
  EXPECT_LT(over("therapist_dropout_sd", study).z(0.6), four_se);
  EXPECT_GT(over("therapist_dropout_sd", study).z(0.5), four_se);
}

TEST(NamedStatistics, AConstantHazardIsTheSameEarlyAndLate) {
  std::vector<std::string> settings{"design.therapists=500", "dropout.enabled=true", "dropout.baseline=-2.5"};
  EXPECT_LT(over("dropout_hazard_ratio", Study(plain_world(settings))).z(1), four_se);
  settings.emplace_back("dropout.log_session=-0.5");
  EXPECT_GT(over("dropout_hazard_ratio", Study(plain_world(settings))).z(1), four_se);
}

TEST(NamedStatistics, TherapistShareIsThatOfTheDirectEffect) {
  // change differs by .3 between therapists and sqrt(.91) - nothing else is left of last once intake is taken out
  Study const study(
      plain_world({"design.therapists=1000", "symptoms.change=1", "therapists.direct_sd=0.3", "clients.change_sd=0.9"}));
  double const share = 0.09 / (0.09 + 0.81);
  EXPECT_LT(over("therapist_share", study).z(share), four_se);
  EXPECT_GT(over("therapist_share", study).z(0.09 / (1.0 + 0.9)), four_se);  // intake left in would be noticed
}

TEST(NamedStatistics, TherapistShareFollowsSeverity) {
  Study const study(plain_world({"design.therapists=2000", "symptoms.change=1", "therapists.direct_sd=0.3",
                                 "clients.change_sd=0.9", "symptoms.severity_slope=0.5"}));
  auto const low = over("therapist_share_low_severity", study), high = over("therapist_share_high_severity", study);
  Estimate const difference{.mean = high.mean - low.mean, .se = std::hypot(high.se, low.se)};
  EXPECT_GT(difference.mean / difference.se, four_se);
}

TEST(NamedStatistics, ReliabilityOfOneSessionIsTheClientsShare) {
  Study const study(plain_world({"design.therapists=200", "alliance.session_share=0.3", "therapists.alliance_share=0.1",
                                 "alliance.autocorrelation=0", "alliance.loadings={goal=1.0, task=1.0, bond=1.0}"}));
  EXPECT_LT(over("alliance_single_session_g", study).z(0.7), four_se);
  EXPECT_LT(over("alliance_therapist_share", study).z(0.1), four_se);
  EXPECT_GT(over("alliance_single_session_g", study).z(0.6), four_se);  // the clients' share without the therapists'
}

TEST(NamedStatistics, VerdictsAreCountedByHand) {
  Study const study(routine({"design.therapists=100"}));
  auto const data = study.simulate(3, 0);
  auto const pre = numbers(data.clients, "pre"), last = numbers(data.clients, "last");
  auto const attended = numbers(data.clients, "sessions_attended"), ending = numbers(data.clients, "ending");
  double cases = 0, improved = 0, recovered = 0, worse = 0, planned = 0, planned_recovered = 0;
  for (std::size_t i = 0; i < pre.size(); ++i) {
    bool const well = pre[i] - last[i] >= 5 && last[i] < 10;  // CORE-OM: reliable change 5, cutoff 10
    if (pre[i] < 10) continue;
    if (ending[i] == 1 || ending[i] == 2) {
      ++planned;
      planned_recovered += well ? 1 : 0;
    }
    if (attended[i] < 2) continue;
    ++cases;
    improved += pre[i] - last[i] >= 5 ? 1 : 0;
    worse += last[i] - pre[i] >= 5 ? 1 : 0;
    recovered += well ? 1 : 0;
  }
  EXPECT_NEAR(value("reliable_improvement", study, data), improved / cases, 1e-12);
  EXPECT_NEAR(value("reliable_recovery", study, data), recovered / cases, 1e-12);
  EXPECT_NEAR(value("reliable_deterioration", study, data), worse / cases, 1e-12);
  EXPECT_NEAR(value("planned_recovery_share", study, data), planned_recovered / planned, 1e-12);
}

TEST(NamedStatistics, ImprovedBySessionEightIsTheProbabilityOfTheNormal) {
  // pre - score of session 8 ~ N(change g(8), 2 (1 - rel) + 0) where clients change alike: reliable change 1.96 of its SD
  Study const study(plain_world(
      {"design.therapists=500", "symptoms.change=1", "symptoms.course=linear", "instruments.z-score.reliability=0.8"}));
  double const error_sd = std::sqrt(2 * 0.2), mean = std::sqrt(0.8) * 8 / 12;
  double const expected = 0.5 * std::erfc((1.96 * error_sd - mean) / error_sd / std::sqrt(2.0));
  EXPECT_LT(over("improved_by_8", study).z(expected), four_se);
  EXPECT_GT(over("improved_by_8", study).z(expected * 1.1), four_se);
}

TEST(NamedStatistics, VerdictsOnFractionalStepsAreThoseOfWholeSteps) {
  Study const study(routine({"design.therapists=100", "instruments.CORE-OM.range=[0, 4]", "instruments.CORE-OM.mean=1.8",
                             "instruments.CORE-OM.sd=0.8", "instruments.CORE-OM.step=0.1",
                             "instruments.CORE-OM.reliable_change=0.5", "instruments.CORE-OM.cutoff=1.4"}));
  auto const data = study.simulate(3, 0);
  auto const attended = numbers(data.clients, "sessions_attended");
  auto const steps = [&](char const* name) {
    auto scores = numbers(data.clients, name);
    for (auto& score : scores) score = std::round(score * 10);
    return scores;
  };
  auto const pre = steps("pre"), last = steps("last");
  double cases = 0, improved = 0, recovered = 0, worse = 0, by_five = 0, at_cutoff = 0;
  for (std::size_t i = 0; i < pre.size(); ++i) {
    if (pre[i] < 14 || attended[i] < 2) continue;
    ++cases;
    improved += pre[i] - last[i] >= 5 ? 1 : 0;
    recovered += pre[i] - last[i] >= 5 && last[i] < 14 ? 1 : 0;
    worse += last[i] - pre[i] >= 5 ? 1 : 0;
    by_five += pre[i] - last[i] == 5 ? 1 : 0;
    at_cutoff += pre[i] == 14 || (pre[i] - last[i] >= 5 && last[i] == 14) ? 1 : 0;
  }
  EXPECT_NEAR(value("reliable_improvement", study, data), improved / cases, 1e-12);
  EXPECT_NEAR(value("reliable_recovery", study, data), recovered / cases, 1e-12);
  EXPECT_NEAR(value("reliable_deterioration", study, data), worse / cases, 1e-12);
  EXPECT_GT(std::min(by_five, at_cutoff), 20);
}

TEST(NamedStatistics, SessionsThatAreMissedStillCountWhereTheNumberOfTheLastMatters) {
  Study const study(routine({"design.therapists=100", "attendance.missed=0.3",
                             "instruments.CORE-OM.when=[\"pre\", \"every session\", \"post\"]"}));
  auto const data = study.simulate(3, 0);
  auto const attended = numbers(data.sessions, "attended"), score = numbers(data.sessions, "core_om"),
             dropped = numbers(data.clients, "dropped_out");
  Moments improved;
  std::array<double, 2> left{}, at_risk{};  // over sessions 1-5 and 6-11
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    auto const row = i * 13;
    std::size_t last = 0;
    for (std::size_t s = 1; s <= 12; ++s) last = attended[row + s] == 1 ? s : last;
    double const by_eight = score[row + std::min<std::size_t>(last, 8)];
    if (!std::isnan(by_eight)) improved.add(score[row] - by_eight >= 5 ? 1 : 0);
    for (std::size_t s = 1; s <= std::min<std::size_t>(last, 11); ++s) ++at_risk[s > 5 ? 1 : 0];
    if (dropped[i] == 1) ++left[last > 5 ? 1 : 0];
  }
  EXPECT_NEAR(value("improved_by_8", study, data), improved.mean(), 1e-12);
  EXPECT_NEAR(value("dropout_hazard_ratio", study, data), (left[1] / at_risk[1]) / (left[0] / at_risk[0]), 1e-12);
}

TEST(NamedStatistics, RupturesAreReportedAtTheirRate) {
  Study const study(load_scenario("rupture-repair"));
  auto const data = study.simulate(1, 0);
  double reported = 0, rated = 0;
  for (double const v : numbers(data.sessions, "rupture_reported")) {
    if (std::isnan(v)) continue;
    ++rated;
    reported += v;
  }
  double attended = 0;
  for (double const v : numbers(data.clients, "sessions_attended")) attended += v;
  EXPECT_EQ(rated, attended);
  EXPECT_NEAR(value("rupture_report_rate", study, data), reported / rated, 1e-12);
}

TEST(NamedStatistics, SubscalesGoTogetherAsTheyLoad) {
  Study const study(plain_world({"design.therapists=200", "alliance.loadings={goal=0.9, task=0.8, bond=0.6}"}));
  EXPECT_LT(over("goal_task_r", study).z(0.9 * 0.8), four_se);
  EXPECT_LT(over("bond_r", study).z((0.9 + 0.8) * 0.6 / 2), four_se);
}

TEST(NamedStatistics, WithinMinusBetweenIsBiasedAsObservedMeansAre) {
  // Luedtke et al. 2008: the slope of observed means is lambda bB + (1 - lambda) bW
  Study const study(
      plain_world({"design.therapists=1000", "therapists.alliance_share=0.1", "alliance.effect_therapist=0.8",
                   "alliance.effect_client=0.2", "symptoms.change=1", "alliance.loadings={goal=1.0, task=1.0, bond=1.0}"}));
  double const lambda = 20 * 0.1 / (1 + 19 * 0.1);
  EXPECT_LT(over("within_minus_between", study).z(lambda * (0.2 - 0.8)), four_se);
  EXPECT_GT(over("within_minus_between", study).z(0.2 - 0.8), four_se);
}

TEST(NamedStatistics, DropoutsHaveTheWeakerAlliance) {
  Study const study(routine());
  auto const data = study.simulate(2, 0);
  auto const alliance = numbers(data.clients, "alliance_early"), dropped = numbers(data.clients, "dropped_out");
  Moments stay, leave;
  for (std::size_t i = 0; i < alliance.size(); ++i) (dropped[i] == 1 ? leave : stay).add(alliance[i]);
  auto const n = static_cast<double>(stay.count()), m = static_cast<double>(leave.count());
  double const pooled = ((n - 1) * stay.variance() + (m - 1) * leave.variance()) / (n + m - 2);
  EXPECT_NEAR(value("alliance_dropout_d", study, data), (stay.mean() - leave.mean()) / std::sqrt(pooled), 1e-12);
  EXPECT_NEAR(value("dropout_rate", study, data), m / (n + m), 1e-12);
}

TEST(NamedStatistics, EndingsAtAGoodEnoughLevelTurnRecoveryAround) {
  auto const r = [](std::string const& probability) {
    return over("recovery_sessions_r",
                Study(routine({"design.therapists=1000", "ending.good_enough.probability=" + probability})), 5)
        .mean;
  };
  EXPECT_LT(r("0.45"), -0.5);
  EXPECT_GT(r("0.0"), 0.5);
}

TEST(NamedStatistics, RelationshipFactorsOverlap) {
  Study const study(routine({"design.therapists=200", "design.ratings=[]"}));
  auto data = study.simulate(1, 0);
  auto const rating = numbers(data.clients, "alliance_3"), last = numbers(data.clients, "last");
  std::vector<Numbers> factors{rating};
  double step = 0;
  for (char const* name : {"empathy", "goal_consensus", "collaboration", "expectation"}) {
    step += 0.3;
    Numbers factor(rating.size());
    for (std::size_t i = 0; i < factor.size(); ++i) factor[i] = rating[i] + std::sin(static_cast<double>(i) * step);
    data.clients.add({.name = name, .unit = "", .description = "", .values = factor});
    factors.push_back(factor);
  }
  double sum = 0;
  for (auto const& factor : factors) sum += std::pow(correlation(factor, last), 2);
  EXPECT_NEAR(value("sum_of_r2", study, data), sum, 1e-12);
  EXPECT_NEAR(value("joint_r2", study, data), joint_r_squared(factors, last), 1e-12);
  EXPECT_LT(value("joint_r2", study, data), 0.6 * sum);
  EXPECT_NEAR(value("empathy_outcome_r", study, data), -correlation(factors[1], last), 1e-12);
}

TEST(NamedStatistics, RepairAndLateAllianceAreReadAtTheLastSession) {
  Study const study(load_scenario("rupture-repair"));
  auto const data = study.simulate(1, 0);
  auto const attended = numbers(data.clients, "sessions_attended"), early = numbers(data.clients, "alliance_3");
  auto const repairs = numbers(data.truth_sessions, "repairs_true"), rating = numbers(data.sessions, "wai_sr");
  auto const pre = numbers(data.clients, "pre"), last = numbers(data.clients, "last");
  PairMoments repair, late, first;
  for (std::size_t i = 0; i < attended.size(); ++i) {
    auto const row = i * 13 + static_cast<std::size_t>(attended[i]);
    repair.add(repairs[row] > 0 ? 1 : 0, pre[i] - last[i]);
    first.add(early[i], -last[i]);
    if (!std::isnan(early[i])) late.add(rating[row], -last[i]);
  }
  EXPECT_NEAR(value("repair_outcome_r", study, data), repair.correlation(), 1e-12);
  EXPECT_NEAR(value("late_minus_early_r", study, data), late.correlation() - first.correlation(), 1e-12);
  EXPECT_NEAR(value("alliance_ceiling", study, data), (5 - first.x().mean()) / first.x().sd(), 1e-12);
}

TEST(NamedStatistics, OutliersOfALinearRelationTakeAShareOfItsR) {
  // r without x below -2 SD: r s / sqrt(1 - r^2 (1 - s^2)), s^2 the variance of the normal truncated there
  Study const study(plain_world({"design.therapists=1000", "alliance.effect=0.5", "symptoms.change=1",
                                 "alliance.loadings={goal=1.0, task=1.0, bond=1.0}"}));
  double const hazard = std::exp(-2.0) / std::sqrt(2 * std::acos(-1.0)) / (0.5 * std::erfc(-2 / std::sqrt(2.0)));
  double const variance = 1 - 2 * hazard - hazard * hazard;
  double const r = 0.5 / std::sqrt(1.25);
  double const without = r * std::sqrt(variance / (1 - r * r * (1 - variance)));
  EXPECT_LT(over("alliance_outcome_r", study).z(r), four_se);
  EXPECT_LT(over("outlier_effect", study).z(without - r), four_se);
}

TEST(NamedStatistics, ComponentsAreThoseOfTheArmCalledCbt) {
  std::string const arms = "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"CBT\"\n";
  Study const study(plain_world({"design.therapists=500", "symptoms.change=1", "alliance.effect=0.5",
                                 "alliance.weights={goal=1.0, task=1.0, bond=0.0}"},
                                arms));
  EXPECT_LT(over("cbt_bond_r", study).z(0), four_se);  // it has no weight
  EXPECT_GT(over("cbt_goal_task_r", study).mean, 0.1);
  Study const other(plain_world({}, "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"ACT\"\n"));
  EXPECT_THROW(value("cbt_bond_r", other, other.simulate(1, 0)), Error);
}

TEST(NamedStatistics, LagsFollowTheirParameters) {
  auto const lag = [](char const* statistic, std::vector<std::string> settings) {
    settings.emplace_back("design.therapists=250");
    return over(statistic, Study(routine(settings))).mean;
  };
  for (char const* statistic : {"alliance_symptom_lag", "symptom_alliance_lag"}) {
    std::string const parameter = statistic == std::string("alliance_symptom_lag") ? "alliance.lag" : "alliance.kappa";
    EXPECT_LT(lag(statistic, {parameter + "=0.3"}), lag(statistic, {parameter + "=0.0"}) - 0.05) << statistic;
  }
}

}  // namespace
}  // namespace bordin
