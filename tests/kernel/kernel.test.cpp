#include "kernel/kernel.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "study/study.hpp"
#include "support/datasets.hpp"
#include "support/target.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

std::vector<Table const*> tables_of(Dataset const& d) {
  return {&d.therapists, &d.clients, &d.sessions, &d.truth_therapists, &d.truth_clients, &d.truth_sessions};
}

std::vector<std::string> names_of_kernels() {
  std::vector<std::string> names;
  for (auto const* kernel : kernels()) names.emplace_back(kernel->name);
  return names;
}

//! Every bit of every variable is what the scalar implementation gives, on every instruction set of this machine.
void expect_same_bits(Scenario const& scenario, std::uint32_t replications) {
  Study const study(scenario);
  std::vector<Dataset> expected;
  {
    Target const scalar("scalar");
    for (std::uint32_t r = 0; r < replications; ++r) expected.push_back(study.simulate(1, r));
  }
  for (auto const& name : names_of_kernels()) {
    SCOPED_TRACE(name);
    Target const target(name);
    auto const data = study.world().simulate(1, 0, replications, Wanted::everything());
    std::size_t compared = 0;
    for (std::uint32_t r = 0; r < replications; ++r) {
      auto const one = tables_of(expected[r]), other = tables_of(data[r]);
      for (std::size_t t = 0; t < one.size(); ++t) {
        ASSERT_EQ(one[t]->names(), other[t]->names());
        compared += expect_same_rows(*one[t], *other[t], [](std::size_t row) { return row; });
      }
    }
    EXPECT_GT(compared, 1000U);
  }
}

TEST(Kernel, ThisMachineHasAtLeastOne) {
  auto const names = names_of_kernels();
  ASSERT_FALSE(names.empty());
  for (auto const& name : names) std::cout << "[ targets  ] " << name << "\n";
}

TEST(Kernel, GivesTheBitsOfTheScalarImplementationInEveryScenarioOfTheLibrary) {
  for (auto const& entry : scenario_library()) {
    std::string const name(entry.name);
    SCOPED_TRACE(name);
    expect_same_bits(load_scenario(name), 3);
  }
}

}  // namespace
}  // namespace bordin
