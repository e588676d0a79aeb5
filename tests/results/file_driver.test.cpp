#include "results/file_driver.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "results/full_disk.hpp"
#include "results/hdf5_datasets.hpp"
#include "results/small_run.hpp"

namespace bordin {
namespace {

class FileDriver : public testing::Test {
 protected:
  static std::vector<double> many_numbers() {
    std::vector<double> out(100'000);
    std::iota(out.begin(), out.end(), 0.5);
    return out;
  }

  TemporaryFolder folder;
  std::string path = folder.file("a.h5");
  hdf5::WriteNote note;
};

TEST_F(FileDriver, WritesWhatHdf5ReadsWithItsOwn) {
  auto const values = many_numbers();
  hdf5::with_hdf5(path, [&] { hdf5::write_numbers(hdf5::create_file(path, note), "x", std::span(values)); });
  EXPECT_EQ(note.problem, 0);
  hdf5::with_hdf5(path,
                  [&] { EXPECT_EQ(hdf5::read_numbers<double>(hdf5::open_dataset(hdf5::open_file(path), "x")), values); });
}

TEST_F(FileDriver, GoesOnInMemoryWhenTheDiskIsFull) {
  auto const values = many_numbers();
  hdf5::with_hdf5(path, [&] {
    auto file = hdf5::create_file(path, note);
    hdf5::write_numbers(file, "before", std::span(values).first(1000));
    FullDisk const full(20'000);
    hdf5::write_numbers(file, "x", std::span(values));
    EXPECT_EQ(note.problem, EFBIG);
    EXPECT_EQ(hdf5::read_numbers<double>(hdf5::open_dataset(file, "x")), values);
    EXPECT_THROW(hdf5::check_written(note), hdf5::Failure);
    hdf5::close(file);
  });
  EXPECT_LE(std::filesystem::file_size(path), 20'000U);
}

TEST_F(FileDriver, SaysWhyAFileCannotBeMade) {
  auto const nowhere = folder.file("missing/a.h5");
  auto const problem = problem_in([&] { hdf5::with_hdf5(nowhere, [&] { hdf5::create_file(nowhere, note); }); });
  EXPECT_EQ(problem, nowhere + ": cannot write the file (No such file or directory)");
}

}  // namespace
}  // namespace bordin
