#include "simulation/variables.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Study study() {
  return Study(
      load_scenario("routine-care", {parse_assignment("design.therapists=8"), parse_assignment("design.caseload=12")}));
}

TEST(Variables, AreWhatTheirDefinitionsSay) {
  auto const data = study().simulate(7, 3);
  auto const& c = data.clients;
  auto const score = numbers(data.sessions, "core_om");
  auto const rating = numbers(data.sessions, "wai_sr");
  auto const column = [&](char const* name) { return numbers(c, name); };
  auto const pre = column("pre"), post = column("post"), last = column("last"), change = column("change"),
             early = column("alliance_early"), between = column("alliance_between"), within = column("alliance_within"),
             third = column("alliance_3"), dropped = column("dropped_out"), attended = column("sessions_attended"),
             therapist = column("therapist");
  for (std::size_t i = 0; i < c.rows(); ++i) {
    auto const at = [&](std::size_t s) { return score[i * 13 + s]; };
    auto const end = static_cast<std::size_t>(attended[i]);
    EXPECT_EQ(pre[i], at(0));
    EXPECT_EQ(last[i], at(end));
    if (dropped[i] == 1) {
      EXPECT_TRUE(std::isnan(post[i]));
    } else {
      EXPECT_EQ(post[i], at(end));
      EXPECT_EQ(change[i], pre[i] - post[i]);
    }
    for (std::size_t s = end + 1; s < 13; ++s) EXPECT_TRUE(std::isnan(at(s)));
    double sum = 0, n = 0;
    for (std::size_t s = 1; s <= std::min<std::size_t>(3, end); ++s, ++n) sum += rating[i * 13 + s];
    EXPECT_NEAR(early[i], sum / n, 1e-6);
    EXPECT_NEAR(within[i], early[i] - between[i], 1e-6);
    if (end >= 3) {
      EXPECT_EQ(third[i], rating[i * 13 + 3]);
    }
    double caseload_sum = 0, caseload = 0;
    for (std::size_t k = 0; k < c.rows(); ++k) {
      if (therapist[k] != therapist[i]) continue;
      caseload_sum += early[k];
      ++caseload;
    }
    EXPECT_NEAR(between[i], caseload_sum / caseload, 1e-5);
  }
}

TEST(Variables, FurtherInstrumentsHaveColumnsOfTheirOwn) {
  std::string const further = R"(
[[instruments]]
name = "PHQ-9"
[[instruments]]
name = "Early"
preset = "WAI-SR items"
rater = "therapist"
when = ["sessions 2-3"]
[[instruments]]
name = "Late"
preset = "WAI-SR"
rater = "observer"
when = ["session 8", "post"]
)";
  auto const data = Study(parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n" + further, "test")).simulate(7, 3);
  auto const column = [&](char const* name) { return numbers(data.clients, name); };
  auto const pre = column("pre_phq9"), post = column("post_phq9"), change = column("change_phq9"),
             reliable = column("reliable_change_phq9"), recovered = column("recovered_phq9"),
             early = column("alliance_early_early"), third = column("alliance_3_early"),
             ended = column("sessions_attended"), ending = column("ending");
  auto const total = numbers(data.sessions, "early"), late = numbers(data.sessions, "late");
  auto const item = data.sessions.column("early_bond_4");
  double recoveries = 0;
  for (std::size_t i = 0; i < pre.size(); ++i) {
    if (!std::isnan(post[i])) {
      EXPECT_EQ(change[i], pre[i] - post[i]);
      EXPECT_EQ(reliable[i] == 1, change[i] >= 6);
      EXPECT_EQ(recovered[i] == 1, change[i] >= 6 && pre[i] >= 10 && post[i] < 10);
      recoveries += recovered[i];
    }
    bool const came = ended[i] >= 3;
    EXPECT_EQ(std::isnan(third[i]), !came);
    EXPECT_EQ(std::isnan(item.at(i * 13 + 3)), !came);
    if (came) {
      EXPECT_EQ(third[i], total[i * 13 + 3]);
      EXPECT_NEAR(early[i], (total[i * 13 + 2] + total[i * 13 + 3]) / 2, 1e-6);
      EXPECT_GE(item.at(i * 13 + 3), 1);
      EXPECT_LE(item.at(i * 13 + 3), 5);
    }
    auto const end = static_cast<std::size_t>(ended[i]);
    EXPECT_EQ(std::isnan(late[i * 13 + end]), end != 8 && ending[i] == 0) << i;
  }
  EXPECT_GT(recoveries, 20);
  EXPECT_TRUE(std::holds_alternative<std::vector<std::int8_t>>(item.values));
  EXPECT_EQ(data.clients.find("alliance_3_late"), nullptr);
  EXPECT_EQ(data.clients.find("alliance_early_late"), nullptr);
}

