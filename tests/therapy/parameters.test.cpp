#include "therapy/parameters.hpp"

#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "therapy/dropout_curve.hpp"
#include "therapy/therapy.hpp"

namespace bordin {
namespace {

TEST(TherapyParameters, WhatIsNotAskedForIsSwitchedOff) {
  TherapyParameters const p;
  EXPECT_FALSE(p.commitment.enabled);
  EXPECT_FALSE(p.alliance.necessary.enabled);
  EXPECT_EQ(p.alliance.rule, AllianceRule::sum);
  EXPECT_FALSE(p.rupture.enabled);
  EXPECT_FALSE(Attendance(p.attendance).some_do_not_engage());
  EXPECT_FALSE(Attendance(p.attendance).some_are_missed());
  EXPECT_FALSE(p.dropout.curve.stated());
  EXPECT_EQ(p.clinics.alliance_share, 0);
  EXPECT_EQ(p.clinics.direct_sd, 0);
  EXPECT_FALSE(people_of(p).backgrounds().experience_varies());
  EXPECT_FALSE(people_of(p).backgrounds().training_varies());
  EXPECT_EQ(p.symptoms.relapse, 0);
  EXPECT_EQ(p.therapists.distribution, TraitShape::normal);
  EXPECT_EQ(p.clients.distribution, TraitShape::normal);
  Therapy const therapy(p, {}, {});
  EXPECT_FALSE(therapy.has_commitment());
  EXPECT_FALSE(therapy.has_ruptures());
}

TEST(People, OfAWorldWithoutRupturesNeedNoSkillToRepairThem) {
  TherapyParameters p;
  p.therapists.ability_direct_correlation = 0.8;
  p.therapists.ability_repair_correlation = 0.9;
  EXPECT_NO_THROW(people_of(p));
  p.rupture.enabled = true;
  EXPECT_THROW(people_of(p), ScenarioError);
}

TEST(People, HaveTheBackgroundsAndClinicsOfTheParameters) {
  TherapyParameters p;
  p.experience.mean_years = 6;
  p.training.share = 0.5;
  p.clinics.alliance_share = 0.04;
  auto const people = people_of(p);
  EXPECT_TRUE(people.backgrounds().experience_varies());
  EXPECT_TRUE(people.backgrounds().training_varies());
  EXPECT_NE(people.clinic(Randomness(1, 0), {.arm = 0, .place = 1}).ability, 0);
  p.clinics.alliance_share = p.therapists.alliance_share + 0.01;
  EXPECT_THROW(people_of(p), ScenarioError);
}

}  // namespace
}  // namespace bordin
