#include "results/writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "results/full_disk.hpp"
#include "results/small_run.hpp"

namespace bordin {
namespace {

class ResultsWriterTest : public testing::Test {
 protected:
  TemporaryFolder folder;
  std::string file_path = folder.file("run.h5");
};

TEST_F(ResultsWriterTest, AFileHasItsNameOnlyWhenItIsComplete) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 2});
  for (std::uint32_t r = 0; r < 2; ++r) writer.accept(small_replication(r));
  EXPECT_FALSE(std::filesystem::exists(file_path));
  ASSERT_EQ(folder.names().size(), 1U);
  EXPECT_EQ(folder.names().front().rfind(".run.h5.partial-", 0), 0U);
  writer.finish(2, {}, {});
  EXPECT_EQ(folder.names(), std::vector<std::string>{"run.h5"});
}

TEST_F(ResultsWriterTest, NothingStaysOfARunThatDidNotFinish) {
  {
    ResultsWriter writer(file_path);
    writer.begin(small_study(), {.replications = 2, .keep = KeepData::full});
    writer.accept(small_replication(0, KeepData::full));
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(ResultsWriterTest, AnExistingFileIsLeftAlone) {
  write_bytes(file_path, "precious");
  ResultsWriter writer(file_path);
  auto const problem = problem_in([&] { writer.begin(small_study(), {}); });
  EXPECT_EQ(
      problem,
      file_path + ": exists already; choose another name or allow to overwrite it (--overwrite; in Python overwrite=True)");
  EXPECT_EQ(read_bytes(file_path), "precious");
  EXPECT_EQ(folder.names().size(), 1U);
}

TEST_F(ResultsWriterTest, OverwritingHappensAtTheEndOnly) {
  write_bytes(file_path, "precious");
  {
    ResultsWriter stopped(file_path, true);
    stopped.begin(small_study(), {.replications = 1});
    stopped.accept(small_replication(0));
  }
  EXPECT_EQ(read_bytes(file_path), "precious");
  run_to(file_path, {.replications = 1}, true);
  EXPECT_EQ(ResultsFile(file_path).replications(), 1);
  EXPECT_EQ(folder.names().size(), 1U);
}

TEST_F(ResultsWriterTest, AFileThatCameMeanwhileIsNotReplacedAndTheWorkIsNotLost) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 1});
  writer.accept(small_replication(0));
  write_bytes(file_path, "somebody else's");
  auto const problem = problem_in([&] { writer.finish(1, {}, {}); });
  EXPECT_EQ(read_bytes(file_path), "somebody else's");
  auto const start = problem.rfind("as \"") + 4;
  EXPECT_EQ(ResultsFile(problem.substr(start, problem.size() - start - 1)).replications(), 1) << problem;
}

TEST_F(ResultsWriterTest, PlacesThatCannotBeWrittenAreRefusedBeforeTheRun) {
  auto const refusal = [](std::string const& path) {
    return problem_in([&] { ResultsWriter(path).begin(small_study(), {}); });
  };
  EXPECT_NE(refusal(folder.file("absent/run.h5")).find("there is no folder"), std::string::npos);
  EXPECT_NE(refusal(folder.file("")).find("this is a folder"), std::string::npos);
  EXPECT_NE(refusal("/dev").find("this is a folder"), std::string::npos);
  EXPECT_NE(refusal(folder.file(std::string(300, 'x'))).find("cannot write the file (File name too long)"),
            std::string::npos);
  EXPECT_NE(refusal("/proc/run.h5").find("cannot"), std::string::npos);
}

TEST_F(ResultsWriterTest, AStoppedRunHoldsWhatWasFinished) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 100'000, .keep = KeepData::observed});
  for (std::uint32_t r = 0; r < 3; ++r) writer.accept(small_replication(r, KeepData::observed));
  writer.finish(3, {}, {});
  ResultsFile const file(file_path);
  EXPECT_EQ(file.replications(), 3);
  EXPECT_EQ(file.kept_replications(), (std::vector<std::int64_t>{0, 1, 2}));
  auto const estimates = file.estimates("multilevel");
  EXPECT_EQ(estimates.replications(), 3U);
  EXPECT_EQ(estimates.estimate.size(), 3 * estimates.terms.size());
}

TEST_F(ResultsWriterTest, ARunStoppedBeforeItsFirstReplicationIsAFileToo) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 100, .keep = KeepData::full});
  writer.finish(0, {}, {});
  ResultsFile const file(file_path);
  EXPECT_EQ(file.replications(), 0);
  EXPECT_EQ(file.kept_replications().size(), 0U);
  EXPECT_EQ(file.columns("data/clients"), small_study().layout().clients.names());
  EXPECT_EQ(file.read_table("truth/clients").rows(), 0U);
}

