#include "simulation/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <ostream>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Dataset made(std::vector<std::string> const& settings, std::string const& more = "", std::uint32_t replication = 3) {
  std::vector<Node> overrides;
  for (auto const& setting : settings) overrides.push_back(parse_assignment(setting));
  std::string const text = "title = \"growing\"\nbased_on = \"routine-care\"\n" + more;
  return Study(parse_scenario(text, "test", overrides)).simulate(7, replication);
}

std::size_t same(std::size_t row) {
  return row;
}

std::string const two_arms = R"(
[[arms]]
name = "A"
change = 0.1
[[arms]]
name = "B"
)";

//! Everything that can happen, at once.
std::vector<std::string> const everything{
    "rupture.enabled=true",
    "commitment.enabled=true",
    "alliance.rule=\"weakest link\"",
    "alliance.necessary.enabled=true",
    "attendance={not_engaging=0.1, severity=0.5, missed=0.1}",
    "design.missing={questionnaires=0.1, last_score=0.3, current_score=0.2, followups=0.2}",
    "design.followups=[13, 26]",
    "instruments.CORE-OM.when=[\"pre\", \"every session\", \"post\", \"follow-up\"]",
    "symptoms.relapse=0.01",
    "design.clinics=3",
    "clinics={alliance_share=0.03, direct_sd=0.1}",
    "experience={mean_years=8, alliance=0.01, change=-0.01}",
    "training={share=0.5, alliance=0.4}",
    "therapists.severity_sd=0.2",
    "therapists.ability_severity_correlation=0.3",
    "therapists.distribution=\"two kinds\"",
    "clients.distribution=\"two kinds\""};

//! What the variance between therapists in the data set decides: everybody in it matters.
std::vector<std::string> const latent{"alliance_between_latent", "alliance_within_latent"};
bool all(std::size_t /*row*/) {
  return true;
}

//! The same promises in a plain study and in one in which everything happens.
class GrowingAStudy : public ::testing::TestWithParam<bool> {
 protected:
  static Dataset made(std::vector<std::string> settings, std::string const& more = "") {
    if (GetParam()) settings.insert(settings.begin(), everything.begin(), everything.end());
    return bordin::made(settings, more);
  }
  static std::size_t followups() { return GetParam() ? 2 : 0; }
};

INSTANTIATE_TEST_SUITE_P(, GrowingAStudy, ::testing::Bool(),
                         [](auto const& each) { return each.param ? "WithEverything" : "Plain"; });

TEST_P(GrowingAStudy, OneTherapistMoreLeavesAllRowsOfTheOthers) {
  auto const small = made({"design.therapists=5", "design.caseload={negative_binomial={mean=8, dispersion=2}}"});
  auto const large = made({"design.therapists=6", "design.caseload={negative_binomial={mean=8, dispersion=2}}"});
  ASSERT_GT(large.clients.rows(), small.clients.rows());
  EXPECT_GT(expect_same_rows(small.therapists, large.therapists, same), 0U);
  EXPECT_GT(expect_same_rows(small.clients, large.clients, same, all, latent), 0U);
  EXPECT_GT(expect_same_rows(small.sessions, large.sessions, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_therapists, large.truth_therapists, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_clients, large.truth_clients, same), 0U);
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, same), 0U);
}

TEST_P(GrowingAStudy, OneArmOrOneTherapistPerArmMoreLeavesAllRowsOfTheOthers) {
  auto const arm_more = two_arms + "[[arms]]\nname = \"C\"\n";
  auto const small = made({"design.therapists=3", "design.caseload=4"}, two_arms);
  auto const large = made({"design.therapists=3", "design.caseload=4"}, arm_more);
  ASSERT_EQ(large.clients.rows(), 36U);
  expect_same_rows(small.clients, large.clients, same, all, latent);
  expect_same_rows(small.sessions, large.sessions, same);
  expect_same_rows(small.truth_therapists, large.truth_therapists, same);
  expect_same_rows(small.truth_sessions, large.truth_sessions, same);

  // With a fourth therapist in each arm the second arm's rows move down by one therapist, that is 4 clients.
  auto const wide = made({"design.therapists=4", "design.caseload=4"}, two_arms);
  auto const client_row = [](std::size_t row) { return row < 12 ? row : row + 4; };
  expect_same_rows(small.clients, wide.clients, client_row, all,
                   {"therapist", "alliance_between_latent", "alliance_within_latent"});
  expect_same_rows(small.truth_clients, wide.truth_clients, client_row);
  expect_same_rows(small.truth_therapists, wide.truth_therapists, [](std::size_t row) { return row < 3 ? row : row + 1; });
}

