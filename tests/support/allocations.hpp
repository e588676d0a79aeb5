#pragma once

#include <cstddef>

namespace bordin::testing {

//! Calls of malloc and its relatives by this thread so far. Only where `counts_allocations` is true.
std::size_t allocations();
extern bool const counts_allocations;  //!< sanitizers and other C libraries bring their own malloc

}  // namespace bordin::testing