TEST_F(ResultsWriterTest, TheContentDoesNotDependOnThreads) {
  for (int const threads : {1, 2, 7})
    run_to(folder.file(std::to_string(threads)),
           {.seed = 3, .replications = 30, .threads = threads, .keep = KeepData::full});
  auto const content = content_of(folder.file("1"));
  EXPECT_GT(content.size(), 100'000U);
  EXPECT_TRUE(content == content_of(folder.file("2")));
  EXPECT_TRUE(content == content_of(folder.file("7")));
}

TEST_F(ResultsWriterTest, TheContentDependsOnTheSeed) {
  run_to(folder.file("1"), {.seed = 1, .replications = 2});
  run_to(folder.file("2"), {.seed = 2, .replications = 2});
  EXPECT_FALSE(content_of(folder.file("1")) == content_of(folder.file("2")));
}

struct Kept {
  KeepData keep;
  std::vector<std::int64_t> replications;
  bool truth;
};

void PrintTo(Kept const& kept, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest looks for it
  *out << "KeepData " << static_cast<int>(kept.keep);
}

class KeptData : public testing::TestWithParam<Kept> {};

TEST_P(KeptData, IsWhatWasAskedFor) {
  TemporaryFolder const folder;
  auto const path = folder.file("run.h5");
  run_to(path, {.replications = 3, .keep = GetParam().keep});
  ResultsFile const file(path);
  EXPECT_EQ(file.kept_replications(), GetParam().replications);
  EXPECT_FALSE(file.data(99).has_value());
  for (auto const number : GetParam().replications) {
    auto expected = small_study().simulate(1, static_cast<std::uint32_t>(number));
    if (!GetParam().truth) expected.truth_therapists = expected.truth_clients = expected.truth_sessions = {};
    EXPECT_TRUE(text_of(file.data(number).value()) == text_of(expected)) << number;
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, KeptData,
                         testing::Values(Kept{KeepData::none, {}, false}, Kept{KeepData::first, {0}, true},
                                         Kept{KeepData::observed, {0, 1, 2}, false},
                                         Kept{KeepData::full, {0, 1, 2}, true}));

// One column of every type, with missing values, levels, and more rows than a chunk has.
Dataset invented_data(std::size_t rows) {
  std::vector<float> f(rows, 1.5F);
  std::vector<double> d(rows, 0.1);
  std::vector<std::int8_t> c(rows, 1);
  std::vector<std::int16_t> s(rows, -300);
  std::vector<std::int32_t> i(rows, 70'000);
  f[0] = std::numeric_limits<float>::quiet_NaN();
  d[0] = std::numeric_limits<double>::quiet_NaN();
  c[0] = missing_code<std::int8_t>;
  s[0] = missing_code<std::int16_t>;
  i[0] = missing_code<std::int32_t>;
  Dataset out;
  out.clients.add({"f", "points", "a float", std::move(f)});
  out.clients.add({"d", "weeks", "a double", std::move(d)});
  out.clients.add({"c", "", "a category", std::move(c), {"no", "yes – sûr"}});
  out.clients.add({"s", "points", "a score", std::move(s)});
  out.clients.add({"therapist", "", "an index", std::move(i)});
  return out;
}

TEST_F(ResultsWriterTest, EveryTypeOfColumnComesBack) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 3, .keep = KeepData::observed});
  std::size_t const rows[] = {100'000, 1, 70'001};
  for (std::uint32_t r = 0; r < 3; ++r) {
    auto replication = small_replication(r);
    replication.data = invented_data(rows[r]);
    writer.accept(replication);
  }
  writer.finish(3, {}, {});
  ResultsFile const file(file_path);
  for (std::uint32_t r = 0; r < 3; ++r) EXPECT_TRUE(text_of(file.data(r).value()) == text_of(invented_data(rows[r]))) << r;
  EXPECT_EQ(file.read_table("data/clients").rows(), 170'002U);
}

TEST_F(ResultsWriterTest, EstimatesAndStatusComeBack) {
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {.replications = 3, .keep = KeepData::none});
  auto const first = small_replication(0);
  auto failed = first;
  failed.estimates[0].status = FitStatus::not_estimable;
  failed.estimates[0].terms.clear();  // what could not be estimated is NaN
  for (auto const& replication : {first, failed, first}) writer.accept(replication);
  writer.finish(3, {}, {});
  auto const stored = ResultsFile(file_path).estimates("multilevel");
  auto const& terms = first.estimates[0].terms;
  ASSERT_EQ(stored.terms.size(), terms.size());
  EXPECT_EQ(stored.name, "multilevel");
  EXPECT_EQ(stored.method, "mixed");
  EXPECT_EQ(stored.tested, (std::vector<std::string>{"alliance_between", "alliance_within"}));
  EXPECT_EQ(stored.status_names[stored.status[1]], "not_estimable");
  for (std::size_t t = 0; t < terms.size(); ++t) {
    EXPECT_EQ(stored.terms[t], terms[t].term);
    EXPECT_TRUE(std::isnan(stored.estimate[terms.size() + t]));
    for (std::size_t const row : {std::size_t{0}, 2 * terms.size()}) {
      EXPECT_EQ(stored.estimate[row + t], terms[t].estimate);
      EXPECT_EQ(stored.upper[row + t], terms[t].upper);
    }
  }
}

