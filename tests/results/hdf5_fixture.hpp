#pragma once

#include <gtest/gtest.h>

#include <string>

#include "results/hdf5.hpp"
#include "results/small_run.hpp"

namespace bordin {

class Hdf5 : public testing::Test {
 protected:
  // Writes into a new file, closes it, and reads from it.
  template <class Write, class Read>
  void write_and_read(Write const& write, Read const& read) {
    hdf5::with_hdf5(file_path, [&] { write(hdf5::create_file(file_path, note)); });
    hdf5::with_hdf5(file_path, [&] { read(hdf5::open_file(file_path)); });
  }

  TemporaryFolder folder;
  hdf5::WriteNote note;
  std::string file_path = folder.file("a.h5");
};

}  // namespace bordin
