#include "results/reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "results/hdf5_datasets.hpp"
#include "results/small_run.hpp"

#ifdef __SANITIZE_ADDRESS__
// HDF5 itself does not free everything when it finds a file damaged.
extern "C" __attribute__((visibility("default"))) char const*
__lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libhdf5";
}
#endif

namespace bordin {
namespace {

class ResultsFileTest : public testing::Test {
 protected:
  std::string problem() const {
    return problem_in([&] { ResultsFile const file(file_path); });
  }
  void expect_problem(std::string const& words) const { EXPECT_NE(problem().find(words), std::string::npos) << problem(); }
  template <class Work>
  void make_file(Work const& work) const {
    hdf5::WriteNote note;
    hdf5::with_hdf5(file_path, [&] { work(hdf5::create_file(file_path, note)); });
  }

  TemporaryFolder folder;
  std::string file_path = folder.file("run.h5");
};

TEST_F(ResultsFileTest, SaysWhatTheFileIs) {
  run_to(file_path, {.seed = 18'000'000'000'000'000'000U, .replications = 2});
  ResultsFile const file(file_path);
  auto const attributes = file.attributes();
  NamedTexts const expected{{"engine_version", attributes[0].second},
                            {"format", "bordin-results"},
                            {"format_version", "1"},
                            {"scenario_digest", scenario_digest(small_study().scenario())},
                            {"seed", "18000000000000000000"},
                            {"title", small_study().scenario().title}};
  EXPECT_EQ(attributes, expected);
  EXPECT_EQ(file.scenario_text(), scenario_text(small_study().scenario()));
  EXPECT_EQ(file.analyses(), (std::vector<std::string>{"multilevel", "ignoring_therapists"}));
}

TEST_F(ResultsFileTest, TheStoredScenarioMakesTheSameStudy) {
  run_to(file_path, {.replications = 1});
  auto const scenario = parse_scenario(ResultsFile(file_path).scenario_text(), file_path);
  EXPECT_EQ(scenario_digest(scenario), scenario_digest(small_study().scenario()));
}

TEST_F(ResultsFileTest, ReadsWhileItIsReadElsewhere) {
  run_to(file_path, {.replications = 1});
  ResultsFile const one(file_path);
  ResultsFile const other(file_path);
  EXPECT_EQ(one.replications(), other.replications());
  std::filesystem::remove(file_path);  // no call is open
  EXPECT_NE(problem_in([&] { one.replications(); }).find("there is no such file"), std::string::npos);
}

TEST_F(ResultsFileTest, UnknownNamesAreErrorsWithSuggestions) {
  run_to(file_path, {.replications = 1});
  ResultsFile const file(file_path);
  EXPECT_NE(problem_in([&] { file.estimates("multilevle"); }).find("did you mean \"multilevel\"?"), std::string::npos);
  EXPECT_NE(problem_in([&] { file.read_table("data/children"); }).find("there is no group \"data/children\""),
            std::string::npos);
}

TEST_F(ResultsFileTest, FilesThatAreNotOursAreRefused) {
  expect_problem("there is no such file");
  std::filesystem::create_directory(file_path);
  expect_problem("this is a folder");
  std::filesystem::remove(file_path);
  write_bytes(file_path, "");
  expect_problem("this is no results file");
  write_bytes(file_path, "pre,post\n1,2\n");
  expect_problem("bordin describe reads scenarios");
  make_file([](hdf5::Handle const& file) { hdf5::write_text(file, "x", "y"); });
  expect_problem("not one with results of Bordin");
}

TEST_F(ResultsFileTest, ANewerFormatIsRefusedWithBothVersions) {
  make_file([](hdf5::Handle const& file) {
    hdf5::set_attribute(file, "format", std::string("bordin-results"));
    hdf5::set_attribute(file, "format_version", 2);
    hdf5::set_attribute(file, "engine_version", std::string("9.8.7"));
  });
  expect_problem("format 2 and was written by Bordin 9.8.7");
  expect_problem("formats up to 1");
}

TEST_F(ResultsFileTest, GroupsThatAreMissingAreErrors) {
  make_file([](hdf5::Handle const& file) {
    hdf5::set_attribute(file, "format", std::string("bordin-results"));
    hdf5::set_attribute(file, "format_version", 1);
  });
  ResultsFile const file(file_path);
  EXPECT_THROW(file.scenario_text(), ResultFileError);
  EXPECT_THROW(file.replications(), ResultFileError);
  EXPECT_THROW(file.read_table("performance"), ResultFileError);
  EXPECT_THROW(file.analyses(), ResultFileError);
  EXPECT_THROW(file.provenance(), ResultFileError);
  EXPECT_THROW(describe_results(file), ResultFileError);
  EXPECT_TRUE(file.kept_replications().empty());
  EXPECT_FALSE(file.data(0).has_value());
}

TEST_F(ResultsFileTest, ATableThatContradictsItselfIsAnError) {
  std::vector<std::int8_t> const codes{0, 1, 2};
  std::vector<double> const two{1, 2};
  make_file([&](hdf5::Handle const& file) {
    hdf5::set_attribute(file, "format", std::string("bordin-results"));
    hdf5::set_attribute(file, "format_version", 1);
    auto const levels = hdf5::create_group(file, "levels");
    hdf5::set_attribute(hdf5::write_numbers(levels, "x", std::span(codes)), "levels",
                        std::vector<std::string>{"no", "yes"});
    auto const lengths = hdf5::create_group(file, "lengths");
    hdf5::write_numbers(lengths, "x", std::span(two));
    hdf5::write_numbers(lengths, "y", std::span(codes));
    auto const shorter = hdf5::create_group(file, "shorter");
    hdf5::write_numbers(shorter, "x", std::span(codes));
    hdf5::write_numbers(shorter, "y", std::span(two));
    hdf5::write_text(hdf5::create_group(file, "scalar"), "x", "y");
  });
  ResultsFile const file(file_path);
  EXPECT_THROW(file.read_table("levels"), ResultFileError);
  EXPECT_EQ(file.read_table("lengths").column("y").size(), 2U);  // the first column decides
  EXPECT_THROW(file.read_table("shorter"), ResultFileError);
  EXPECT_THROW(file.read_table("scalar"), ResultFileError);
}

// What a reader makes of bytes: everything is read, or there is a ResultFileError. Anything else fails the test.
bool readable(std::string const& path) {
  try {
    ResultsFile const file(path);
    content_of(path);
    describe_results(file);
    return true;
  } catch (ResultFileError const&) {
    return false;
  }
}

class DamagedFile : public ResultsFileTest {
 protected:
  DamagedFile() {
    run_to(file_path, {.replications = 2, .keep = KeepData::first});
    bytes = read_bytes(file_path);
  }
  std::string bytes;
};

TEST_F(DamagedFile, CutAnywhereItIsAnError) {
  ASSERT_TRUE(readable(file_path));
  for (std::size_t size = 0; size < bytes.size(); size += size < 4096 ? 64 : bytes.size() / 200) {
    write_bytes(file_path, bytes.substr(0, size));
    EXPECT_FALSE(readable(file_path)) << size;
  }
}

TEST_F(DamagedFile, WithAByteTurnedItIsReadOrRefused) {
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 401) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(~damaged[at]);
    write_bytes(file_path, damaged);
    if (!readable(file_path)) ++refused;
  }
  EXPECT_GT(refused, 0U);
}

TEST_F(DamagedFile, WithItsHeapsOfTextDamagedItIsRefused) {  // HDF5 itself would crash
  int heaps = 0;
  for (auto at = bytes.find("GCOL"); at != std::string::npos; at = bytes.find("GCOL", at + 1)) {
    for (std::size_t const inside : {8U, 16U, 24U, 100U}) {
      auto damaged = bytes;
      damaged[at + inside] = static_cast<char>(~damaged[at + inside]);
      write_bytes(file_path, damaged);
      expect_problem("damaged");
    }
    ++heaps;
  }
  EXPECT_GT(heaps, 1);
}

}  // namespace
}  // namespace bordin
