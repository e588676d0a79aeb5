#pragma once

#include <cstdint>
#include <vector>

#include "results/hdf5.hpp"

namespace bordin::hdf5 {

//! Part of a file: [begin, end) in bytes.
struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

//! Texts of attributes have variable length, so that h5py reads them as str. HDF5 keeps them in heaps, the one part of its
//! bookkeeping without checksums, and up to 1.10 at least a damaged heap ends the process. So the file carries checksums of
//! the heaps in `regions`, as an attribute of `holder`. To be called last, before close().
void seal_texts(Handle const& file, Handle const& holder, Handle const& anchor, std::vector<Region> const& regions);
//! Failure when a heap is not as it was sealed. Where `anchor`, a dataset written at once, has moved, another program
//! (h5repack) has written the file anew, and there is nothing to compare.
void check_texts(Handle const& file, Handle const& holder, Handle const& anchor);
inline constexpr char const* text_seal = "text_checksums";

}  // namespace bordin::hdf5