TEST_F(ResultsWriterTest, ThePerformanceTableComesBack) {
  std::vector<PerformanceRow> rows(2);
  rows[0] = {.cell = 0,
             .analysis = "A",
             .term = "x",
             .truth = 0.5,
             .measure = "power",
             .value = 0.8,
             .mcse = 0.01,
             .run = 100,
             .converged = 99,
             .singular = 5,
             .failed = 1};
  rows[1] = {.cell = 0, .analysis = "A", .term = "y", .measure = "bias"};
  ResultsWriter writer(file_path);
  writer.begin(small_study(), {});
  writer.finish(0, rows, {});
  auto const table = ResultsFile(file_path).read_table("performance");
  EXPECT_EQ(table.names(), (std::vector<std::string>{"cell", "analysis", "term", "truth", "measure", "value", "mcse", "run",
                                                     "converged", "singular", "failed"}));
  EXPECT_EQ(table.column("term").levels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(table.column("analysis").levels, std::vector<std::string>{"A"});
  EXPECT_EQ(table.column("value").at(0), 0.8);
  EXPECT_EQ(table.column("converged").at(0), 99);
  EXPECT_TRUE(std::isnan(table.column("truth").at(1)));
}

TEST(AnalysisSlugs, AreAllDifferent) {
  EXPECT_EQ(analysis_slugs({"Model 1", "model-1", "CORE-OM", "!?", "...", "model 1"}),
            (std::vector<std::string>{"model_1", "model1", "core_om", "analysis", "analysis_2", "model_1_2"}));
}

TEST_F(ResultsWriterTest, FailedFitsAreListedWithTheirReplication) {
  auto const path = folder.file("errors.h5");
  ResultsWriter writer(path);
  writer.begin(small_study(), {.replications = 3, .keep = KeepData::none});
  for (std::uint32_t r = 0; r < 3; ++r) {
    auto replication = small_replication(r);
    if (r != 1) {
      replication.estimates[1].status = r == 0 ? FitStatus::singular : FitStatus::not_estimable;
      replication.estimates[1].message = "too few clients";
    }
    writer.accept(replication);
  }
  writer.finish(3, {}, {});
  auto const errors = ResultsFile(path).read_table("errors");
  ASSERT_EQ(errors.rows(), 1U);  // a singular fit can be used
  EXPECT_EQ(errors.column("replication").at(0), 2);
  EXPECT_EQ(errors.column("message").levels.at(0), "too few clients");
  EXPECT_EQ(errors.column("status").levels.at(0), "not_estimable");
  EXPECT_TRUE(ResultsFile(path).has("errors"));
  EXPECT_FALSE(ResultsFile(path).has("data"));
}

TEST_F(ResultsWriterTest, AFullDiskIsAnErrorWhereverItStrikesAndLeavesNothing) {
  auto const run = [&](std::string const& path) { run_to(path, {.replications = 40, .keep = KeepData::full}); };
  run(file_path);
  auto const size = std::filesystem::file_size(file_path);
  std::filesystem::remove(file_path);
  int failed = 0;
  for (rlim_t limit = 0; limit < size; limit += size / 97) {
    FullDisk const full(limit);
    auto const problem = problem_in([&] { run(file_path); });
    EXPECT_NE(problem.find("File too large"), std::string::npos) << problem;
    EXPECT_NE(problem.find("make room on the disk"), std::string::npos) << problem;
    EXPECT_TRUE(folder.names().empty()) << limit;
    ++failed;
  }
  EXPECT_GE(failed, 97);
  run(file_path);  // and the next run is none the worse for it
  EXPECT_EQ(ResultsFile(file_path).replications(), 40);
}

}  // namespace
}  // namespace bordin
