#include "therapy/attendance.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/ending_rules.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

RandomBlock chance_of(double uniform) {
  return {static_cast<std::uint32_t>(uniform * 0x1p32), 0, 0, 0};
}

TEST(Attendance, NotEngagingIsALogitOfExpectationAndSeverity) {
  Attendance const attendance({.not_engaging = 0.2, .expectation = 0.5, .severity = 0.3, .missed = 0});
  EXPECT_TRUE(attendance.some_do_not_engage());
  for (auto const& [expectation, severity] : {std::pair{0.0, 0.0}, {1.5, 0.0}, {0.0, -2.0}, {-1.0, 1.0}}) {
    ClientTraits client;
    client.expectation = static_cast<float>(expectation);
    client.severity = static_cast<float>(severity);
    double const p = logistic(std::log(0.2 / 0.8) - 0.5 * expectation + 0.3 * severity);
    EXPECT_FALSE(attendance.engages(client, chance_of(p - 1e-6)));
    EXPECT_TRUE(attendance.engages(client, chance_of(p + 1e-6)));
  }
  EXPECT_FALSE(Attendance({}).some_do_not_engage());
}

TEST(Attendance, WhoNeverComesIsAssessedAndNoMore) {
  Study const study(plain_world({"attendance.not_engaging=0.3", "attendance.expectation=0.8", "symptoms.change=1",
                                 "design.therapists=20", "design.caseload=20", "design.sessions=3"}));
  auto const d = study.simulate(1, 0);
  auto const ending = numbers(d.clients, "ending"), sessions = numbers(d.clients, "sessions_attended"),
             dropped = numbers(d.clients, "dropped_out"), pre = numbers(d.clients, "pre"),
             post = numbers(d.clients, "post"), last = numbers(d.clients, "last"),
             attended = numbers(d.sessions, "attended"), symptoms = numbers(d.truth_sessions, "symptoms_true");
  std::size_t never = 0;
  for (std::size_t i = 0; i < ending.size(); ++i) {
    bool const out = ending[i] == static_cast<double>(Ending::not_engaged);
    never += out ? 1 : 0;
    EXPECT_FALSE(std::isnan(pre[i]));
    EXPECT_EQ(std::isnan(post[i]), out);
    EXPECT_EQ(std::isnan(last[i]), out);
    EXPECT_EQ(std::isnan(dropped[i]), out);
    EXPECT_EQ(sessions[i], out ? 0 : 3);
    EXPECT_EQ(attended[i * 4], 1);
    for (std::size_t s = 1; s <= 3; ++s) {
      EXPECT_EQ(attended[i * 4 + s], out ? 0 : 1);
      EXPECT_EQ(std::isnan(symptoms[i * 4 + s]), out);
    }
  }
  EXPECT_GT(never, 50U);
  auto const beyond_logit = over_replications(study, 60, [](Dataset const& data) {
    auto const expectation = numbers(data.truth_clients, "expectation_true");
    auto const ended = numbers(data.clients, "ending");
    Moments rest;
    for (std::size_t i = 0; i < ended.size(); ++i)
      rest.add((1 + expectation[i]) * ((ended[i] == static_cast<double>(Ending::not_engaged) ? 1 : 0) -
                                       logistic(std::log(0.3 / 0.7) - 0.8 * expectation[i])));
    return rest.mean();
  });
  EXPECT_LT(beyond_logit.z(0), 4);
  EXPECT_GT(beyond_logit.z(0.02), 4);
}

TEST(Attendance, MissedSessionsDoNotHappen) {
  Study const study(plain_world({"attendance.missed=0.25", "symptoms.change=1", "alliance.session_share=0.2",
                                 "design.therapists=20", "design.caseload=25", "design.sessions=5"}));
  auto const d = study.simulate(1, 0);
  auto const attended = numbers(d.sessions, "attended"), count = numbers(d.clients, "sessions_attended"),
             gain = numbers(d.truth_sessions, "gain_true"), alliance = numbers(d.truth_sessions, "alliance_true"),
             score = numbers(d.sessions, "z_score"), rating = numbers(d.sessions, "alliance_z_score");
  for (std::size_t i = 0; i < count.size(); ++i) {
    double held = 0;
    for (std::size_t s = 1; s <= 5; ++s) {
      auto const row = i * 6 + s;
      bool const came = attended[row] == 1;
      held += came ? 1 : 0;
      EXPECT_EQ(gain[row] > gain[row - 1], came);
      EXPECT_EQ(gain[row] == gain[row - 1], !came);
      EXPECT_EQ(std::isnan(alliance[row]), !came);
      EXPECT_EQ(std::isnan(score[row]), !came);
      EXPECT_EQ(std::isnan(rating[row]), !came);
    }
    EXPECT_EQ(count[i], held);
    EXPECT_EQ(attended[i * 6 + 1], 1);  // never the first ...
    EXPECT_EQ(attended[i * 6 + 5], 1);  // ... and never the last possible one
  }
  auto const share = [&](std::size_t session) {
    return over_replications(study, 40, [=](Dataset const& data) {
      auto const came = numbers(data.sessions, "attended");
      Moments missed;
      for (std::size_t row = session; row < came.size(); row += 6) missed.add(1 - came[row]);
      return missed.mean();
    });
  };
  for (std::size_t const s : {2U, 3U, 4U}) EXPECT_LT(share(s).z(0.25), 4) << s;
  EXPECT_GT(share(2).z(0.27), 4);
}

TEST(Attendance, NobodyLeavesAfterASessionThatWasMissed) {
  Study const study(plain_world({"attendance.missed=0.5", "dropout.enabled=true", "dropout.baseline=-1",
                                 "design.therapists=20", "design.caseload=25", "design.sessions=5"}));
  auto const d = study.simulate(1, 0);
  auto const symptoms = numbers(d.truth_sessions, "symptoms_true"), attended = numbers(d.sessions, "attended");
  for (std::size_t row = 1; row < symptoms.size(); ++row) {
    if (row % 6 != 0 && !std::isnan(symptoms[row - 1]) && std::isnan(symptoms[row])) {
      EXPECT_EQ(attended[row - 1], 1);
    }
  }
}

}  // namespace
}  // namespace bordin
