#include "results/hdf5_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

namespace bordin::hdf5 {

// ---- errors

namespace {

// The innermost of the library's complaints: the one that knows what really happened.
std::string innermost_complaint() {
  std::string text;
  auto const keep_first = [](unsigned, H5E_error2_t const* error, void* out) -> herr_t {
    auto& found = *static_cast<std::string*>(out);
    if (found.empty() && error->desc != nullptr) found = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  return text;
}

// Within "file write failed: time = ..., errno = 28, error message = 'No space left on device', buf = ...".
std::string system_message(std::string const& complaint) {
  std::string_view const mark = "error message = '";
  auto const start = complaint.find(mark);
  if (start == std::string::npos) return "";
  auto const begin = start + mark.size();
  return complaint.substr(begin, complaint.find('\'', begin) - begin);
}

}  // namespace

void fail(std::string const& what) {
  auto const complaint = innermost_complaint();
  auto const system = system_message(complaint);
  auto text = "cannot " + what;
  if (auto const& why = system.empty() ? complaint : system; !why.empty()) text += " (" + why + ")";
  throw Failure(text);
}

Handle owned(Id id, std::string const& what) {
  return Handle(check(id, what));
}

// ---- types and spaces

hid_t file_type(Number number) {
  switch (number) {
    case Number::int8:
      return H5T_STD_I8LE;
    case Number::int16:
      return H5T_STD_I16LE;
    case Number::int32:
      return H5T_STD_I32LE;
    case Number::int64:
      return H5T_STD_I64LE;
    case Number::uint8:
      return H5T_STD_U8LE;
    case Number::uint64:
      return H5T_STD_U64LE;
    case Number::float32:
      return H5T_IEEE_F32LE;
    case Number::float64:
      return H5T_IEEE_F64LE;
  }
  throw Failure("an unknown type of number");
}

hid_t memory_type(Number number) {
  switch (number) {
    case Number::int8:
      return H5T_NATIVE_INT8;
    case Number::int16:
      return H5T_NATIVE_INT16;
    case Number::int32:
      return H5T_NATIVE_INT32;
    case Number::int64:
      return H5T_NATIVE_INT64;
    case Number::uint8:
      return H5T_NATIVE_UINT8;
    case Number::uint64:
      return H5T_NATIVE_UINT64;
    case Number::float32:
      return H5T_NATIVE_FLOAT;
    case Number::float64:
      return H5T_NATIVE_DOUBLE;
  }
  throw Failure("an unknown type of number");
}

std::optional<Number> number_of(hid_t type) {
  auto const size = H5Tget_size(type);
  auto const kind = H5Tget_class(type);
  if (kind == H5T_FLOAT && size == 4) return Number::float32;
  if (kind == H5T_FLOAT && size == 8) return Number::float64;
  if (kind != H5T_INTEGER) return std::nullopt;
  bool const is_signed = H5Tget_sign(type) == H5T_SGN_2;
  switch (size) {
    case 1:
      return is_signed ? Number::int8 : Number::uint8;
    case 2:
      return is_signed ? Number::int16 : Number::int32;  // what holds all its values
    case 4:
      return is_signed ? Number::int32 : Number::int64;
    case 8:
      return is_signed ? Number::int64 : Number::uint64;
    default:
      return std::nullopt;
  }
}

Handle text_type(std::size_t size) {
  auto type = owned(H5Tcopy(H5T_C_S1), "make a text type");
  check(H5Tset_size(type.id(), size), "make a text type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "make a text type");
  check(H5Tset_strpad(type.id(), size == H5T_VARIABLE ? H5T_STR_NULLTERM : H5T_STR_NULLPAD), "make a text type");
  return type;
}

std::vector<hsize_t> sizes(Extent const& extent) {
  return {extent.begin(), extent.end()};
}

Handle space_of(Extent const& extent) {
  if (extent.empty()) return owned(H5Screate(H5S_SCALAR), "make a data space");
  return owned(H5Screate_simple(static_cast<int>(extent.size()), sizes(extent).data(), nullptr), "make a data space");
}

Extent extent_of(Handle const& space) {
  auto const rank = check(H5Sget_simple_extent_ndims(space.id()), "read the shape of a dataset");
  std::vector<hsize_t> out(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), out.data(), nullptr), "read the shape of a dataset");
  return {out.begin(), out.end()};
}

std::uint64_t product(Extent const& extent) {
  std::uint64_t out = 1;
  for (auto const length : extent) {
    if (length != 0 && out > std::numeric_limits<std::uint64_t>::max() / 64 / length)
      throw Failure("a dataset is too large to be true");
    out *= length;
  }
  return out;
}

Handle properties(hid_t kind) {
  return owned(H5Pcreate(kind), "make a property list");
}

Handle without_times(hid_t kind) {
  auto out = properties(kind);
  check(H5Pset_obj_track_times(out.id(), false), "set up an object");
  return out;
}

Handle in_order(hid_t kind) {
  auto out = without_times(kind);
  check(H5Pset_link_creation_order(out.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "set up a group");
  return out;
}

Handle creating_links() {
  auto out = properties(H5P_LINK_CREATE);
  check(H5Pset_char_encoding(out.id(), H5T_CSET_UTF8), "set up a name");
  return out;
}

// ---- attributes

Handle create_attribute(Handle const& object, std::string const& name, hid_t type, Handle const& space) {
  return owned(H5Acreate2(object.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
               fmt::format("write the attribute \"{}\"", name));
}

Handle open_attribute(Handle const& object, std::string const& name) {
  if (check(H5Aexists(object.id(), name.c_str()), fmt::format("look for the attribute \"{}\"", name)) == 0) return {};
  return owned(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), fmt::format("read the attribute \"{}\"", name));
}

// ---- text

std::vector<char> packed(std::vector<std::string> const& texts, std::size_t width) {
  std::vector<char> out(texts.size() * width, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) std::copy_n(texts[i].data(), texts[i].size(), out.data() + i * width);
  return out;
}

std::vector<std::string> unpacked(std::vector<char> const& packed, std::size_t width) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at + width <= packed.size(); at += width)
    out.emplace_back(packed.data() + at, strnlen(packed.data() + at, width));
  return out;
}

std::size_t width_of(std::vector<std::string> const& texts) {
  std::size_t width = 1;
  for (auto const& text : texts) width = std::max(width, text.size());
  return width;
}

}  // namespace bordin::hdf5
