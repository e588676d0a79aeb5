#include "results/text_seal.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "results/hdf5_datasets.hpp"
#include "results/small_run.hpp"

namespace bordin {
namespace {

class TextSeal : public testing::Test {
 protected:
  // A file with a text attribute, sealed.
  void make_file() const {
    hdf5::WriteNote note;
    hdf5::with_hdf5(path, [&] {
      auto file = hdf5::create_file(path, note);
      std::vector<double> const numbers{1, 2};
      auto const anchor = hdf5::write_numbers(file, "anchor", std::span(numbers));
      auto const begin = hdf5::file_size(file);
      hdf5::set_attribute(file, "title", std::string(100, 't'));
      auto const holder = hdf5::create_group(file, "holder");
      hdf5::seal_texts(file, holder, anchor, {{begin, hdf5::file_size(file)}});
    });
  }

  void check() const {
    hdf5::with_hdf5(path, [&] {
      auto const file = hdf5::open_file(path);
      hdf5::check_texts(file, hdf5::open_group(file, "holder"), hdf5::open_dataset(file, "anchor"));
    });
  }

  void turn_a_byte_of_the_title() const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string const bytes(std::istreambuf_iterator<char>(file), {});
    auto const at = bytes.find(std::string(100, 't'));
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at + 50));
    file.put('T');
  }

  TemporaryFolder folder;
  std::string path = folder.file("a.h5");
};

TEST_F(TextSeal, HoldsForTheFileAsItWasWritten) {
  make_file();
  EXPECT_NO_THROW(check());
}

TEST_F(TextSeal, BreaksWithOneByte) {
  make_file();
  turn_a_byte_of_the_title();
  EXPECT_NE(problem_in([&] { check(); }).find("damaged or changed"), std::string::npos);
}

}  // namespace
}  // namespace bordin