TEST_P(GrowingAStudy, OneClientMoreChangesNothingButMeansOverTheCaseload) {
  std::vector<std::string> means{"alliance_between", "alliance_within"};
  means.insert(means.end(), latent.begin(), latent.end());
  auto const small = made({"design.therapists=3", "design.caseload=[5, 4, 6]"});
  auto const large = made({"design.therapists=3", "design.caseload=[5, 5, 6]"});
  auto const client_row = [](std::size_t row) { return row < 9 ? row : row + 1; };
  auto const rows = 13 + followups();
  auto const session_row = [&](std::size_t row) { return client_row(row / rows) * rows + row % rows; };
  expect_same_rows(
      small.clients, large.clients, client_row, [](auto) { return true; }, means);
  expect_same_rows(small.truth_clients, large.truth_clients, client_row);
  expect_same_rows(small.sessions, large.sessions, session_row, [](auto) { return true; }, {"client"});
  expect_same_rows(small.truth_sessions, large.truth_sessions, session_row);
  expect_same_rows(small.truth_therapists, large.truth_therapists, same);
  // Clients of the other therapists keep even their means, but for how much of these is believed.
  expect_same_rows(
      small.clients, large.clients, client_row, [](std::size_t row) { return row < 5 || row >= 9; }, latent);
}

TEST_P(GrowingAStudy, OneSessionMoreLeavesAllBefore) {
  auto const small = made({"design.therapists=4", "design.caseload=10", "design.sessions=11"});
  auto const large = made({"design.therapists=4", "design.caseload=10", "design.sessions=12"});
  // A client who came to session 11 when it was the last may have left after it, or missed it, when it is not; everyone
  // else is the same. So are sessions, but for how late follow-ups are and what is known at them.
  auto const rows = 12 + followups();
  auto const session_row = [&](std::size_t row) { return row / rows * (rows + 1) + row % rows; };
  auto const attended_last = small.sessions.column("attended").numbers();
  auto const left_before = [&](std::size_t client) { return attended_last[client * rows + 11] == 0; };
  auto const before_last = [&](std::size_t row) { return row % rows < (GetParam() ? 11U : 12U); };
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, session_row, before_last), 0U);
  EXPECT_GT(expect_same_rows(small.sessions, large.sessions, session_row,
                             [&](std::size_t row) { return left_before(row / rows) && row % rows < 12; }),
            0U);
  // Before the last session the observed scores of those who stayed are the same too, but for the mean over all sessions.
  expect_same_rows(small.sessions, large.sessions, session_row, before_last, {"alliance_session"});
  std::vector<std::string> const later{"alliance_between",       "alliance_within", "alliance_between_latent",
                                       "alliance_within_latent", "followup",        "followup_2"};
  EXPECT_GT(expect_same_rows(small.clients, large.clients, same, left_before, later), 0U);
  expect_same_rows(small.clients, large.clients, same, [](std::size_t) { return true; },
                   {"post", "last", "change", "reliable_change", "recovered", "dropped_out", "ending", "sessions_attended",
                    "alliance_11", "followup", "followup_2", "ruptures_reported"});
  expect_same_rows(small.truth_clients, large.truth_clients, same, [](std::size_t) { return true; },
                   {"last_true", "end_true"});
  expect_same_rows(small.truth_therapists, large.truth_therapists, same);
}

