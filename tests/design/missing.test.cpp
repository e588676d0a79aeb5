#include "design/missing.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/datasets.hpp"
#include "support/monte_carlo.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

//! Share of sessions without questionnaires, for clients who all have these scores.
Estimate share_missing(MissingParameters const& parameters, float last_score, float symptoms) {
  MissingQuestionnaires const questionnaires(parameters);
  std::vector<double> missing;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = i};
    missing.push_back(questionnaires.at_session(Randomness(1, 0), who, 4, last_score, symptoms) ? 1 : 0);
  }
  return mean_of(missing);
}

TEST(MissingQuestionnaires, AreALogitOfTheLastScoreAndOfCurrentSymptoms) {
  EXPECT_LT(share_missing({.questionnaires = 0.2}, 1, 1).z(0.2), 4);
  MissingParameters const at_random{.questionnaires = 0.2, .last_score = 0.6};
  EXPECT_LT(share_missing(at_random, 1.5F, -3).z(logistic(std::log(0.25) + 0.9)), 4);
  EXPECT_GT(share_missing(at_random, 1.5F, -3).z(0.2), 4);
  MissingParameters const not_at_random{.questionnaires = 0.2, .current_score = -0.4};
  EXPECT_LT(share_missing(not_at_random, 7, 2).z(logistic(std::log(0.25) - 0.8)), 4);
  MissingParameters const both{.questionnaires = 0.2, .last_score = 0.6, .current_score = -0.4};
  EXPECT_LT(share_missing(both, 1, 2).z(logistic(std::log(0.25) - 0.2)), 4);
}

TEST(MissingQuestionnaires, AreNoneWhereNoneAreAskedForWhateverTheScores) {
  EXPECT_EQ(share_missing({.questionnaires = 0, .last_score = 50, .current_score = 50}, 5, 5).mean, 0);
}

TEST(MissingFollowUps, AreMissedWithTheirShareByChanceAlone) {
  MissingQuestionnaires const questionnaires({.questionnaires = 0.9, .followups = 0.3});
  MissingQuestionnaires const reached({.questionnaires = 0.9, .followups = 0});
  std::vector<double> missing;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    ClientNumber const who{.home = {.arm = 1, .place = 1}, .place = i};
    missing.push_back(questionnaires.at_followup(Randomness(1, 0), who, 4095) ? 1 : 0);
    EXPECT_FALSE(reached.at_followup(Randomness(1, 0), who, 4095));
  }
  EXPECT_LT(mean_of(missing).z(0.3), 4);
}

constexpr std::size_t rows = 6;  // intake, 4 sessions, a follow-up

