#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "kernel/kernel.hpp"

namespace bordin {
namespace {

constexpr std::uint64_t seed = 0xDEADBEEF12345678U;  // both words of the key
constexpr float untouched = 12345.5F;
constexpr std::size_t beyond = 64;  // columns of these tests go on after what a kernel may write

std::size_t padded(std::size_t count) {
  return (count + most_lanes - 1) / most_lanes * most_lanes;
}

//! Columns behind a struct of pointers; the struct lies in memory as an array of them.
template <std::size_t Count>
struct Sheet {
  explicit Sheet(std::size_t rows) : values(Count, std::vector<float>(padded(rows) + beyond, untouched)) {}
  std::vector<std::vector<float>> values;
};

constexpr std::array<float * TherapistColumns::*, 11> of_therapist{
    &TherapistColumns::goal,   &TherapistColumns::task,      &TherapistColumns::bond,     &TherapistColumns::ability,
    &TherapistColumns::direct, &TherapistColumns::retention, &TherapistColumns::severity, &TherapistColumns::repair,
    &TherapistColumns::raise,  &TherapistColumns::years,     &TherapistColumns::trained};
constexpr std::array<float * ClientColumns::*, 12> of_client{
    &ClientColumns::goal,     &ClientColumns::task,        &ClientColumns::bond,     &ClientColumns::prospects,
    &ClientColumns::severity, &ClientColumns::expectation, &ClientColumns::change,   &ClientColumns::standard_change,
    &ClientColumns::match,    &ClientColumns::ending,      &ClientColumns::sessions, &ClientColumns::last};

template <class Columns, std::size_t Count>
Columns columns_of(Sheet<Count>& sheet, std::array<float * Columns::*, Count> const& members) {
  Columns columns{};
  for (std::size_t k = 0; k < Count; ++k) columns.*members[k] = sheet.values[k].data();
  return columns;
}

template <std::size_t Count>
void expect_nothing_beyond(Sheet<Count> const& sheet, std::size_t rows) {
  for (auto const& column : sheet.values) {
    for (std::size_t row = padded(rows); row < column.size(); ++row)
      ASSERT_EQ(column[row], untouched) << "row " << row << " of " << rows;
  }
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <std::size_t Count>
void expect_bits(Sheet<Count> const& sheet, std::size_t row, std::array<float, Count> const& expected) {
  for (std::size_t k = 0; k < expected.size(); ++k)
    ASSERT_EQ(bits_of(sheet.values[k][row]), bits_of(expected[k]))
        << "column " << k << ", row " << row << ": " << sheet.values[k][row] << " and " << expected[k];
}

//! People of several replications, arms and places, in no order that lanes could share.
struct Somebody {
  std::uint32_t replication;
  ClientNumber number;
};

std::vector<Somebody> somebodies(std::size_t count) {
  std::vector<Somebody> all;
  for (std::uint32_t k = 0; k < count; ++k) {
    TherapistNumber const home{.arm = k % 7 == 6 ? most_arms : k % 7,
                               .place = k % 5 == 4 ? most_therapists_in_arm : 1 + k / 3};
    all.push_back({.replication = k % 3 == 2 ? 0xFFFFFFFFU : k / 2,
                   .number = {.home = home, .place = k % 11 == 10 ? most_clients_of_therapist : 1 + k}});
  }
  return all;
}

//! The words of their counters, padded as records are.
struct Words3 {
  explicit Words3(std::vector<Somebody> const& people) : replication(padded(people.size())) {
    home = place = replication;
    for (std::size_t k = 0; k < people.size(); ++k) {
      replication[k] = people[k].replication;
      home[k] = people[k].number.home.word();
      place[k] = people[k].number.place << 12;
    }
  }
  Roster roster(std::size_t count) const {
    return {.seed = seed, .count = count, .replication = replication.data(), .home = home.data(), .place = place.data()};
  }
  std::vector<std::uint32_t> replication, home, place;
};

TherapyParameters world(TraitShape shape) {
  TherapyParameters parameters;
  parameters.therapists.distribution = parameters.clients.distribution = shape;
  parameters.therapists.severity_sd = 0.3;
  parameters.therapists.ability_direct_correlation = 0.4;
  parameters.clients.alliance_severity_correlation = -0.2;
  parameters.clients.expectation_change_correlation = 0.3;
  parameters.rupture.enabled = true;
  return parameters;
}

constexpr std::array shapes{TraitShape::normal, TraitShape::skewed, TraitShape::heavy_tailed, TraitShape::two_kinds};
constexpr std::array<std::size_t, 6> counts{1, 3, 15, 16, 17, 300};  // few of them multiples of the lanes

void expect_therapists_of(Kernel const& kernel, People const& people, std::size_t count, bool clinics) {
  auto const therapists = somebodies(count);
  Words3 const words(therapists);
  Sheet<11> drawn(count), clinic(count);
  auto const of_clinic = columns_of(clinic, of_therapist);
  std::vector<ClinicTraits> brought(count);
  for (std::size_t k = 0; clinics && k < count; ++k) {
    brought[k] =
        people.clinic({seed, therapists[k].replication}, {.arm = 0, .place = 1 + static_cast<std::uint32_t>(k % 4)});
    of_clinic.goal[k] = brought[k].alliance[0];
    of_clinic.task[k] = brought[k].alliance[1];
    of_clinic.bond[k] = brought[k].alliance[2];
    of_clinic.ability[k] = brought[k].ability;
    of_clinic.direct[k] = brought[k].direct;
  }
  kernel.draw_therapists({.people = &people,
                          .who = words.roster(count),
                          .clinic = of_clinic,
                          .has_clinics = clinics,
                          .to = columns_of(drawn, of_therapist)});
  for (std::size_t k = 0; k < count; ++k) {
    auto const t = people.therapist({seed, therapists[k].replication}, therapists[k].number.home, brought[k]);
    expect_bits<11>(drawn, k,
                    {t.alliance[0], t.alliance[1], t.alliance[2], t.ability, t.direct, t.retention, t.severity, t.repair,
                     t.raise, t.years, t.trained ? 1.0F : 0.0F});
  }
  expect_nothing_beyond(drawn, count);
}

TEST(Target, DrawsTheTherapistsThatPeopleDraws) {
  for (auto const* kernel : kernels()) {
    for (TraitShape const shape : shapes) {
      for (bool const more : {false, true}) {
        auto parameters = world(shape);
        if (more) {
          parameters.experience = {.mean_years = 8, .alliance = 0.02, .change = -0.01};
          parameters.training = {.share = 0.5, .alliance = 0.4};
          parameters.clinics.alliance_share = 0.03;
          parameters.clinics.direct_sd = 0.1;
        }
        auto const people = people_of(parameters);
        for (std::size_t const count : counts) {
          SCOPED_TRACE(std::string(kernel->name) + ", " + trait_shape_words()[static_cast<std::size_t>(shape)] + ", " +
                       std::to_string(count) + (more ? " with all there is" : ""));
          expect_therapists_of(*kernel, people, count, more);
        }
      }
    }
  }
}

//! What a kernel needs to treat clients who come once and fill in nothing.
struct OneSession {
  explicit OneSession(TherapyParameters const& parameters)
      : people(people_of(parameters)),
        therapy(parameters, {}, {.sessions = 1}),
        ratings({}, parameters.alliance, 1),
        missing({}) {}
  TherapyPlan plan(bool has_therapist) const {
    return {.therapy = &therapy,
            .people = &people,
            .measures = &measures,
            .ratings = &ratings,
            .missing = &missing,
            .has_therapist = has_therapist,
            .good_enough = nullptr,
            .agreed = nullptr,
            .hazard = nullptr,
            .curve = nullptr,
            .sessions = 1,
            .occasions = 2,
            .primary = 0,
            .given = {},
            .post = {}};
  }
  People people;
  Therapy therapy;
  std::vector<Measure> measures;
  Ratings ratings;
  MissingQuestionnaires missing;
};

void expect_clients_of(Kernel const& kernel, OneSession const& once, std::size_t count, bool has_therapist) {
  auto const clients = somebodies(count);
  Words3 const words(clients);
  Sheet<11> therapists(1);
  for (auto& column : therapists.values) column[0] = 0.25F;
  Sheet<12> drawn(count);
  std::vector<std::int32_t> const therapist(padded(count));
  auto const plan = once.plan(has_therapist);
  SessionColumns none;
  none.stride = padded(count);
  kernel.treat_clients({.plan = &plan,
                        .who = words.roster(count),
                        .therapist = therapist.data(),
                        .therapists = columns_of(therapists, of_therapist),
                        .clients = columns_of(drawn, of_client),
                        .sessions = none});
  for (std::size_t k = 0; k < count; ++k) {
    Randomness const random(seed, clients[k].replication);
    auto const c = once.people.client(random, clients[k].number);
    auto const m = has_therapist ? once.people.match(random, clients[k].number, clients[k].number.home) : Match{};
    expect_bits<12>(drawn, k,
                    {c.alliance[0], c.alliance[1], c.alliance[2], c.prospects, c.severity, c.expectation, c.change,
                     c.standard_change, m.composite, static_cast<float>(Ending::maximum), 1, 1});
  }
  expect_nothing_beyond(drawn, count);
}

TEST(Target, DrawsTheClientsAndMatchesThatPeopleDraws) {
  for (auto const* kernel : kernels()) {
    for (TraitShape const shape : shapes) {
      OneSession const once(world(shape));
      for (bool const has_therapist : {true, false}) {
        for (std::size_t const count : counts) {
          SCOPED_TRACE(std::string(kernel->name) + ", " + trait_shape_words()[static_cast<std::size_t>(shape)] + ", " +
                       std::to_string(count) + (has_therapist ? "" : " without a therapist"));
          expect_clients_of(*kernel, once, count, has_therapist);
        }
      }
    }
  }
}

//! What a lane computes is its own: another neighbour changes nobody.
TEST(Target, NobodyDependsOnHisNeighbours) {
  auto const people = people_of(world(TraitShape::skewed));
  auto const all = somebodies(40);
  for (auto const* kernel : kernels()) {
    SCOPED_TRACE(kernel->name);
    Sheet<11> together(40);
    Words3 const words(all);
    kernel->draw_therapists({.people = &people,
                             .who = words.roster(40),
                             .clinic = {},
                             .has_clinics = false,
                             .to = columns_of(together, of_therapist)});
    for (std::size_t k = 0; k < all.size(); ++k) {
      Sheet<11> alone(1);
      Words3 const own({all[k]});
      kernel->draw_therapists({.people = &people,
                               .who = own.roster(1),
                               .clinic = {},
                               .has_clinics = false,
                               .to = columns_of(alone, of_therapist)});
      for (std::size_t c = 0; c < 11; ++c) EXPECT_EQ(bits_of(alone.values[c][0]), bits_of(together.values[c][k]));
    }
  }
}

}  // namespace
}  // namespace bordin
