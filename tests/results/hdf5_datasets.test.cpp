#include "results/hdf5_datasets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "core/table.hpp"
#include "results/hdf5_fixture.hpp"

namespace bordin {
namespace {

using hdf5::Handle;
using Hdf5Datasets = Hdf5;

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

TEST_F(Hdf5Datasets, TextsComeBack) {
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

TEST_F(Hdf5Datasets, AGrowingDatasetHoldsWhatWasAppendedWhateverThePieces) {
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

TEST_F(Hdf5Datasets, AGrowingDatasetMayStayEmpty) {
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

TEST_F(Hdf5Datasets, AnExtentWithoutDataBehindItIsRefused) {  // it would ask for 8 PB of memory
  write_and_read(
      [&](Handle const& file) {
        hdf5::GrowingDataset const hollow(file, "x", hdf5::Number::float64,
                                          {.extent = {1'000'000'000'000'000}, .axis = 0, .rows_per_chunk = 10});
      },
      [&](Handle const& file) { EXPECT_THROW(hdf5::read_numbers<double>(hdf5::open_dataset(file, "x")), hdf5::Failure); });
}

}  // namespace
}  // namespace bordin
