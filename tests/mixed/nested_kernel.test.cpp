#include "mixed/nested_kernel.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "mixed/small_data.hpp"

namespace bordin {
namespace {

// Lanes are parameter points: the instruction set must not change a bit.
TEST(NestedKernel, GivesTheSameBitsOnEveryInstructionSet) {
  auto const all = nested_kernels();
  std::cout << "instruction sets:";
  for (auto const* kernel : all) std::cout << ' ' << kernel->name;
  std::cout << '\n';
  std::mt19937_64 random(3);
  auto const data = testing::small_data(random, {5, 4, 6}, 3, 2);
  std::vector<CriterionAt> found;
  for (auto const* kernel : all) {
    setenv("BORDIN_TARGET", kernel->name == std::string("baseline") ? "scalar" : kernel->name, 1);
    NestedSums sums;
    data.sum_up(sums);
    CovarianceStructure structure;
    structure.assign({{0, {0, 1}}, {1, {0, 1}}}, 2, 2);
    NestedProfile profile;
    profile.assign(sums, structure, 50, true, 0);
    CriterionAt at;
    ASSERT_TRUE(profile.evaluate(Parameters::Constant(6, 0.7), at));
    found.push_back(at);
  }
  unsetenv("BORDIN_TARGET");
  for (auto const& at : found) {
    EXPECT_EQ(at.value, found.front().value);
    EXPECT_EQ(at.gradient, found.front().gradient);
    EXPECT_EQ(at.curvature, found.front().curvature);
  }
}

}  // namespace
}  // namespace bordin
