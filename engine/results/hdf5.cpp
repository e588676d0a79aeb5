#include "results/hdf5.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <numeric>
#include <string_view>
#include <system_error>

#include "core/table.hpp"
#include "core/text.hpp"

namespace bordin::hdf5 {
namespace {

static_assert(std::is_same_v<hid_t, Id>, "Bordin needs HDF5 1.10 or newer");

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

// ---- errors

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

[[noreturn]] void fail(std::string const& what) {
  auto const complaint = innermost_complaint();
  auto const system = system_message(complaint);
  auto text = "cannot " + what;
  if (auto const& why = system.empty() ? complaint : system; !why.empty()) text += " (" + why + ")";
  throw Failure(text);
}

// The one place where return codes become exceptions.
template <std::signed_integral Code>
Code check(Code code, std::string const& what) {
  if (code < 0) fail(what);
  return code;
}

Handle owned(Id id, std::string const& what) {
  return Handle(check(id, what));
}

// ---- types and spaces

hid_t file_type(Number number) {  // the same bytes on every machine
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

Handle properties(hid_t kind) {
  return owned(H5Pcreate(kind), "make a property list");
}

Handle without_times(hid_t kind) {  // the same run gives the same file
  auto out = properties(kind);
  check(H5Pset_obj_track_times(out.id(), false), "set up an object");
  return out;
}

Handle in_order(hid_t kind) {  // columns are listed in the order they were made
  auto out = without_times(kind);
  check(H5Pset_link_creation_order(out.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "set up a group");
  return out;
}

Handle file_access() {
  auto out = properties(H5P_FILE_ACCESS);
  check(H5Pset_libver_bounds(out.id(), H5F_LIBVER_V18, H5F_LIBVER_V18), "set up file access");
  check(H5Pset_fclose_degree(out.id(), H5F_CLOSE_STRONG), "set up file access");
#if H5_VERSION_GE(1, 12, 1) || (H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10 && H5_VERS_RELEASE >= 7)
  check(H5Pset_file_locking(out.id(), true, true), "set up file access");  // where the file system knows locks
#endif
  return out;
}

Handle creating_links() {
  auto out = properties(H5P_LINK_CREATE);
  check(H5Pset_char_encoding(out.id(), H5T_CSET_UTF8), "set up a name");
  return out;
}

// ---- text

// Texts one after the other, each with `width` bytes.
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

// Reads text of either kind with `read`, which is H5Aread or H5Dread of everything.
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

// ---- attributes

Handle create_attribute(Handle const& object, std::string const& name, hid_t type, Handle const& space) {
  return owned(H5Acreate2(object.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
               fmt::format("write the attribute \"{}\"", name));
}

Handle open_attribute(Handle const& object, std::string const& name) {
  if (check(H5Aexists(object.id(), name.c_str()), fmt::format("look for the attribute \"{}\"", name)) == 0) return {};
  return owned(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), fmt::format("read the attribute \"{}\"", name));
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

template <Storable T>
T first_number(Handle const& attribute, std::uint64_t count) {
  std::vector<T> values(count);
  check(H5Aread(attribute.id(), memory_type(number_type<T>()), values.data()), "read an attribute");
  return values.front();
}

std::string number_as_text(Handle const& attribute, Number number, std::uint64_t count) {
  if (number == Number::uint64) return fmt::format("{}", first_number<std::uint64_t>(attribute, count));
  if (number == Number::float32 || number == Number::float64) return number_text(first_number<double>(attribute, count));
  return fmt::format("{}", first_number<std::int64_t>(attribute, count));
}

// ---- datasets

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

// ---- heaps of texts

using Seal = std::vector<std::uint64_t>;  // where the anchor is, then address, size and checksum of each heap

int descriptor_of(Handle const& file) {
  void* descriptor = nullptr;
  check(H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &descriptor), "read the file");
  return *static_cast<int*>(descriptor);
}

std::vector<unsigned char> bytes_in(Handle const& file, Region region) {
  std::vector<unsigned char> out(region.end - region.begin);
  auto const got = ::pread(descriptor_of(file), out.data(), out.size(), static_cast<off_t>(region.begin));
  if (got < 0) throw Failure(fmt::format("cannot read the file ({})", std::strerror(errno)));
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::uint64_t checksum(std::span<unsigned char const> bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (auto const byte : bytes) hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

// A heap begins with "GCOL", version 1, three zeros, and its size.
constexpr std::array<unsigned char, 8> heap_mark{'G', 'C', 'O', 'L', 1, 0, 0, 0};

void add_heaps(Handle const& file, Region region, Seal& seal) {
  auto const bytes = bytes_in(file, region);
  auto const find_mark = [&](auto from) { return std::search(from, bytes.end(), heap_mark.begin(), heap_mark.end()); };
  for (auto found = find_mark(bytes.begin()); bytes.end() - found >= 16; found = find_mark(found + 1)) {
    std::uint64_t size = 0;
    for (std::ptrdiff_t i = 7; i >= 0; --i) size = size << 8U | found[8 + i];
    if (size > static_cast<std::uint64_t>(bytes.end() - found)) continue;
    auto const at = static_cast<std::uint64_t>(found - bytes.begin());
    seal.insert(seal.end(), {region.begin + at, size, checksum(std::span(bytes).subspan(at, size))});
  }
}

Seal read_seal(Handle const& holder) {
  auto const attribute = open_attribute(holder, text_seal);
  if (!attribute) return {};
  auto const type = owned(H5Aget_type(attribute.id()), "read checksums");
  auto const count = product(extent_of(owned(H5Aget_space(attribute.id()), "read checksums")));
  if (H5Tget_class(type.id()) != H5T_INTEGER || count == 0 || count > file_size(holder) / 8)
    throw Failure("checksums that are none; the file is damaged");
  Seal seal(count);
  check(H5Aread(attribute.id(), H5T_NATIVE_UINT64, seal.data()), "read checksums");
  return seal;
}

}  // namespace

// ---- sessions and handles

Session::Session() : lock_(one_at_a_time()) {
  H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
  H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
  }
  return *this;
}

void Handle::reset() noexcept {
  if (id_ >= 0) H5Idec_ref(id_);  // closes whatever it is
  id_ = -1;
}

// ---- files

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  check(H5get_libversion(&major, &minor, &release), "ask HDF5 for its version");
  return fmt::format("{}.{}.{}", major, minor, release);
}

Handle create_file(std::string const& path, WriteNote& note) {
  auto const creation = in_order(H5P_FILE_CREATE);
  auto const access = file_access();
  check(set_noting_driver(access.id(), note), "set up file access");
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()));
  check_written(note);
  check(file.id(), "create the file");
  return file;
}

Handle open_file(std::string const& path) {
  return owned(H5Fopen(path.c_str(), H5F_ACC_RDONLY, file_access().id()), "open the file");
}

void flush(Handle const& file) {
  check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), "write the file");
}