TEST(Variables, ScoresWithFractionalStepsChangeReliablyByWholeSteps) {
  // float32 0.1 is above a tenth, 0.7 below seven tenths: scores lie on either side of what is stated.
  struct Scale {
    double step, reliable_change, cutoff;
    std::string range;
  };
  for (auto const& [step, reliable_change, cutoff, range] :
       {Scale{0.1, 0.5, 1.5, "[0, 4]"}, Scale{0.1, 0.3, 1.4, "[0, 4]"}, Scale{0.7, 2.1, 9.1, "[0, 28]"}}) {
    std::string const scale = fmt::format(
        "[[instruments]]\nname = \"Fine\"\nrange = {}\nmean = {}\nsd = {}\nstep = {}\nreliability = 0.9\n"
        "reliable_change = {}\ncutoff = {}\n",
        range, cutoff + 3 * step, 8 * step, step, reliable_change, cutoff);
    auto const d = Study(plain_world({"symptoms.change=0.8", "design.therapists=50"}, scale)).simulate(1, 0);
    auto const steps = [&, width = step](double score) { return std::lround(score / width); };
    auto const pre = numbers(d.clients, "pre_fine"), post = numbers(d.clients, "post_fine"),
               reliable = numbers(d.clients, "reliable_change_fine"), recovered = numbers(d.clients, "recovered_fine");
    std::size_t just_reliable = 0, from_cutoff = 0, to_cutoff = 0;
    for (std::size_t i = 0; i < pre.size(); ++i) {
      auto const change = steps(pre[i]) - steps(post[i]);
      bool const enough = change >= steps(reliable_change);
      ASSERT_EQ(reliable[i], enough ? 1 : 0) << pre[i] << " to " << post[i];
      ASSERT_EQ(recovered[i], enough && steps(pre[i]) >= steps(cutoff) && steps(post[i]) < steps(cutoff) ? 1 : 0)
          << pre[i] << " to " << post[i];
      just_reliable += change == steps(reliable_change) ? 1U : 0U;
      from_cutoff += enough && steps(pre[i]) == steps(cutoff) ? 1U : 0U;
      to_cutoff += enough && steps(post[i]) == steps(cutoff) ? 1U : 0U;
    }
    EXPECT_GT(std::min({just_reliable, from_cutoff, to_cutoff}), 5U);
  }
}

TEST(Variables, APostRatingSeesWhatARatingOfTheSameSessionSees) {
  std::string const twice = R"(
[[instruments]]
name = "Each"
preset = "WAI-SR"
rater = "therapist"
[[instruments]]
name = "End"
preset = "WAI-SR"
rater = "therapist"
when = ["post"]
)";
  auto const data = Study(parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n" + twice, "test")).simulate(7, 3);
  auto const each = numbers(data.sessions, "each"), end = numbers(data.sessions, "end");
  std::size_t compared = 0;
  for (std::size_t row = 0; row < end.size(); ++row) {
    if (std::isnan(end[row])) continue;
    EXPECT_EQ(end[row], each[row]);
    ++compared;
  }
  EXPECT_GT(compared, 500U);
}

TEST(Variables, EveryColumnSaysWhatItIs) {
  auto const data = study().simulate(7, 3);
  for (auto const* table : {&data.therapists, &data.clients, &data.sessions, &data.truth_therapists, &data.truth_clients,
                            &data.truth_sessions}) {
    for (auto const& column : table->columns()) EXPECT_FALSE(column.description.empty()) << column.name;
  }
  for (auto const* table : {&data.truth_therapists, &data.truth_clients, &data.truth_sessions}) {
    for (auto const& column : table->columns()) EXPECT_TRUE(column.name.ends_with("_true")) << column.name;
  }
}

TEST(Variables, WhatDoesNotHappenHasNoColumns) {
  struct Optional {
    std::string setting;
    Table Dataset::*table;
    std::vector<std::string> columns;
  };
  Optional const all[] = {
      {"rupture.enabled=true", &Dataset::sessions, {"rupture_reported"}},
      {"rupture.enabled=true", &Dataset::truth_sessions, {"rupture_true", "repairs_true"}},
      {"commitment.enabled=true", &Dataset::truth_sessions, {"hope_true", "faith_true", "commitment_true"}},
      {"design.clinics=2", &Dataset::therapists, {"clinic"}},
      {"design.clinics=2", &Dataset::truth_therapists, {"ability_clinic_true", "direct_clinic_true"}},
      {"experience.mean_years=5", &Dataset::therapists, {"experience"}},
      {"training.share=0.5", &Dataset::therapists, {"trained"}},
  };
  auto const plain = Study(load_scenario("routine-care", {parse_assignment("rupture.enabled=false")})).simulate(7, 3);
  for (auto const& [setting, table, columns] : all) {
    auto const d = Study(load_scenario("routine-care", {parse_assignment("design.therapists=8"),
                                                        parse_assignment("design.caseload=12"), parse_assignment(setting)}))
                       .simulate(7, 3);
    for (auto const& name : columns) {
      EXPECT_EQ((plain.*table).find(name), nullptr) << name;
      auto const* column = (d.*table).find(name);
      ASSERT_NE(column, nullptr) << name;
      EXPECT_FALSE(column->description.empty()) << name;
    }
  }
}

