#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results/hdf5.hpp"

namespace bordin::hdf5 {

//! All at once.
Handle write_numbers(Handle const& parent, std::string const& name, Number number, Extent const& extent,
                     void const* values);
template <Storable T>
Handle write_numbers(Handle const& parent, std::string const& name, std::span<T const> values) {
  return write_numbers(parent, name, number_type<T>(), {values.size()}, values.data());
}
Handle write_texts(Handle const& parent, std::string const& name, std::vector<std::string> const& texts);
Handle write_text(Handle const& parent, std::string const& name, std::string const& text);

//! A dataset that grows along one axis. Collects rows and writes whole chunks, so the library needs no cache for it.
//! What is never written reads as missing.
class GrowingDataset {
 public:
  struct Shape {
    Extent extent;         //!< to begin with: 0 along the axis
    std::size_t axis = 0;  //!< all axes before it have length 1
    std::uint64_t rows_per_chunk = 1;
  };
  GrowingDataset(Handle const& parent, std::string const& name, Number number, Shape shape);

  template <Storable T>
  void append(std::span<T const> values) {
    BORDIN_EXPECT(number_type<T>() == number_);
    append_bytes(std::as_bytes(values));
  }
  //! Writes what waits.
  void flush();
  Handle const& handle() const { return dataset_; }

 private:
  void append_bytes(std::span<std::byte const> bytes);

  Handle dataset_;
  Number number_;
  Shape shape_;
  std::size_t row_bytes_;
  std::vector<std::byte> waiting_;
};

Handle open_dataset(Handle const& parent, std::string const& path);
struct DatasetInfo {
  Extent extent;
  std::optional<Number> number;  //!< nullopt = text
  std::uint64_t elements = 1;
};
//! Failure unless the dataset is of a type we know and the file is large enough to hold what it promises: a damaged or
//! hostile file must not make us ask for all memory there is.
DatasetInfo inspect(Handle const& dataset);
void read_numbers(Handle const& dataset, Number number, std::uint64_t first, std::uint64_t count, void* values);
//! All elements, in row-major order, converted to T.
template <Storable T>
std::vector<T> read_numbers(Handle const& dataset) {
  auto const info = inspect(dataset);
  if (!info.number) throw Failure("text where numbers were expected");
  std::vector<T> values(info.elements);
  if (!values.empty()) read_numbers(dataset, number_type<T>(), 0, 0, values.data());
  return values;
}
//! Elements [first, first + count) of a dataset with one axis.
template <Storable T>
std::vector<T> read_numbers(Handle const& dataset, std::uint64_t first, std::uint64_t count) {
  auto const info = inspect(dataset);
  if (!info.number || info.extent.size() != 1 || first > info.elements || count > info.elements - first)
    throw Failure("a dataset does not have the rows it should have");
  std::vector<T> values(count);
  if (count > 0) read_numbers(dataset, number_type<T>(), first, count, values.data());
  return values;
}
//! One element for a dataset without axes.
std::vector<std::string> read_texts(Handle const& dataset);

}  // namespace bordin::hdf5