std::vector<std::string> with(std::vector<std::string> const& more) {
  std::vector<std::string> settings{"alliance.session_share=0.2",
                                    "symptoms.fluctuation_share=0.5",
                                    "design.therapists=20",
                                    "design.caseload=25",
                                    "design.sessions=4",
                                    "design.followups=[8]",
                                    "instruments.z-score.when=[\"pre\", \"every session\", \"follow-up\"]"};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

TEST(Missing, AllQuestionnairesOfASessionOrNone) {
  auto const full = Study(plain_world(with({}))).simulate(1, 0);
  auto const d = Study(plain_world(with({"design.missing={questionnaires=0.4}"}))).simulate(1, 0);
  auto const attended = numbers(d.sessions, "attended"), score = numbers(d.sessions, "z_score"),
             rating = numbers(d.sessions, "alliance_z_score"), bond = numbers(d.sessions, "alliance_z_score_bond"),
             complete = numbers(full.sessions, "z_score");
  std::size_t gone = 0;
  for (std::size_t row = 0; row < score.size(); ++row) {
    auto const s = row % rows;
    if (s == 0 || s == 5) {
      EXPECT_FALSE(std::isnan(score[row]));  // intake and follow-up have their own rules
      continue;
    }
    EXPECT_EQ(attended[row], 1);
    EXPECT_EQ(std::isnan(score[row]), std::isnan(rating[row]));
    EXPECT_EQ(std::isnan(score[row]), std::isnan(bond[row]));
    if (std::isnan(score[row])) ++gone;
    if (!std::isnan(score[row])) {
      EXPECT_EQ(score[row], complete[row]);
    }
  }
  EXPECT_GT(gone, 600U);
  EXPECT_LT(gone, 1000U);
}

TEST(Missing, LastIsTheLastThatWasFilledInAndPostIsMissing) {
  auto const d = Study(plain_world(with({"design.missing={questionnaires=0.4}"}))).simulate(1, 0);
  auto const score = numbers(d.sessions, "z_score"), last = numbers(d.clients, "last"), post = numbers(d.clients, "post");
  for (std::size_t i = 0; i < last.size(); ++i) {
    auto s = std::size_t{4};
    while (s > 0 && std::isnan(score[i * rows + s])) --s;
    EXPECT_EQ(std::isnan(last[i]), s == 0);
    if (s > 0) {
      EXPECT_EQ(last[i], score[i * rows + s]);
    }
    EXPECT_EQ(std::isnan(post[i]), std::isnan(score[i * rows + 4]));
  }
}

//! Mean over clients of predictor * (missing - P(missing | logit)), which is 0 if the logit is right.
Estimate unexplained(std::vector<std::string> const& settings, double coefficient_last, double coefficient_current) {
  Study const study(plain_world(with(settings)));
  return over_replications(study, 40, [=](Dataset const& d) {
    auto const score = numbers(d.sessions, "z_score"), latent = numbers(d.truth_sessions, "symptoms_true");
    Moments rest;
    for (std::size_t i = 0; i < d.clients.rows(); ++i) {
      double last = score[i * rows];
      for (std::size_t s = 1; s <= 4; ++s) {
        auto const row = i * rows + s;
        bool const gone = std::isnan(score[row]);
        double const logit = std::log(0.3 / 0.7) + coefficient_last * last + coefficient_current * latent[row];
        rest.add((latent[row] - last) * ((gone ? 1 : 0) - logistic(logit)));
        if (!gone) last = score[row];
      }
    }
    return rest.mean();
  });
}

TEST(Missing, AtRandomGivenTheLastScoreThatWasObserved) {
  std::vector<std::string> const settings{"design.missing={questionnaires=0.3, last_score=0.7}",
                                          "instruments.z-score.reliability=0.6"};
  EXPECT_LT(unexplained(settings, 0.7, 0).z(0), 4);
  EXPECT_GT(unexplained(settings, 0, 0.7).z(0), 4);
}

TEST(Missing, NotAtRandomGivenCurrentSymptoms) {
  std::vector<std::string> const settings{"design.missing={questionnaires=0.3, current_score=0.7}",
                                          "instruments.z-score.reliability=0.6"};
  EXPECT_LT(unexplained(settings, 0, 0.7).z(0), 4);
  EXPECT_GT(unexplained(settings, 0.7, 0).z(0), 4);
}

TEST(Missing, WhatIsGivenAtTheEndGoesMissingWithItsSession) {
  // Also where the score of the last session, or of a follow-up, would have decided otherwise.
  std::string const at_end =
      "[[instruments]]\nname = \"Wellbeing\"\nmeasures = \"symptoms\"\nrange = [-9, 9]\nmean = 0\nsd = 1\n"
      "reliability = 0.9\nwhen = [\"post\"]\n";
  auto const d = Study(plain_world(with({"design.missing={questionnaires=0.4, last_score=3}"}), at_end)).simulate(1, 0);
  auto const primary = numbers(d.sessions, "z_score"), wellbeing = numbers(d.sessions, "wellbeing");
  std::size_t given = 0;
  for (std::size_t i = 0; i < d.clients.rows(); ++i) {
    auto const row = i * rows + 4;
    EXPECT_EQ(std::isnan(primary[row]), std::isnan(wellbeing[row])) << i;
    if (!std::isnan(wellbeing[row])) ++given;
  }
  EXPECT_GT(given, 50U);
}

TEST(Missing, FollowUpsGoMissingApartFromSessions) {
  Study const study(plain_world(with({"design.missing={followups=0.25}"})));
  auto const share = over_replications(study, 40, [](Dataset const& d) {
    Moments gone;
    for (double const score : numbers(d.clients, "followup")) gone.add(std::isnan(score) ? 1 : 0);
    return gone.mean();
  });
  EXPECT_LT(share.z(0.25), 4);
  auto const d = study.simulate(1, 0);
  for (double const post : numbers(d.clients, "post")) EXPECT_FALSE(std::isnan(post));
}

}  // namespace
}  // namespace bordin