void close(Handle& file) {
  check(H5Fclose(file.release()), "close the file");
}

void check_written(WriteNote const& note) {
  if (note.problem == 0) return;
  bool const full = note.problem == ENOSPC || note.problem == EDQUOT || note.problem == EFBIG;
  throw Failure(fmt::format("cannot write the file ({}){}", std::generic_category().message(note.problem),
                            full ? "; make room on the disk or choose another folder" : ""));
}

// ---- groups

Handle create_group(Handle const& parent, std::string const& name) {
  return owned(H5Gcreate2(parent.id(), name.c_str(), creating_links().id(), in_order(H5P_GROUP_CREATE).id(), H5P_DEFAULT),
               fmt::format("create the group \"{}\"", name));
}

Handle open_group(Handle const& parent, std::string const& path) {
  return owned(H5Gopen2(parent.id(), path.c_str(), H5P_DEFAULT), fmt::format("open the group \"{}\"", path));
}

bool has(Handle const& parent, std::string const& path) {
  auto start = path.find_first_not_of('/');
  while (start != std::string::npos) {  // the library asks for one step at a time
    auto const end = path.find('/', start);
    if (H5Lexists(parent.id(), path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    start = path.find_first_not_of('/', end);
  }
  return true;
}

namespace {

std::string link_name(Handle const& group, H5_index_t order, hsize_t index) {
  auto const get = [&](char* out, std::size_t size) {
    return check(H5Lget_name_by_idx(group.id(), ".", order, H5_ITER_INC, index, out, size, H5P_DEFAULT), "list a group");
  };
  std::string name(static_cast<std::size_t>(get(nullptr, 0)), '\0');
  get(name.data(), name.size() + 1);
  return name;
}

bool is_of(Handle const& group, std::string const& name, Kind kind) {
  auto const object = owned(H5Oopen(group.id(), name.c_str(), H5P_DEFAULT), fmt::format("open \"{}\"", name));
  return H5Iget_type(object.id()) == (kind == Kind::group ? H5I_GROUP : H5I_DATASET);
}

}  // namespace

std::vector<std::string> children(Handle const& group, Kind kind) {
  H5G_info_t info{};
  check(H5Gget_info(group.id(), &info), "list a group");
  auto const creation = owned(H5Gget_create_plist(group.id()), "list a group");
  unsigned tracked = 0;
  check(H5Pget_link_creation_order(creation.id(), &tracked), "list a group");
  auto const order = (tracked & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  std::vector<std::string> out;
  for (hsize_t i = 0; i < info.nlinks; ++i)
    if (auto name = link_name(group, order, i); is_of(group, name, kind)) out.push_back(std::move(name));
  return out;
}

// ---- attributes

std::size_t bytes_of(Number number) {
  return H5Tget_size(memory_type(number));
}

void set_attribute(Handle const& object, std::string const& name, std::string const& text) {
  auto const type = text_type(H5T_VARIABLE);
  auto const attribute = create_attribute(object, name, type.id(), space_of({}));
  char const* pointer = text.c_str();
  check(H5Awrite(attribute.id(), type.id(), static_cast<void const*>(&pointer)),
        fmt::format("write the attribute \"{}\"", name));
}

void set_attribute(Handle const& object, std::string const& name, std::vector<std::string> const& texts) {
  auto const type = text_type(H5T_VARIABLE);
  auto const attribute = create_attribute(object, name, type.id(), space_of({texts.size()}));
  std::vector<char const*> pointers;
  for (auto const& text : texts) pointers.push_back(text.c_str());
  if (!texts.empty())
    check(H5Awrite(attribute.id(), type.id(), static_cast<void const*>(pointers.data())),
          fmt::format("write the attribute \"{}\"", name));
}

void set_attribute(Handle const& object, std::string const& name, Number number, void const* value) {
  auto const attribute = create_attribute(object, name, file_type(number), space_of({}));
  check(H5Awrite(attribute.id(), memory_type(number), value), fmt::format("write the attribute \"{}\"", name));
}

std::vector<std::string> attribute_names(Handle const& object) {
  std::vector<std::string> names;
  auto const add = [](hid_t, char const* name, H5A_info_t const*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), "list attributes");
  return names;
}

std::vector<std::string> attribute_list(Handle const& object, std::string const& name) {
  auto const attribute = open_attribute(object, name);
  if (!attribute) return {};
  auto const what = fmt::format("read the attribute \"{}\"", name);
  auto const type = owned(H5Aget_type(attribute.id()), what);
  auto const space = owned(H5Aget_space(attribute.id()), what);
  auto const count = product(extent_of(space));
  if (count > file_size(attribute) / std::max<std::size_t>(H5Tget_size(type.id()), 1))
    throw Failure(what + ": it is larger than the file");
  if (count == 0) return {};
  if (auto const number = number_of(type.id())) return {number_as_text(attribute, *number, count)};
  if (H5Tget_class(type.id()) != H5T_STRING) throw Failure(what + ": it is neither text nor a number");
  return texts_of(type, space, count, [&](hid_t memory, void* out) { return H5Aread(attribute.id(), memory, out); });
}

std::optional<std::string> attribute(Handle const& object, std::string const& name) {
  auto const list = attribute_list(object, name);
  return list.empty() ? std::nullopt : std::optional(list.front());
}

std::optional<std::int64_t> integer_attribute(Handle const& object, std::string const& name) {
  auto const attribute = open_attribute(object, name);
  if (!attribute) return std::nullopt;
  auto const type = owned(H5Aget_type(attribute.id()), "read an attribute");
  auto const space = owned(H5Aget_space(attribute.id()), "read an attribute");
  if (H5Tget_class(type.id()) != H5T_INTEGER || !extent_of(space).empty()) return std::nullopt;
  return first_number<std::int64_t>(attribute, 1);
}

// ---- texts of attributes

std::uint64_t file_size(Handle const& object) {
  auto const file = owned(H5Iget_file_id(object.id()), "read the file's size");
  hsize_t bytes = 0;
  check(H5Fget_filesize(file.id(), &bytes), "read the file's size");
  return bytes;
}

void seal_texts(Handle const& file, Handle const& holder, Handle const& anchor, std::vector<Region> const& regions) {
  flush(file);
  Seal seal{H5Dget_offset(anchor.id())};
  for (auto const& region : regions) add_heaps(file, region, seal);
  auto const attribute = create_attribute(holder, text_seal, H5T_STD_U64LE, space_of({seal.size()}));
  check(H5Awrite(attribute.id(), H5T_NATIVE_UINT64, seal.data()), "write checksums");
  flush(file);
}

void check_texts(Handle const& file, Handle const& holder, Handle const& anchor) {
  auto const seal = read_seal(holder);
  if (seal.empty() || seal[0] != H5Dget_offset(anchor.id())) return;
  auto const end = file_size(file);
  for (std::size_t i = 1; i + 2 < seal.size(); i += 3) {
    auto const begin = seal[i], size = seal[i + 1];
    if (begin > end || size > end - begin || checksum(bytes_in(file, {begin, begin + size})) != seal[i + 2])
      throw Failure("the names and descriptions in the file are not as they were written; it was damaged or changed");
  }
}

// ---- datasets

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
