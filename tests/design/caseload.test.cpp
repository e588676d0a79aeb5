#include "design/caseload.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "scenario/tree.hpp"
#include "support/monte_carlo.hpp"
#include "therapy/randomness.hpp"

namespace bordin {
namespace {

using namespace bordin::testing;

Caseload caseload(std::string const& toml, std::string const& file = "test.toml") {
  Caseload out;
  out.read(*parse_toml("caseload = " + toml, file).find("caseload"));
  return out;
}

std::vector<double> drawn(Caseload const& caseload, std::uint32_t count) {
  Randomness const random(11, 0);
  std::vector<double> values;
  for (std::uint32_t j = 1; j <= count; ++j)
    values.push_back(caseload.draw(j, random.stream_of_therapist({.arm = 1, .place = j}, Purpose::caseload)));
  return values;
}

void expect_moments(std::string const& toml, double mean, double variance) {
  auto const values = drawn(caseload(toml), 60'000);
  EXPECT_LT(mean_of(values).z(mean), 4) << toml;
  EXPECT_GT(mean_of(values).z(mean * 1.05), 4) << toml;
  std::vector<double> squares;
  for (double const v : values) squares.push_back((v - mean) * (v - mean));
  EXPECT_LT(mean_of(squares).z(variance), 4) << toml;
}

TEST(Caseload, DistributionsHaveTheStatedMoments) {
  expect_moments("{ poisson = { mean = 20 } }", 20, 20);
  expect_moments("{ negative_binomial = { mean = 20, dispersion = 2 } }", 20, 20 + 20 * 20 / 2.0);
  expect_moments("{ observed = [5, 10, 30] }", 15, (100 + 25 + 225) / 3.0);
}

TEST(Caseload, FixedAndListedAreTakenAsTheyAre) {
  EXPECT_EQ(drawn(caseload("7"), 3), (std::vector<double>{7, 7, 7}));
  EXPECT_EQ(drawn(caseload("[3, 9, 4]"), 3), (std::vector<double>{3, 9, 4}));
  EXPECT_EQ(caseload("[3, 9, 4]").listed(), 3U);
  EXPECT_DOUBLE_EQ(caseload("[3, 9, 6]").mean(), 6);
}

TEST(Caseload, ReadsAFileBesideTheScenario) {
  auto const folder = std::filesystem::temp_directory_path() / "bordin-caseload-test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "seen.csv") << "clients\n12\r\n 8\n";
  EXPECT_THROW(caseload("{ file = \"seen.csv\" }", (folder / "s.toml").string()),
               ScenarioError);  // " 8" has a blank before it
  std::ofstream(folder / "seen.csv") << "clients\n12\r\n8\n\n";
  auto const read = caseload("{ file = \"seen.csv\" }", (folder / "s.toml").string());
  EXPECT_DOUBLE_EQ(read.mean(), 10);
  EXPECT_EQ(read.write(), "{ observed = [12, 8] }");  // complete without the file
  std::filesystem::remove_all(folder);
}

TEST(Caseload, WritesWhatItReads) {
  for (char const* text :
       {"20", "[8, 12, 30]", "{ poisson = { mean = 20.5 } }", "{ negative_binomial = { mean = 20, dispersion = 2 } }"})
    EXPECT_EQ(caseload(caseload(text).write()).write(), caseload(text).write());
}

TEST(Caseload, RefusesWhatIsNone) {
  for (char const* text :
       {"0", "-3", "2.5", "\"many\"", "[]", "[3, 0]", "{ poisson = { } }", "{ poisson = { mean = -1 } }", "{ poisson = 3 }",
        "{ poisson = { mean = 3, sd = 1 } }", "{ negative_binomial = { mean = 3 } }", "{ normal = { mean = 3 } }",
        "{ file = 3 }", "{ file = \"no such file\" }", "{ poisson = { mean = 3 }, file = \"x\" }", "true", "2000000"})
    EXPECT_THROW(caseload(text), ScenarioError) << text;
}

TEST(Caseload, LargestBoundsWhatIsDrawn) {
  for (char const* text : {"9", "[3, 9]", "{ poisson = { mean = 20 } }",
                           "{ negative_binomial = { mean = 20, dispersion = 5 } }", "{ observed = [5, 30] }"}) {
    auto const c = caseload(text);
    for (double const v : drawn(c, 2)) EXPECT_LE(v, c.largest()) << text;
  }
}

}  // namespace
}  // namespace bordin
