#include "cli/csv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/errors.hpp"

namespace bordin {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Column column(std::string name, Column::Values values, std::vector<std::string> levels = {}) {
  return {.name = std::move(name), .unit = "", .description = "", .values = std::move(values), .levels = std::move(levels)};
}

TEST(Csv, WritesAllDigitsMissingAsNaAndCategoriesAsWords) {
  Replication replication{.number = 0, .estimates = {}, .data = Dataset{}};
  auto& clients = replication.data->clients;
  clients.add(column("score", std::vector<std::int16_t>{12, missing_code<std::int16_t>}));
  clients.add(column("latent", std::vector<float>{0.1F, std::nanf("")}));
  clients.add(column("arm", std::vector<std::int8_t>{1, 0}, {"usual, \"plain\" care", "training"}));
  auto const folder = fs::temp_directory_path() / "bordin-csv-test" / "deeper";
  fs::remove_all(folder.parent_path());
  Study const study(load_scenario("routine-care", {parse_assignment("analyses=[]")}));
  write_csv(folder, study, replication, false);
  EXPECT_EQ(text_of(folder / "clients.csv"),
            "client,score,latent,arm\n0,12,0.1,training\n1,NA,NA,\"usual, \"\"plain\"\" care\"\n");
  EXPECT_EQ(text_of(folder / "estimates.csv"),
            "analysis,term,estimate,std_error,df,statistic,p_value,lower,upper,status\n");
  EXPECT_THROW(write_csv(folder, study, replication, false), ResultFileError);
  clients.columns().front().as<std::int16_t>().front() = 13;
  write_csv(folder, study, replication, true);
  EXPECT_NE(text_of(folder / "clients.csv").find("\n0,13,"), std::string::npos);
  fs::remove_all(folder.parent_path());
}

TEST(Csv, SaysWhereItCannotWrite) {
  Replication const replication{.number = 0, .estimates = {}, .data = Dataset{}};
  Study const study(load_scenario("routine-care", {parse_assignment("analyses=[]")}));
  EXPECT_THROW(write_csv("/proc/no-such-place/x", study, replication, false), ResultFileError);
}

}  // namespace
}  // namespace bordin
