#pragma once

#include <string>
#include <vector>

#include "kernel/task.hpp"

namespace bordin {

//! The model for many people at once, one per lane, compiled for one instruction set. Does what Therapy, People, Measure
//! and Ratings do, bit for bit.
struct Kernel {
  char const* name;
  std::size_t lanes;
  void (*draw_therapists)(TherapistTask const& task);
  void (*treat_clients)(ClientTask const& task);
};

//! The kernels that this machine can run, the fastest last. May be empty on processors without vectors that we know.
std::vector<Kernel const*> kernels();

//! The fastest, or the one named in the environment variable BORDIN_TARGET; null for "scalar" and where there is none.
//! Throws Error for a name that is none here.
Kernel const* kernel_in_use();

//! For reports: the name of the kernel in use, or "scalar".
std::string kernel_name();

}  // namespace bordin
