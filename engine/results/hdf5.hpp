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

//! In bytes, of the file that `object` is in.
std::uint64_t file_size(Handle const& object);

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

}  // namespace bordin::hdf5
