#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/task.hpp"

namespace bordin::benchmarks {

//! Those whose numbers are drawn. Their columns are padded as those of records.
struct Crowd {
  Roster who;
  std::size_t const* came = nullptr;  //!< by session, from 1: how many clients came; 0 is not used
  int sessions = 0;                   //!< at most
};

//! Random numbers and nothing else, drawn with one kernel's functions, compiled for its instruction set.
struct Draws {
  char const* name;
  //! The numbers that a simulation of `early-alliance` takes, in the form in which they are used.
  void (*therapies)(Crowd const& crowd);
  //! `count` blocks of four words, or of four normals, a multiple of 16; `call` makes them others than before.
  void (*blocks)(std::uint32_t call, std::uint32_t* words, std::size_t count);
  void (*normals)(std::uint32_t call, float* normals, std::size_t count);
};

//! By kernel, in the order of kernels().
std::vector<Draws const*> draws();

}  // namespace bordin::benchmarks
