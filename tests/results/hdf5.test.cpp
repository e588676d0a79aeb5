#include "results/hdf5.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "results/hdf5_datasets.hpp"
#include "results/hdf5_fixture.hpp"

namespace bordin {
namespace {

using hdf5::Handle;

TEST_F(Hdf5, AttributesComeBack) {
  std::vector<std::string> const list{"Größe", "", "naïve (1 | x)"};
  write_and_read(
      [&](Handle const& file) {
        hdf5::set_attribute(file, "text", std::string("Übereinstimmung"));
        hdf5::set_attribute(file, "empty", std::string());
        hdf5::set_attribute(file, "list", list);
        hdf5::set_attribute(file, "nothing", std::vector<std::string>());
        hdf5::set_attribute(file, "integer", std::int64_t{-7});
        hdf5::set_attribute(file, "large", std::numeric_limits<std::uint64_t>::max());
        hdf5::set_attribute(file, "number", 0.1);
      },
      [&](Handle const& file) {
        EXPECT_EQ(hdf5::attribute(file, "text"), "Übereinstimmung");
        EXPECT_EQ(hdf5::attribute(file, "empty"), "");
        EXPECT_EQ(hdf5::attribute_list(file, "list"), list);
        EXPECT_TRUE(hdf5::attribute_list(file, "nothing").empty());
        EXPECT_EQ(hdf5::integer_attribute(file, "integer"), -7);
        EXPECT_EQ(hdf5::attribute(file, "large"), "18446744073709551615");
        EXPECT_EQ(hdf5::attribute(file, "number"), "0.1");
        EXPECT_EQ(hdf5::attribute(file, "absent"), std::nullopt);
        EXPECT_EQ(hdf5::integer_attribute(file, "text"), std::nullopt);
        EXPECT_EQ(hdf5::attribute_names(file).size(), 7U);
      });
}

TEST_F(Hdf5, ALongListOfNamesFitsIntoAnAttribute) {
  std::vector<std::string> const list(20'000, "a term of a formula");
  write_and_read([&](Handle const& file) { hdf5::set_attribute(file, "list", list); },
                 [&](Handle const& file) { EXPECT_EQ(hdf5::attribute_list(file, "list"), list); });
}

TEST_F(Hdf5, ChildrenComeInTheOrderTheyWereMade) {
  write_and_read(
      [&](Handle const& file) {
        auto const group = hdf5::create_group(file, "group");
        for (auto const* name : {"zeta", "alpha", "mü"}) hdf5::write_text(group, name, name);
        hdf5::create_group(group, "beta");
      },
      [&](Handle const& file) {
        auto const group = hdf5::open_group(file, "/group");
        EXPECT_EQ(hdf5::children(group, hdf5::Kind::dataset), (std::vector<std::string>{"zeta", "alpha", "mü"}));
        EXPECT_EQ(hdf5::children(group, hdf5::Kind::group), std::vector<std::string>{"beta"});
        EXPECT_TRUE(hdf5::has(file, "/group/beta"));
        EXPECT_FALSE(hdf5::has(file, "group/beta/gamma"));
        EXPECT_FALSE(hdf5::has(file, "data/clients"));
      });
}

TEST_F(Hdf5, AFailureIsAResultFileErrorAndPrintsNothing) {
  write_bytes(file_path, "no HDF5 at all");
  testing::internal::CaptureStderr();
  auto const problem = problem_in([&] { hdf5::with_hdf5(file_path, [&] { hdf5::open_file(file_path); }); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(problem.rfind(file_path + ": this is no results file", 0), 0U) << problem;
}

TEST_F(Hdf5, SessionsOfSeveralThreadsFollowEachOther) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto const path = folder.file(fmt::format("{}.h5", t));
      for (int i = 0; i < 20; ++i) {
        hdf5::WriteNote own_note;
        hdf5::with_hdf5(path, [&] { hdf5::write_text(hdf5::create_file(path, own_note), "x", path); });
        hdf5::with_hdf5(path,
                        [&] { EXPECT_EQ(hdf5::read_texts(hdf5::open_dataset(hdf5::open_file(path), "x")).front(), path); });
      }
    });
}

}  // namespace
}  // namespace bordin
