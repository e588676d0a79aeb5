#include "core/random.hpp"

#include "core/errors.hpp"

namespace bordin {

RandomStream::result_type RandomStream::operator()() {
  if (used_ == block_.size()) {
    BORDIN_EXPECT(blocks_ < (1U << 20));
    RandomBlock next = counter_;
    next[3] += blocks_++;
    block_ = philox(next, seed_);
    used_ = 0;
  }
  return block_[used_++];
}

}  // namespace bordin
