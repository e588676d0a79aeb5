#pragma once

#include <cstdint>

//! How HDF5 reaches the disk when a results file is written. The library does not survive a write that fails (a full
//! disk): what it could not write stays in its caches, nothing that has to do with the file can be closed any more, and
//! 1.10 ends the process with a segmentation fault on exit. So it is never told: the first failure is noted, and from
//! then on memory stands in for the disk, until whoever writes has looked at the note and given up.
namespace bordin::hdf5 {

//! The errno of the first thing that failed; 0 = all went well so far.
struct WriteNote {
  int problem = 0;
};

//! Makes `access`, a list of file access properties (hid_t), use this driver. `note` must outlive the file.
//! Negative when HDF5 refuses.
int set_noting_driver(std::int64_t access, WriteNote& note);

}  // namespace bordin::hdf5
