#include "simulation/buffer.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace bordin {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::size_t most_kept = 1U << 24;  // buffer: 64 MiB a thread

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
  buffer.size_ = std::max<std::size_t>(count + count / 4, 1);  // the next one may be a little larger
  buffer.data_ = static_cast<float*>(::operator new(buffer.size_ * sizeof(float), cache_line));
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
