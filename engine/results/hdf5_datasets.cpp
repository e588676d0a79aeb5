#include "results/hdf5_datasets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/table.hpp"
#include "results/hdf5_calls.hpp"

namespace bordin::hdf5 {
namespace {

using FillBytes = std::array<std::byte, 8>;

template <Storable T>
FillBytes bytes_of_missing() {
  T value = missing_code<T>;
  if constexpr (std::is_floating_point_v<T>) value = std::numeric_limits<T>::quiet_NaN();
  if constexpr (std::is_unsigned_v<T>) value = std::numeric_limits<T>::max();
  FillBytes out{};
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

FillBytes missing(Number number) {
  switch (number) {
    case Number::int8:
      return bytes_of_missing<std::int8_t>();
    case Number::int16:
      return bytes_of_missing<std::int16_t>();
    case Number::int32:
      return bytes_of_missing<std::int32_t>();
    case Number::int64:
      return bytes_of_missing<std::int64_t>();
    case Number::uint8:
      return bytes_of_missing<std::uint8_t>();
    case Number::uint64:
      return bytes_of_missing<std::uint64_t>();
    case Number::float32:
      return bytes_of_missing<float>();
    case Number::float64:
      return bytes_of_missing<double>();
  }
  throw Failure("an unknown type of number");
}

Handle write_dataset(Handle const& parent, std::string const& name, hid_t stored, hid_t memory, Extent const& extent,
                     void const* values) {
  auto const what = fmt::format("write \"{}\"", name);
  auto const space = space_of(extent);
  auto dataset = owned(H5Dcreate2(parent.id(), name.c_str(), stored, space.id(), creating_links().id(),
                                  without_times(H5P_DATASET_CREATE).id(), H5P_DEFAULT),
                       what);
  if (product(extent) > 0) check(H5Dwrite(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), what);
  return dataset;
}

Handle create_growing(Handle const& parent, std::string const& name, Number number, GrowingDataset::Shape const& shape) {
  auto const what = fmt::format("create \"{}\"", name);
  auto chunk = sizes(shape.extent);
  auto limits = chunk;
  for (std::size_t i = 0; i < chunk.size(); ++i)
    if (i == shape.axis || chunk[i] == 0) limits[i] = H5S_UNLIMITED;
  for (auto& length : chunk) length = std::max<hsize_t>(length, 1);
  chunk[shape.axis] = shape.rows_per_chunk;

  auto const rank = static_cast<int>(chunk.size());
  auto const space = owned(H5Screate_simple(rank, sizes(shape.extent).data(), limits.data()), what);
  auto const creation = without_times(H5P_DATASET_CREATE);
  check(H5Pset_chunk(creation.id(), rank, chunk.data()), what);
  check(H5Pset_fill_value(creation.id(), memory_type(number), missing(number).data()), what);
  auto const access = properties(H5P_DATASET_ACCESS);
  check(H5Pset_chunk_cache(access.id(), 0, 0, 0), what);
  return owned(H5Dcreate2(parent.id(), name.c_str(), file_type(number), space.id(), creating_links().id(), creation.id(),
                          access.id()),
               what);
}

// Deflate shrinks to a thousandth at most, and a file that was compressed later should still be read.
std::uint64_t room_for(Handle const& dataset) {
  auto const creation = owned(H5Dget_create_plist(dataset.id()), "read how a dataset is stored");
  auto const layout = H5Pget_layout(creation.id());
  if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT)
    throw Failure("a dataset is stored outside the file");
  if (H5Pget_external_count(creation.id()) != 0) throw Failure("a dataset is stored outside the file");
  auto const stored = std::min<std::uint64_t>(H5Dget_storage_size(dataset.id()), file_size(dataset));
  return H5Pget_nfilters(creation.id()) > 0 ? stored * 1100 : stored;
}

}  // namespace

Handle write_numbers(Handle const& parent, std::string const& name, Number number, Extent const& extent,
                     void const* values) {
  return write_dataset(parent, name, file_type(number), memory_type(number), extent, values);
}

Handle write_texts(Handle const& parent, std::string const& name, std::vector<std::string> const& texts) {
  auto const width = width_of(texts);
  auto const type = text_type(width);
  return write_dataset(parent, name, type.id(), type.id(), {texts.size()}, packed(texts, width).data());
}

Handle write_text(Handle const& parent, std::string const& name, std::string const& text) {
  auto const width = width_of({text});
  auto const type = text_type(width);
  return write_dataset(parent, name, type.id(), type.id(), {}, packed({text}, width).data());
}

GrowingDataset::GrowingDataset(Handle const& parent, std::string const& name, Number number, Shape shape)
    : dataset_(create_growing(parent, name, number, shape)),
      number_(number),
      shape_(std::move(shape)),
      row_bytes_(bytes_of(number)) {
  for (std::size_t i = shape_.axis + 1; i < shape_.extent.size(); ++i) row_bytes_ *= shape_.extent[i];
}

void GrowingDataset::append_bytes(std::span<std::byte const> bytes) {
  auto const full = shape_.rows_per_chunk * row_bytes_;
  while (!bytes.empty()) {
    auto const taken = std::min(bytes.size(), full - waiting_.size());
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (waiting_.size() == full) flush();
  }
}

void GrowingDataset::flush() {
  if (waiting_.empty()) return;
  auto const rows = waiting_.size() / row_bytes_;
  std::vector<hsize_t> start(shape_.extent.size(), 0);
  start[shape_.axis] = shape_.extent[shape_.axis];
  shape_.extent[shape_.axis] += rows;
  auto count = sizes(shape_.extent);
  check(H5Dset_extent(dataset_.id(), count.data()), "extend a dataset");
  count[shape_.axis] = rows;
  auto const place = owned(H5Dget_space(dataset_.id()), "extend a dataset");
  check(H5Sselect_hyperslab(place.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), "extend a dataset");
  auto const memory = space_of({count.begin(), count.end()});
  check(H5Dwrite(dataset_.id(), memory_type(number_), memory.id(), place.id(), H5P_DEFAULT, waiting_.data()), "write data");
  waiting_.clear();
}

Handle open_dataset(Handle const& parent, std::string const& path) {
  return owned(H5Dopen2(parent.id(), path.c_str(), H5P_DEFAULT), fmt::format("open the dataset \"{}\"", path));
}

DatasetInfo inspect(Handle const& dataset) {
  DatasetInfo info;
  info.extent = extent_of(owned(H5Dget_space(dataset.id()), "read the shape of a dataset"));
  info.elements = product(info.extent);
  auto const type = owned(H5Dget_type(dataset.id()), "read the type of a dataset");
  info.number = number_of(type.id());
  if (!info.number && H5Tget_class(type.id()) != H5T_STRING) throw Failure("a dataset is neither text nor numbers");
  auto const bytes = H5Tget_size(type.id());
  if (info.elements > 0 && info.elements > room_for(dataset) / bytes)
    throw Failure("the file is damaged: a dataset is larger than the file");
  return info;
}

void read_numbers(Handle const& dataset, Number number, std::uint64_t first, std::uint64_t count, void* values) {
  if (count == 0) {
    check(H5Dread(dataset.id(), memory_type(number), H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "read data");
    return;
  }
  hsize_t const start = first, length = count;
  auto const place = owned(H5Dget_space(dataset.id()), "read data");
  check(H5Sselect_hyperslab(place.id(), H5S_SELECT_SET, &start, nullptr, &length, nullptr), "read data");
  auto const memory = space_of({count});
  check(H5Dread(dataset.id(), memory_type(number), memory.id(), place.id(), H5P_DEFAULT, values), "read data");
}

std::vector<std::string> read_texts(Handle const& dataset) {
  auto const info = inspect(dataset);
  if (info.number) throw Failure("numbers where text was expected");
  auto const type = owned(H5Dget_type(dataset.id()), "read text");
  auto const space = owned(H5Dget_space(dataset.id()), "read text");
  return texts_of(type, space, info.elements, [&](hid_t memory, void* out) {
    return H5Dread(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
  });
}

}  // namespace bordin::hdf5
