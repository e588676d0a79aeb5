#include "results/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/text.hpp"
#include "results/hdf5_calls.hpp"

namespace bordin::hdf5 {
namespace {

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
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
  if (H5Fis_hdf5(path.c_str()) == 0)
    throw Failure("this is no results file; bordin run writes those (.h5), bordin describe reads scenarios (.toml)");
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

std::uint64_t file_size(Handle const& object) {
  auto const file = owned(H5Iget_file_id(object.id()), "read the file's size");
  hsize_t bytes = 0;
  check(H5Fget_filesize(file.id(), &bytes), "read the file's size");
  return bytes;
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

}  // namespace bordin::hdf5
