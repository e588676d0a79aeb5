#include "results/hdf5.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/table.hpp"
#include "results/small_run.hpp"

namespace bordin {
namespace {

using hdf5::Handle;

class Hdf5 : public testing::Test {
 protected:
  // Writes into a new file, closes it, and reads from it.
  template <class Write, class Read>
  void write_and_read(Write const& write, Read const& read) {
    hdf5::with_hdf5(file_path, [&] { write(hdf5::create_file(file_path, note)); });
    hdf5::with_hdf5(file_path, [&] { read(hdf5::open_file(file_path)); });
  }

  TemporaryFolder folder;
  hdf5::WriteNote note;
  std::string file_path = folder.file("a.h5");
};

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

template <class T>
class Hdf5Numbers : public testing::Test {};
using AllNumbers =
    testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(Hdf5Numbers, AllNumbers);

TYPED_TEST(Hdf5Numbers, KeepTheirTypeAndTheirExtremes) {
  TemporaryFolder const folder;
  auto const path = folder.file("a.h5");
  std::vector<TypeParam> const values{std::numeric_limits<TypeParam>::lowest(), 0, 1,
                                      std::numeric_limits<TypeParam>::max()};
  hdf5::WriteNote note;
  hdf5::with_hdf5(path, [&] { hdf5::write_numbers(hdf5::create_file(path, note), "x", std::span(values)); });
  hdf5::with_hdf5(path, [&] {
    auto const file = hdf5::open_file(path);
    auto const dataset = hdf5::open_dataset(file, "x");
    EXPECT_EQ(hdf5::inspect(dataset).number, hdf5::number_type<TypeParam>());
    EXPECT_EQ(hdf5::read_numbers<TypeParam>(dataset), values);
    EXPECT_EQ(hdf5::read_numbers<TypeParam>(dataset, 1, 2), (std::vector<TypeParam>{0, 1}));
    EXPECT_EQ(hdf5::read_numbers<TypeParam>(dataset, 4, 0), std::vector<TypeParam>());
    EXPECT_THROW(hdf5::read_numbers<TypeParam>(dataset, 3, 2), hdf5::Failure);
  });
}

TEST_F(Hdf5, TextsComeBack) {
  std::vector<std::string> const texts{"Bündnis", "", "post ~ pre"};
  write_and_read(
      [&](Handle const& file) {
        hdf5::write_texts(file, "texts", texts);
        hdf5::write_texts(file, "none", {});
        hdf5::write_text(file, "text", "title = \"ä\"\n");
        hdf5::write_text(file, "empty", "");
      },
      [&](Handle const& file) {
        EXPECT_EQ(hdf5::read_texts(hdf5::open_dataset(file, "texts")), texts);
        EXPECT_TRUE(hdf5::read_texts(hdf5::open_dataset(file, "none")).empty());
        EXPECT_EQ(hdf5::read_texts(hdf5::open_dataset(file, "text")), std::vector<std::string>{"title = \"ä\"\n"});
        EXPECT_EQ(hdf5::read_texts(hdf5::open_dataset(file, "empty")), std::vector<std::string>{""});
        EXPECT_THROW(hdf5::read_numbers<double>(hdf5::open_dataset(file, "texts")), hdf5::Failure);
      });
}

TEST_F(Hdf5, AGrowingDatasetHoldsWhatWasAppendedWhateverThePieces) {
  std::vector<double> expected(1000);
  std::iota(expected.begin(), expected.end(), 0.0);
  write_and_read(
      [&](Handle const& file) {
        hdf5::GrowingDataset one(file, "one", hdf5::Number::float64, {.extent = {0}, .axis = 0, .rows_per_chunk = 64});
        hdf5::GrowingDataset three(file, "three", hdf5::Number::float64,
                                   {.extent = {1, 0, 5}, .axis = 1, .rows_per_chunk = 7});
        std::span<double const> rest(expected);
        for (std::size_t piece = 5; !rest.empty(); piece += 35) {
          auto const taken = std::min(piece, rest.size());
          one.append(rest.first(taken));
          three.append(rest.first(taken));
          rest = rest.subspan(taken);
        }
        one.flush();
        three.flush();
        three.flush();  // nothing waits
      },
      [&](Handle const& file) {
        EXPECT_EQ(hdf5::read_numbers<double>(hdf5::open_dataset(file, "one")), expected);
        auto const three = hdf5::open_dataset(file, "three");
        EXPECT_EQ(hdf5::inspect(three).extent, (hdf5::Extent{1, 200, 5}));
        EXPECT_EQ(hdf5::read_numbers<double>(three), expected);
      });
}

TEST_F(Hdf5, AGrowingDatasetMayStayEmpty) {
  write_and_read(
      [&](Handle const& file) {
        hdf5::GrowingDataset const rows(file, "rows", hdf5::Number::int8, {.extent = {0}, .axis = 0, .rows_per_chunk = 10});
        hdf5::GrowingDataset const terms(file, "terms", hdf5::Number::float64,
                                         {.extent = {1, 0, 0}, .axis = 1, .rows_per_chunk = 10});
      },
      [&](Handle const& file) {
        EXPECT_TRUE(hdf5::read_numbers<std::int8_t>(hdf5::open_dataset(file, "rows")).empty());
        EXPECT_TRUE(hdf5::read_numbers<double>(hdf5::open_dataset(file, "terms")).empty());
      });
}

TEST_F(Hdf5, AnExtentWithoutDataBehindItIsRefused) {  // it would ask for 8 PB of memory
  write_and_read(
      [&](Handle const& file) {
        hdf5::GrowingDataset const hollow(file, "x", hdf5::Number::float64,
                                          {.extent = {1'000'000'000'000'000}, .axis = 0, .rows_per_chunk = 10});
      },
      [&](Handle const& file) { EXPECT_THROW(hdf5::read_numbers<double>(hdf5::open_dataset(file, "x")), hdf5::Failure); });
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
  EXPECT_EQ(problem.rfind(file_path + ": cannot open the file", 0), 0U) << problem;
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