TEST(Variables, FollowUpsComeAfterTheSessions) {
  auto const d = Study(load_scenario("routine-care",
                                     {parse_assignment("design.therapists=8"), parse_assignment("design.caseload=12"),
                                      parse_assignment("design.followups=[4, 26]"), parse_assignment("design.spacing=2"),
                                      parse_assignment("instruments.CORE-OM.when=[\"pre\", \"follow-up\"]")}))
                     .simulate(7, 3);
  ASSERT_EQ(d.sessions.rows(), d.clients.rows() * 15);
  auto const score = numbers(d.sessions, "core_om"), time = numbers(d.sessions, "time"),
             attended = numbers(d.sessions, "attended"), first = numbers(d.clients, "followup"),
             second = numbers(d.clients, "followup_2");
  for (std::size_t i = 0; i < d.clients.rows(); ++i) {
    EXPECT_EQ(time[i * 15 + 12], 24);
    EXPECT_EQ(time[i * 15 + 13], 28);
    EXPECT_EQ(time[i * 15 + 14], 50);
    EXPECT_EQ(first[i], score[i * 15 + 13]);
    EXPECT_EQ(second[i], score[i * 15 + 14]);
    EXPECT_EQ(attended[i * 15 + 13], 0);  // a follow-up is no session
  }
}

TEST(Variables, WhatNobodyWasAskedOrWentThroughIsMissing) {
  std::string const arms = R"(
[[arms]]
name = "self-help"
therapists = 0
clients = 100
[[arms]]
name = "therapy"
therapists = 20
caseload = 20
)";
  std::vector<Node> const settings{parse_assignment("rupture={enabled=true, onset=0}"),
                                   parse_assignment("attendance.not_engaging=0.2"),
                                   parse_assignment("design.missing.questionnaires=0.3"),
                                   parse_assignment("instruments.CORE-OM.when=[\"pre\", \"every session\", \"post\"]")};
  auto const d =
      Study(parse_scenario("title = \"t\"\nbased_on = \"routine-care\"\n" + arms, "test", settings)).simulate(7, 3);
  auto const arm = numbers(d.clients, "arm"), ending = numbers(d.clients, "ending"),
             count = numbers(d.clients, "ruptures_reported"), last_true = numbers(d.truth_clients, "last_true");
  auto const report = numbers(d.sessions, "rupture_reported"), score = numbers(d.sessions, "core_om"),
             attended = numbers(d.sessions, "attended"), symptoms = numbers(d.truth_sessions, "symptoms_true");
  std::size_t alone = 0, never = 0, not_filled_in = 0, none_reported = 0;
  for (std::size_t i = 0; i < arm.size(); ++i) {
    double reported = 0, asked = 0, last = std::nan("");
    for (std::size_t row = i * 13 + 1; row < (i + 1) * 13; ++row) {
      ASSERT_EQ(std::isnan(report[row]), arm[i] == 0 || std::isnan(score[row]));
      if (attended[row] == 1) {
        last = symptoms[row];
        not_filled_in += std::isnan(score[row]) ? 1U : 0U;
      }
      if (std::isnan(report[row])) continue;
      ++asked;
      reported += report[row];
    }
    ASSERT_EQ(std::isnan(count[i]), asked == 0);
    if (asked > 0) {
      ASSERT_EQ(count[i], reported);
      none_reported += reported == 0 ? 1 : 0;
    }
    bool const came = ending[i] != static_cast<double>(Ending::not_engaged);
    ASSERT_EQ(std::isnan(last_true[i]), !came);
    if (came) {
      ASSERT_EQ(last_true[i], last);
    }
    alone += arm[i] == 0 && came ? 1U : 0U;
    never += arm[i] == 1 && !came ? 1U : 0U;
  }
  for (std::size_t const n : {alone, never, not_filled_in, none_reported}) EXPECT_GT(n, 5U);
}

}  // namespace
}  // namespace bordin