TEST(GrowingADesign, OneFollowUpMoreLeavesAllBefore) {
  auto const with_followups = [](char const* weeks) {
    auto settings = everything;
    settings.insert(settings.end(),
                    {"design.therapists=4", "design.caseload=10", std::string("design.followups=") + weeks});
    return made(settings);
  };
  auto const small = with_followups("[13]");
  auto const large = with_followups("[13, 52]");
  auto const session_row = [](std::size_t row) { return row / 14 * 15 + row % 14; };
  expect_same_rows(small.clients, large.clients, same);
  EXPECT_GT(expect_same_rows(small.sessions, large.sessions, session_row), 0U);
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, session_row), 0U);
  expect_same_rows(small.truth_clients, large.truth_clients, same);
  EXPECT_NE(large.clients.find("followup_2"), nullptr);
}

TEST(GrowingADesign, OneClinicMoreLeavesTherapistsWhoStayInTheirs) {
  // Therapists are spread in turn, so that with a fourth clinic the first three therapists keep theirs.
  auto const with_clinics = [](char const* clinics) {
    auto settings = everything;
    settings.insert(settings.end(), {"design.therapists=4", "design.caseload=6", std::string("design.clinics=") + clinics});
    return made(settings);
  };
  auto const small = with_clinics("3");
  auto const large = with_clinics("4");
  auto const first_three = [](std::size_t each) { return [each](std::size_t row) { return row < 3 * each; }; };
  EXPECT_GT(expect_same_rows(small.therapists, large.therapists, same, first_three(1)), 0U);
  EXPECT_GT(expect_same_rows(small.truth_therapists, large.truth_therapists, same, first_three(1)), 0U);
  EXPECT_GT(expect_same_rows(small.clients, large.clients, same, first_three(6), latent), 0U);
  EXPECT_GT(expect_same_rows(small.truth_sessions, large.truth_sessions, same, first_three(6 * 15)), 0U);
  EXPECT_NE(bits_at(small.truth_therapists.column("ability_true"), 3),
            bits_at(large.truth_therapists.column("ability_true"), 3));
}

TEST(World, AnotherInstrumentChangesNoOther) {
  std::string const extra =
      "[[instruments]]\nname = \"Distress\"\nrange = [0, 100]\nmean = 50\nsd = 15\nreliability = 0.9\n";
  auto const small = made({"design.therapists=3"});
  auto const large = made({"design.therapists=3"}, extra);
  EXPECT_NE(large.sessions.find("distress"), nullptr);
  expect_same_rows(small.clients, large.clients, same);
  expect_same_rows(small.sessions, large.sessions, same);
  expect_same_rows(small.truth_sessions, large.truth_sessions, same);
}

TEST(World, CausalFractionActsOnNothingFactual) {
  auto const half = made({"alliance.causal_fraction=0.5"});
  for (char const* other : {"alliance.causal_fraction=1", "alliance.causal_fraction=0"}) {
    auto const data = made({other});
    expect_same_rows(half.clients, data.clients, same);
    expect_same_rows(half.sessions, data.sessions, same);
    expect_same_rows(half.truth_sessions, data.truth_sessions, same);
  }
  auto const changed = made({"alliance.effect=0.35"});
  EXPECT_NE(half.truth_sessions.column("symptoms_true").numbers(),
            changed.truth_sessions.column("symptoms_true").numbers());
}

TEST(World, TherapyGoingOnAfterItsEndChangesNothingObserved) {
  auto const ends = made({"design.therapists=10"});
  auto const goes_on = made({"design.therapists=10", "design.continue_after_ending=true"});
  expect_same_rows(ends.clients, goes_on.clients, same);
  expect_same_rows(ends.sessions, goes_on.sessions, same);
  auto const alone = ends.truth_sessions.column("symptoms_true").numbers();
  auto const whole = goes_on.truth_sessions.column("symptoms_true").numbers();
  std::size_t continued = 0;
  for (std::size_t row = 0; row < alone.size(); ++row) {
    EXPECT_FALSE(std::isnan(whole[row]));
    if (std::isnan(alone[row])) {
      ++continued;
    } else {
      EXPECT_EQ(alone[row], whole[row]);
    }
  }
  EXPECT_GT(continued, 100U);
}

