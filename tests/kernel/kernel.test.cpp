#include "kernel/kernel.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/combinations.hpp"
#include "support/datasets.hpp"
#include "support/target.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::vector<Table const*> tables_of(Dataset const& d) {
  return {&d.therapists, &d.clients, &d.sessions, &d.truth_therapists, &d.truth_clients, &d.truth_sessions};
}

//! Returns how many elements were compared.
std::size_t expect_same_bits(Dataset const& one, Dataset const& other) {
  auto const tables = tables_of(one), others = tables_of(other);
  std::size_t compared = 0;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    EXPECT_EQ(tables[t]->names(), others[t]->names());
    EXPECT_EQ(tables[t]->rows(), others[t]->rows());
    compared += expect_same_rows(*tables[t], *others[t], [](std::size_t row) { return row; });
  }
  return compared;
}

//! Every bit of every variable is what the scalar implementation gives, on every instruction set of this machine. Returns
//! how many elements were compared for each.
std::size_t expect_bits_of_scalar(Scenario const& scenario, std::uint32_t replications) {
  Study const study(scenario);
  std::vector<Dataset> expected;
  {
    Target const scalar("scalar");
    for (std::uint32_t r = 0; r < replications; ++r) expected.push_back(study.simulate(1, r));
  }
  std::size_t compared = 0;
  for (auto const* kernel : kernels()) {
    SCOPED_TRACE(kernel->name);
    Target const target(kernel->name);
    auto const data = study.world().simulate(1, 0, replications, Wanted::everything());
    compared = 0;
    for (std::uint32_t r = 0; r < replications; ++r) compared += expect_same_bits(expected[r], data[r]);
  }
  return compared;
}

TEST(Kernel, ThisMachineHasAtLeastOne) {
  ASSERT_FALSE(kernels().empty());
  for (auto const* kernel : kernels()) std::cout << "[ targets  ] " << kernel->name << "\n";
}

TEST(Kernel, GivesTheBitsOfTheScalarImplementationInEveryScenarioOfTheLibrary) {
  for (auto const& entry : scenario_library()) {
    std::string const name(entry.name);
    SCOPED_TRACE(name);
    EXPECT_GT(expect_bits_of_scalar(load_scenario(name), 3), 1000U);
  }
}

TEST(Kernel, GivesTheBitsOfTheScalarImplementationWhateverHappensTogether) {
  std::mt19937 bits(20'261'122);
  std::vector<std::vector<int>> ran;
  for (auto const& part : parts_of_the_world()) ran.emplace_back(part.choices.size());
  int refused = 0, compared = 0;
  for (int k = 0; k < 400 && !::testing::Test::HasFailure(); ++k) {
    auto const combination = random_combination(bits);
    SCOPED_TRACE("combination " + std::to_string(k) + ":\n" + described(combination));
    try {
      expect_bits_of_scalar(scenario_of(combination), 2 + static_cast<std::uint32_t>(k % 2));
    } catch (ScenarioError const&) {
      ++refused;
      continue;
    }
    ++compared;
    for (std::size_t p = 0; p < combination.size(); ++p) ++ran[p][combination[p]];
  }
  std::cout << "[ compared ] " << compared << " combinations; " << refused << " do not go together\n";
  EXPECT_GE(compared, 200);
  for (std::size_t p = 0; p < ran.size(); ++p) {
    for (std::size_t c = 0; c < ran[p].size(); ++c)
      EXPECT_GT(ran[p][c], 0) << "nothing was compared with choice " << c << " of " << parts_of_the_world()[p].name;
  }
}

//! Many clients whose scores differ in when they end: what one replication leaves in the lanes must not reach the next.
TEST(Kernel, GivesEveryReplicationItsBitsHoweverManyAreSimulatedAtOnce) {
  std::mt19937 bits(7);
  std::vector<Study> studies;
  studies.emplace_back(load_scenario("routine-care"));
  while (studies.size() < 12) {
    try {
      studies.emplace_back(scenario_of(random_combination(bits)));
    } catch (ScenarioError const&) {
      continue;  // they do not go together
    }
  }
  for (auto const& study : studies) {
    for (auto const* kernel : kernels()) {
      SCOPED_TRACE(kernel->name);
      Target const target(kernel->name);
      for (std::uint32_t const count : {1U, 2U, 7U}) {
        auto const together = study.world().simulate(5, 3, count, Wanted::everything());
        ASSERT_EQ(together.size(), count);
        for (std::uint32_t r = 0; r < count; ++r) expect_same_bits(study.simulate(5, 3 + r), together[r]);
      }
    }
  }
}

TEST(Kernel, NoReplicationsAreNoDatasets) {
  Study const study(load_scenario("routine-care"));
  EXPECT_TRUE(study.world().simulate(5, 3, 0, Wanted::everything()).empty());
}

TEST(Kernel, IsTheFastestUnlessTheEnvironmentNamesOne) {
  for (auto const* kernel : kernels()) {
    Target const target(kernel->name);
    EXPECT_EQ(kernel_in_use(), kernel);
    EXPECT_EQ(kernel_name(), kernel->name);
  }
  Target const none_named("");
  EXPECT_EQ(kernel_in_use(), kernels().back());
  EXPECT_EQ(kernel_name(), kernels().back()->name);
}

TEST(Kernel, IsNoneForScalar) {
  Target const target("scalar");
  EXPECT_EQ(kernel_in_use(), nullptr);
  EXPECT_EQ(kernel_name(), "scalar");
}

TEST(Kernel, ThatThisMachineDoesNotHaveIsRefusedWithThoseItHas) {
  for (std::string const name : {"avx1024", "AVX2", "scalar "}) {
    Target const target(name);
    std::string said;
    try {
      kernel_in_use();
    } catch (Error const& error) {
      said = error.what();
    }
    EXPECT_NE(said.find("BORDIN_TARGET=" + name), std::string::npos) << said;
    EXPECT_NE(said.find("scalar"), std::string::npos) << said;
    for (auto const* kernel : kernels()) EXPECT_NE(said.find(kernel->name), std::string::npos) << said;
  }
}

TEST(Kernel, HasLanesThatFillThePaddingOfColumns) {
  for (auto const* kernel : kernels()) {
    EXPECT_GT(kernel->lanes, 1U) << kernel->name;
    EXPECT_EQ(most_lanes % kernel->lanes, 0U) << kernel->name;
  }
}

}  // namespace
}  // namespace bordin
