#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "results/file_driver.hpp"

//! The little of HDF5 that results files need, without its header: no other room has to know the library.
//! Everything here is called inside with_hdf5().
namespace bordin::hdf5 {

using Id = std::int64_t;  //!< hid_t
using Extent = std::vector<std::uint64_t>;

//! A call of the library failed, or a file says what cannot be. Leaves with_hdf5() as a ResultFileError.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

//! Makes the caller the only user of HDF5 in this process (among those who come through this room) and keeps the library
//! from printing its errors meanwhile. The error handler that was there before is put back: the library may have other
//! users, such as h5py.
class Session {
 public:
  Session();
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;
  ~Session();

 private:
  using Printer = int (*)(Id, void*);
  std::unique_lock<std::mutex> lock_;
  Printer printer_ = nullptr;
  void* printer_data_ = nullptr;
};

//! Runs `work` in a session. Whatever goes wrong with HDF5 in it is a ResultFileError about `path`.
template <class Work>
auto with_hdf5(std::string const& path, Work const& work) {
  Session const session;
  try {
    return work();
  } catch (Failure const& failure) {
    throw ResultFileError(path, failure.what());
  }
}

//! Owns one thing of the library: a file, group, dataset, type ...
class Handle {
 public:
  Handle() = default;
  explicit Handle(Id id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept;
  Handle(Handle const&) = delete;
  Handle& operator=(Handle const&) = delete;
  ~Handle() { reset(); }

  Id id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  void reset() noexcept;
  Id release() { return std::exchange(id_, -1); }

 private:
  Id id_ = -1;
};

// ---- files

std::string library_version();
//! Truncates what is there. Readable with HDF5 1.8 and everything later. `note` outlives the file and says what went wrong
//! on the way to the disk; ask check_written().
Handle create_file(std::string const& path, WriteNote& note);
//! For reading.
Handle open_file(std::string const& path);
//! Puts everything written into the hands of the operating system.
void flush(Handle const& file);
//! Closes the file, and says so if that fails.
void close(Handle& file);
//! Failure when something did not reach the disk. Whoever writes asks after each step: the library does not know.
void check_written(WriteNote const& note);

// ---- groups

Handle create_group(Handle const& parent, std::string const& name);
Handle open_group(Handle const& parent, std::string const& path);
bool has(Handle const& parent, std::string const& path);
enum class Kind { group, dataset };
//! Names in the order they were made.
std::vector<std::string> children(Handle const& group, Kind kind);

// ---- numbers

enum class Number : std::uint8_t { int8, int16, int32, int64, uint8, uint64, float32, float64 };

template <class T>
concept Storable = std::is_same_v<T, std::int8_t> || std::is_same_v<T, std::int16_t> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint64_t> ||
    std::is_same_v<T, float> || std::is_same_v<T, double>;

template <Storable T>
constexpr Number number_type() {
  if constexpr (std::is_same_v<T, float>) return Number::float32;
  if constexpr (std::is_same_v<T, double>) return Number::float64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return Number::uint8;
  if constexpr (std::is_same_v<T, std::uint64_t>) return Number::uint64;
  if constexpr (std::is_same_v<T, std::int8_t>) return Number::int8;
  if constexpr (std::is_same_v<T, std::int16_t>) return Number::int16;
  if constexpr (std::is_same_v<T, std::int32_t>) return Number::int32;
  return Number::int64;
}

std::size_t bytes_of(Number number);

// ---- attributes

void set_attribute(Handle const& object, std::string const& name, std::string const& text);
void set_attribute(Handle const& object, std::string const& name, std::vector<std::string> const& texts);
void set_attribute(Handle const& object, std::string const& name, Number number, void const* value);
template <Storable T>
void set_attribute(Handle const& object, std::string const& name, T value) {
  set_attribute(object, name, number_type<T>(), &value);
}

std::vector<std::string> attribute_names(Handle const& object);
//! nullopt = there is none; text and numbers as text, a list as its first element.
std::optional<std::string> attribute(Handle const& object, std::string const& name);
std::vector<std::string> attribute_list(Handle const& object, std::string const& name);
std::optional<std::int64_t> integer_attribute(Handle const& object, std::string const& name);

// ---- texts of attributes

//! Part of a file: [begin, end) in bytes.
struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
std::uint64_t file_size(Handle const& object);

//! Texts of attributes have variable length, so that h5py reads them as str. HDF5 keeps them in heaps, the one part of its
//! bookkeeping without checksums, and up to 1.10 at least a damaged heap ends the process. So the file carries checksums of
//! the heaps in `regions`, as an attribute of `holder`. To be called last, before close().
void seal_texts(Handle const& file, Handle const& holder, Handle const& anchor, std::vector<Region> const& regions);
//! Failure when a heap is not as it was sealed. Where `anchor`, a dataset written at once, has moved, another program
//! (h5repack) has written the file anew, and there is nothing to compare.
void check_texts(Handle const& file, Handle const& holder, Handle const& anchor);
inline constexpr char const* text_seal = "text_checksums";

// ---- datasets

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
