#include "results/text_seal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "results/hdf5_calls.hpp"

namespace bordin::hdf5 {
namespace {

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

// A heap may begin in room that the library had set aside before: up to one block of it.
Region with_room_before(Region region) {
  hsize_t block = 0;
  check(H5Pget_meta_block_size(properties(H5P_FILE_ACCESS).id(), &block), "ask for the size of a block");
  return {region.begin - std::min<std::uint64_t>(region.begin, block), region.end};
}

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

void seal_texts(Handle const& file, Handle const& holder, Handle const& anchor, std::vector<Region> const& regions) {
  flush(file);
  Seal seal{H5Dget_offset(anchor.id())};
  for (auto const& region : regions) add_heaps(file, with_room_before(region), seal);
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

}  // namespace bordin::hdf5
