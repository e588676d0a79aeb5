#pragma once

#include <cstddef>

namespace bordin {

//! Room for numbers, aligned for vectors, not initialised. A thread keeps the room it needed last for the next time: to get
//! fresh memory from the system takes about as long as to simulate what is written there.
class Buffer {
 public:
  Buffer() = default;
  static Buffer of_size(std::size_t count);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  float* data() const { return data_; }

 private:
  float* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bordin
