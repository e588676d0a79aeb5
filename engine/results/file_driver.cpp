#include "results/file_driver.hpp"

#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace bordin::hdf5 {
namespace {

// What HDF5 hands from the access properties to open().
struct Settings {
  WriteNote* note = nullptr;
};

struct StuckWrite {
  haddr_t begin = 0;
  std::vector<unsigned char> bytes;
};

// HDF5 knows the file by its first member, which it fills in itself.
struct File {
  H5FD_t known{};
  WriteNote* note = nullptr;
  int descriptor = -1;
  haddr_t allocated = 0;
  haddr_t end = 0;
  std::vector<StuckWrite> stuck;  // what did not reach the disk, in the order of writing
};

File& file_of(H5FD_t* known) {
  return *reinterpret_cast<File*>(known);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): a C library's inheritance
}

File const& file_of(H5FD_t const* known) {
  return *reinterpret_cast<File const*>(known);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

// Calls pread or pwrite until `size` bytes are done or the file ends. How many were done; nothing when it fails.
template <class Call>
std::optional<std::size_t> repeat(std::size_t size, Call const& call) {
  std::size_t done = 0;
  while (done < size) {
    auto const n = call(done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

H5FD_t* open_file(char const* path, unsigned, hid_t access, haddr_t) {
  auto const& settings = *static_cast<Settings const*>(H5Pget_driver_info(access));
  int const descriptor = ::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);  // NOLINT(*-pro-type-vararg)
  if (descriptor < 0) {
    settings.note->problem = errno;
    return nullptr;
  }
  auto file = std::make_unique<File>();
  file->note = settings.note;
  file->descriptor = descriptor;
  return &file.release()->known;
}

herr_t close_file(H5FD_t* known) {
  std::unique_ptr<File> const file(&file_of(known));
  if (::close(file->descriptor) != 0 && file->note->problem == 0) file->note->problem = errno;
  return 0;
}

int compare(H5FD_t const* one, H5FD_t const* other) {
  return one == other ? 0 : std::less<>()(one, other) ? -1 : 1;
}

herr_t query(H5FD_t const*, unsigned long* features) {
  *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
              H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_allocated(H5FD_t const* known, H5FD_mem_t) {
  return file_of(known).allocated;
}

herr_t set_allocated(H5FD_t* known, H5FD_mem_t, haddr_t end) {
  file_of(known).allocated = end;
  return 0;
}

haddr_t get_end(H5FD_t const* known, H5FD_mem_t) {
  return file_of(known).end;
}

herr_t get_descriptor(H5FD_t* known, hid_t, void** out) {
  *out = &file_of(known).descriptor;
  return 0;
}

void copy_overlap(StuckWrite const& write, haddr_t begin, std::span<unsigned char> out) {
  auto const from = std::max(write.begin, begin);
  auto const to = std::min(write.begin + write.bytes.size(), begin + out.size());
  if (from < to) std::copy_n(write.bytes.data() + (from - write.begin), to - from, out.data() + (from - begin));
}

herr_t read(H5FD_t* known, H5FD_mem_t, hid_t, haddr_t begin, std::size_t size, void* buffer) {
  auto const& file = file_of(known);
  std::span const out(static_cast<unsigned char*>(buffer), size);
  auto const got = repeat(size, [&](std::size_t done) {
    return ::pread(file.descriptor, out.data() + done, size - done, static_cast<off_t>(begin + done));
  });
  if (!got) return -1;
  std::ranges::fill(out.subspan(*got), std::uint8_t{0});
  for (auto const& write : file.stuck) copy_overlap(write, begin, out);
  return 0;
}

herr_t write(H5FD_t* known, H5FD_mem_t, hid_t, haddr_t begin, std::size_t size, void const* buffer) {
  auto& file = file_of(known);
  std::span const in(static_cast<unsigned char const*>(buffer), size);
  if (file.note->problem == 0) {
    auto const written = repeat(size, [&](std::size_t done) {
      return ::pwrite(file.descriptor, in.data() + done, size - done, static_cast<off_t>(begin + done));
    });
    if (!written) file.note->problem = errno;
    if (written && *written < size) file.note->problem = ENOSPC;  // what a device says that takes nothing more
  }
  if (file.note->problem != 0) file.stuck.push_back({begin, {in.begin(), in.end()}});
  file.end = std::max(file.end, begin + size);
  return 0;
}

herr_t truncate(H5FD_t* known, hid_t, hbool_t) {
  auto& file = file_of(known);
  if (file.end == file.allocated) return 0;
  if (file.note->problem == 0 && ::ftruncate(file.descriptor, static_cast<off_t>(file.allocated)) != 0)
    file.note->problem = errno;
  file.end = file.allocated;
  return 0;
}

H5FD_class_t driver() {
  H5FD_class_t out{};
#ifdef H5FD_CLASS_VERSION  // HDF5 1.13 and later
  out.version = H5FD_CLASS_VERSION;
  out.value = static_cast<H5FD_class_value_t>(500);  // below 512 a driver needs no number from the HDF Group
#endif
  out.name = "bordin";
  out.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
  out.fc_degree = H5F_CLOSE_WEAK;
  out.fapl_size = sizeof(Settings);
  out.open = open_file;
  out.close = close_file;
  out.cmp = compare;
  out.query = query;
  out.get_eoa = get_allocated;
  out.set_eoa = set_allocated;
  out.get_eof = get_end;
  out.get_handle = get_descriptor;
  out.read = read;
  out.write = write;
  out.truncate = truncate;
  constexpr std::array<H5FD_mem_t, H5FD_MEM_NTYPES> kinds = H5FD_FLMAP_DICHOTOMY;  // data apart from what describes them
  std::ranges::copy(kinds, std::begin(out.fl_map));
  return out;
}

}  // namespace

int set_noting_driver(std::int64_t access, WriteNote& note) {
  static H5FD_class_t const description = driver();
  static hid_t const registered = H5FDregister(&description);
  Settings const settings{&note};
  return registered < 0 ? -1 : H5Pset_driver(access, registered, &settings);
}

}  // namespace bordin::hdf5
