#include "simulation/buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace bordin {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::size_t most_kept = std::size_t{1} << 27;  // numbers: 512 MiB a thread

//! Asks for large pages where there is much to get: fetching a page takes its time, however large it is.
void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t page = 4096, large_page = std::size_t{1} << 21;
  if (bytes < 2 * large_page) return;
  std::size_t const to_page = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
  madvise(static_cast<char*>(memory) + to_page, bytes - to_page, MADV_HUGEPAGE);  // a wish: no harm if it is not granted
#endif
}

float* fresh(std::size_t count) {
  std::size_t const bytes = count * sizeof(float);
  void* const memory = ::operator new(bytes, cache_line);
  prefer_large_pages(memory, bytes);
  return static_cast<float*>(memory);
}

struct Room {
  float* data = nullptr;
  std::size_t size = 0;

  Room() = default;
  Room(Room const&) = delete;
  Room& operator=(Room const&) = delete;
  ~Room() { release(); }
  void release() {
    ::operator delete(data, cache_line);
    data = nullptr;
    size = 0;
  }
};

thread_local Room spare;

}  // namespace

Buffer Buffer::of_size(std::size_t count) {
  Buffer buffer;
  if (spare.size >= count) {
    buffer.data_ = std::exchange(spare.data, nullptr);
    buffer.size_ = std::exchange(spare.size, 0);
    return buffer;
  }
  spare.release();
  buffer.size_ = count + count / 4;  // the next one may be a little larger
  buffer.data_ = fresh(buffer.size_);
  return buffer;
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Buffer::~Buffer() {
  if (size_ > spare.size && size_ <= most_kept) {
    std::swap(data_, spare.data);
    std::swap(size_, spare.size);
  }
  ::operator delete(data_, cache_line);
}

}  // namespace bordin