TEST(World, TherapyGoingOnAfterItsEndIsThatOfAWorldWithoutEndings) {
  // Feedback knows who is not on track by scores, also where they are those of a therapy that has ended.
  std::string const feedback =
      "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"feedback\"\nfeedback = { alliance = 0.5, behind = 0.2 }\n";
  std::vector<std::string> const settings{"design.therapists=10", "design.continue_after_ending=true",
                                          "design.missing={questionnaires=0.1, last_score=0.5}", "attendance.missed=0.1",
                                          "instruments.CORE-OM.when=[\"pre\", \"every session\"]"};
  auto const with = [&](std::vector<std::string> const& more, std::string const& arms) {
    auto all = settings;
    all.insert(all.end(), more.begin(), more.end());
    return made(all, arms);
  };
  std::vector<std::string> const endings{"dropout.baseline=-2", "ending.agreed=0.2", "attendance.not_engaging=0.1"};
  auto const goes_on = with(endings, feedback);
  auto const never_ends = with({"dropout.enabled=false", "ending.agreed=0", "ending.good_enough.probability=0"}, feedback);
  EXPECT_GT(expect_same_rows(never_ends.truth_sessions, goes_on.truth_sessions, same), 0U);
  // ... and it does act after the ending.
  auto const alliance = [](Dataset const& d) { return numbers(d.truth_sessions, "alliance_true"); };
  auto const with_feedback = alliance(goes_on),
             without = alliance(with(endings, "[[arms]]\nname = \"usual\"\n[[arms]]\nname = \"no feedback\"\n"));
  auto const attended = numbers(goes_on.clients, "sessions_attended");
  std::size_t told_after_ending = 0;
  for (std::size_t i = 0; i < attended.size(); ++i)
    if (attended[i] <= 6 && with_feedback[i * 13 + 12] != without[i * 13 + 12]) ++told_after_ending;
  EXPECT_GT(told_after_ending, 20U);
}

TEST(World, CrossedTherapistsTreatClientsOfAllArmsInBalancedBlocks) {
  auto const data = made({"design.therapists=6", "design.caseload=7", "design.therapists_in_arms=\"crossed\""}, two_arms);
  EXPECT_EQ(data.therapists.find("arm"), nullptr);
  auto const therapist = data.clients.column("therapist").numbers();
  auto const arm = data.clients.column("arm").numbers();
  std::map<double, int> in_second_arm;
  for (std::size_t i = 0; i < arm.size(); ++i) in_second_arm[therapist[i]] += static_cast<int>(arm[i]);
  int odd = 0;
  for (auto const& [who, count] : in_second_arm) {
    EXPECT_TRUE(count == 3 || count == 4) << who;  // three blocks of two and the first of a fourth
    odd += count == 4 ? 1 : 0;
  }
  EXPECT_EQ(in_second_arm.size(), 6U);
  auto const grown = made({"design.therapists=6", "design.caseload=8", "design.therapists_in_arms=\"crossed\""}, two_arms);
  expect_same_rows(
      data.clients, grown.clients, [](std::size_t row) { return row / 7 * 8 + row % 7; }, [](auto) { return true; },
      {"alliance_between", "alliance_within", "alliance_between_latent", "alliance_within_latent"});
}

TEST(World, CrossedAllocationIsFair) {
  Study const study(plain_world(
      {"design.therapists=20", "design.caseload=5", "design.sessions=1", "design.therapists_in_arms=\"crossed\""},
      two_arms));
  auto const share = over_replications(study, 400, [](Dataset const& d) {
    double second = 0;
    for (double const a : numbers(d.clients, "arm")) second += a;
    return second / static_cast<double>(d.clients.rows());
  });
  EXPECT_LT(share.z(0.5), 4);
}

