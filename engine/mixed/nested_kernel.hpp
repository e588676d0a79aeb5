#pragma once

#include <vector>

#include "mixed/nested_task.hpp"

namespace bordin {

//! The versions this machine can run, the fastest last; the first runs everywhere. All give the same bits.
std::vector<NestedKernel const*> nested_kernels();

//! The fastest, or the one that the environment variable BORDIN_TARGET allows (scalar and sse4: the first).
NestedKernel const& nested_kernel_in_use();

}  // namespace bordin
