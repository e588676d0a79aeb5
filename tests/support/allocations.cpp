#include "support/allocations.hpp"

#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BORDIN_COUNTS_ALLOCATIONS 1
#else
#define BORDIN_COUNTS_ALLOCATIONS 0
#endif

namespace {
thread_local std::size_t count = 0;
}

#if BORDIN_COUNTS_ALLOCATIONS
// glibc's own functions under their public names, counted; operator new and Eigen end up here.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are glibc's.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* malloc(std::size_t size) {
  ++count;
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  ++count;
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  ++count;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace bordin::testing {

bool const counts_allocations = BORDIN_COUNTS_ALLOCATIONS != 0;

std::size_t allocations() {
  return count;
}

}  // namespace bordin::testing