TEST(World, AnArmWithoutTherapistsHasNoAlliance) {
  std::string const waiting = R"(
[[arms]]
name = "therapy"
[[arms]]
name = "waiting list"
therapists = 0
clients = 9
change = -1.0
)";
  auto const data = made({"design.therapists=3", "design.caseload=4"}, waiting);
  ASSERT_EQ(data.clients.rows(), 21U);
  ASSERT_EQ(data.therapists.rows(), 3U);
  auto const therapist = data.clients.column("therapist").numbers();
  auto const early = data.clients.column("alliance_early").numbers();
  for (std::size_t i = 12; i < 21; ++i) {
    EXPECT_EQ(therapist[i], static_cast<double>(3 + i - 12));  // each is a cluster of one
    EXPECT_TRUE(std::isnan(early[i]));
    EXPECT_TRUE(std::isnan(data.truth_sessions.column("alliance_true").at(i * 13 + 1)));
    EXPECT_FALSE(std::isnan(data.truth_sessions.column("symptoms_true").at(i * 13 + 1)));
  }
}

TEST(World, MemoryBoundHoldsForRealDataSets) {
  std::string const more = "[[instruments]]\nname = \"WAI-SR items\"\n[[instruments]]\nname = \"PHQ-9\"\n";
  Study const study(parse_scenario("title = \"much\"\nbased_on = \"early-alliance\"\n" + more, "test",
                                   {parse_assignment("design.ratings=[\"empathy\", \"credibility\"]")}));
  double most = 0;
  for (std::uint32_t r = 0; r < 20; ++r) {
    auto const data = study.simulate(1, r);
    double bytes = 0;
    for (auto const* table : {&data.therapists, &data.clients, &data.sessions, &data.truth_therapists, &data.truth_clients,
                              &data.truth_sessions}) {
      for (auto const& column : table->columns())
        bytes += std::visit([](auto const& v) { return static_cast<double>(v.size() * sizeof(v[0])); }, column.values);
    }
    most = std::max(most, bytes / static_cast<double>(data.clients.rows()));
  }
  EXPECT_LT(most, study.world().bytes_per_dataset() / study.world().expected_clients());
  EXPECT_GT(most * 3, study.world().bytes_per_dataset() / study.world().expected_clients());
}

//! A mechanism and what it may touch. Everything else must keep its bits when it is switched on.
struct Mechanism {
  char const* name;
  std::vector<std::string> base;     //!< what both worlds have
  std::vector<std::string> on;       //!< what switches it on
  std::vector<std::string> touched;  //!< "table.column" or "table.*"; of session tables from the first row touched
  double from = 0;                   //!< ... of each client
};

std::ostream& operator<<(std::ostream& out, Mechanism const& mechanism) {
  return out << mechanism.name;
}

//! Endings depend on what is measured and felt, so that truth is compared with the course of those who left going on.
std::string const whole_course = "design.continue_after_ending=true";
//! Everything that follows from what happens in sessions.
std::vector<std::string> const course{"clients.*", "sessions.*", "truth_sessions.*", "truth_clients.last_true",
                                      "truth_clients.end_true"};
std::vector<std::string> const ending{"clients.*", "sessions.*", "truth_clients.last_true"};

