#pragma once

#include <hdf5.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/hdf5.hpp"

//! What the sources that call HDF5 share. Not for others: this header brings the library's own with it.
namespace bordin::hdf5 {

static_assert(std::is_same_v<hid_t, Id>, "Bordin needs HDF5 1.10 or newer");

// ---- errors

//! Throws the Failure "cannot <what>", with what the library or the system has to say of it.
[[noreturn]] void fail(std::string const& what);

//! The one place where return codes become exceptions.
template <std::signed_integral Code>
Code check(Code code, std::string const& what) {
  if (code < 0) fail(what);
  return code;
}

Handle owned(Id id, std::string const& what);

// ---- types and spaces

hid_t file_type(Number number);  //!< the same bytes on every machine
hid_t memory_type(Number number);
std::optional<Number> number_of(hid_t type);
Handle text_type(std::size_t size);

std::vector<hsize_t> sizes(Extent const& extent);
Handle space_of(Extent const& extent);
Extent extent_of(Handle const& space);
//! Failure when the product cannot be a number of elements.
std::uint64_t product(Extent const& extent);

Handle properties(hid_t kind);
Handle without_times(hid_t kind);  //!< the same run gives the same file
Handle in_order(hid_t kind);       //!< columns are listed in the order they were made
Handle creating_links();

// ---- attributes

Handle create_attribute(Handle const& object, std::string const& name, hid_t type, Handle const& space);
//! Nothing in the handle = there is none.
Handle open_attribute(Handle const& object, std::string const& name);

// ---- text

//! Texts one after the other, each with `width` bytes.
std::vector<char> packed(std::vector<std::string> const& texts, std::size_t width);
std::vector<std::string> unpacked(std::vector<char> const& packed, std::size_t width);
std::size_t width_of(std::vector<std::string> const& texts);

//! Reads text of either kind with `read`, which is H5Aread or H5Dread of everything.
template <class Read>
std::vector<std::string> texts_of(Handle const& type, Handle const& space, std::uint64_t count, Read const& read) {
  if (count == 0) return {};
  if (check(H5Tis_variable_str(type.id()), "read a type") > 0) {
    auto const memory = text_type(H5T_VARIABLE);
    std::vector<char*> pointers(count, nullptr);
    check(read(memory.id(), static_cast<void*>(pointers.data())), "read text");
    std::vector<std::string> out;
    for (auto const* pointer : pointers) out.emplace_back(pointer == nullptr ? "" : pointer);
    check(H5Dvlen_reclaim(memory.id(), space.id(), H5P_DEFAULT, static_cast<void*>(pointers.data())), "read text");
    return out;
  }
  auto const width = H5Tget_size(type.id());
  std::vector<char> characters(count * width);
  check(read(type.id(), characters.data()), "read text");
  return unpacked(characters, width);
}

}  // namespace bordin::hdf5