std::vector<std::string> and_also(std::vector<std::string> list, std::vector<std::string> const& more) {
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

std::vector<std::string> const ability{"truth_therapists.ability_true", "truth_therapists.goal_therapist_true",
                                       "truth_therapists.task_therapist_true", "truth_therapists.bond_therapist_true"};

//! Switched off, though its other parameters are stated: nothing at all is touched.
std::vector<Mechanism> const switched_off{
    {"commitment", {}, {"commitment={enabled=false, dropout=3, work=0.5}"}, {}},
    {"commitment without effects", {}, {"commitment={enabled=true, dropout=0, work=0}"}, {}},
    {"tolerance", {}, {"alliance.tolerance=2"}, {}},
    {"necessary alliance", {}, {"alliance.necessary={enabled=false, threshold=3, dropout=5}"}, {}},
    {"necessary alliance that all have", {}, {"alliance.necessary={enabled=true, threshold=-20, dropout=5}"}, {}},
    {"clinics that do not differ", {}, {"design.clinics=7"}, {}},
    {"experience without effects", {}, {"experience={mean_years=9}"}, {}},
    {"experience", {}, {"experience={mean_years=0, alliance=0.5, change=0.5}"}, {}},
    {"training", {}, {"training={share=0, alliance=2}"}, {}},
    {"training without effects", {}, {"training={share=0.5, alliance=0}"}, {}},
    {"selection",  // but for the sign of a zero
     {},
     {"therapists.ability_severity_correlation=0.5", "therapists.direct_severity_correlation=0.5"},
     {"truth_therapists.severity_therapist_true"}},
    {"not engaging", {}, {"attendance={not_engaging=0, expectation=5, severity=5}"}, {}},
    {"missing questionnaires", {}, {"design.missing={questionnaires=0, last_score=5, current_score=5}"}, {}},
    {"missing follow-ups", {}, {"design.missing={followups=1}"}, {}},
    {"relapse without follow-ups", {}, {"symptoms.relapse=0.5"}, {}},
    {"dropout curve", {"dropout.enabled=false"}, {"dropout.curve={weibull={gone=0.5, shape=1}}"}, {}},
    {"normal traits", {}, {"therapists.distribution=\"normal\"", "clients.distribution=\"normal\""}, {}},
    {"the sum of components", {}, {"alliance.rule=\"sum\""}, {}},
    {"repair skill", {"rupture.enabled=false"}, {"therapists.repair_sd=3"}, {}},
};

std::string const followed = "design.followups=[13, 26]";
std::string const no_good_enough = "ending.good_enough.probability=0";  // it looks at the score where one is given

std::vector<Mechanism> const switched_on{
    {"commitment", {whole_course}, {"commitment.enabled=true"}, course, 1},
    {"commitment that holds back", {whole_course}, {"commitment={enabled=true, work=0}"}, ending, 1},
    {"weakest link", {whole_course}, {"alliance.rule=\"weakest link\""}, course, 1},
    {"necessary alliance", {whole_course}, {"alliance.necessary={enabled=true, threshold=-1}"}, course, 1},
    {"clinics",
     {whole_course, "design.clinics=7"},
     {"clinics={alliance_share=0.04, direct_sd=0.1}"},
     and_also(and_also(course, ability), {"truth_therapists.direct_true", "truth_therapists.ability_clinic_true",
                                          "truth_therapists.direct_clinic_true"}),
     1},
    {"clinics that differ in their effect alone",
     {whole_course, "design.clinics=7"},
     {"clinics.direct_sd=0.1"},
     and_also(course, {"truth_therapists.direct_true", "truth_therapists.direct_clinic_true"}),
     1},
    {"experience",
     {whole_course},
     {"experience={mean_years=9, alliance=0.02, change=0.02}"},
     and_also(and_also(course, ability), {"truth_therapists.direct_true"}),
     1},
    {"training", {whole_course}, {"training={share=0.5, alliance=0.5}"}, course, 1},
    {"selection",
     {whole_course, "therapists.severity_sd=0.3"},
     {"therapists.ability_severity_correlation=0.6"},
     and_also(course, {"truth_therapists.severity_therapist_true", "truth_clients.pre_true"})},
    {"not engaging", {whole_course}, {"attendance.not_engaging=0.2"}, ending, 1},
    {"missed sessions", {whole_course}, {"attendance.missed=0.2"}, course, 2},
    {"missing questionnaires",
     {no_good_enough},
     {"design.missing={questionnaires=0.2, last_score=0.5, current_score=0.5}"},
     {"clients.*", "sessions.*"},
     1},
    {"missing follow-ups",
     {followed},
     {"design.missing.followups=0.5"},
     {"clients.followup", "clients.followup_2", "sessions.core_om"},
     13},
    {"relapse",
     {followed},
     {"symptoms.relapse=0.02"},
     {"clients.followup", "clients.followup_2", "sessions.core_om", "truth_sessions.gain_true",
      "truth_sessions.symptoms_true"},
     13},
    {"dropout curve", {whole_course}, {"dropout.curve={weibull={gone=0.5, shape=1}}"}, ending, 1},
    {"agreed endings", {whole_course}, {"ending.agreed=0.3"}, ending, 1},
    {"therapists of two kinds",
     {whole_course},
     {"therapists.distribution=\"two kinds\""},
     and_also(course, {"truth_therapists.*"}),
     1},
    {"skewed clients", {whole_course}, {"clients.distribution=\"skewed\""}, and_also(course, {"truth_clients.*"})},
};

bool is_touched(Mechanism const& mechanism, std::string const& table, std::string const& column) {
  return std::any_of(mechanism.touched.begin(), mechanism.touched.end(),
                     [&](auto const& name) { return name == table + ".*" || name == table + "." + column; });
}

std::vector<std::pair<std::string, Table const*>> tables_of(Dataset const& d) {
  return {{"therapists", &d.therapists},       {"clients", &d.clients},
          {"sessions", &d.sessions},           {"truth_therapists", &d.truth_therapists},
          {"truth_clients", &d.truth_clients}, {"truth_sessions", &d.truth_sessions}};
}

//! Whether the bits of all columns and rows that are touched, or of all that are not, are the same.
bool same_bits(Mechanism const& mechanism, bool touched, Dataset const& without, Dataset const& with, std::string& where) {
  auto const tables = tables_of(without), others = tables_of(with);
  auto const session = without.sessions.column("session").numbers();
  for (std::size_t t = 0; t < tables.size(); ++t) {
    auto const& [name, table] = tables[t];
    for (auto const& column : table->columns()) {
      // alliance_session is about a mean over all sessions, so that each touches all.
      bool const by_session = name.ends_with("sessions") && column.name != "alliance_session";
      auto const& other = others[t].second->column(column.name);
      for (std::size_t row = 0; row < column.size(); ++row) {
        bool const may = is_touched(mechanism, name, column.name) && !(by_session && session[row] < mechanism.from);
        if (may != touched || bits_at(column, row) == bits_at(other, row)) continue;
        where = name + "." + column.name + " in row " + std::to_string(row);
        return false;
      }
    }
  }
  return true;
}

class Mechanisms : public ::testing::TestWithParam<Mechanism> {
 protected:
  static std::pair<Dataset, Dataset> without_and_with() {
    auto base = GetParam().base;
    base.insert(base.begin(), {"design.therapists=20", "design.caseload=10",
                               "instruments.CORE-OM.when=[\"pre\", \"every session\", \"post\"]"});
    if (std::find(base.begin(), base.end(), followed) != base.end())
      base[2] = "instruments.CORE-OM.when=[\"pre\", \"every session\", \"post\", \"follow-up\"]";
    return {made(base), made(and_also(base, GetParam().on))};
  }
};

std::string name_of(::testing::TestParamInfo<Mechanism> const& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class SwitchedOff : public Mechanisms {};
INSTANTIATE_TEST_SUITE_P(, SwitchedOff, ::testing::ValuesIn(switched_off), name_of);

TEST_P(SwitchedOff, ChangesNoBit) {
  auto const [without, with] = without_and_with();
  std::string where;
  EXPECT_TRUE(same_bits(GetParam(), false, without, with, where)) << where;
}

class SwitchedOn : public Mechanisms {};
INSTANTIATE_TEST_SUITE_P(, SwitchedOn, ::testing::ValuesIn(switched_on), name_of);

TEST_P(SwitchedOn, ChangesWhatItTouchesAndNothingElse) {
  auto const [without, with] = without_and_with();
  std::string where;
  EXPECT_TRUE(same_bits(GetParam(), false, without, with, where)) << where;
  EXPECT_FALSE(same_bits(GetParam(), true, without, with, where));
}

}  // namespace
}  // namespace bordin
