#include "benchmarks/draws.hpp"

#include <string>

#include "kernel/kernel.hpp"

namespace bordin::benchmarks {

extern Draws const draws_sse4, draws_avx2, draws_avx512, draws_baseline;

std::vector<Draws const*> draws() {
  std::vector<Draws const*> const compiled{
#ifdef BORDIN_HAS_DRAWS_sse4
      &draws_sse4,
#endif
#ifdef BORDIN_HAS_DRAWS_avx2
      &draws_avx2,
#endif
#ifdef BORDIN_HAS_DRAWS_avx512
      &draws_avx512,
#endif
#ifdef BORDIN_HAS_DRAWS_baseline
      &draws_baseline,
#endif
  };
  std::vector<Draws const*> here;
  for (auto const* kernel : kernels()) {
    for (auto const* one : compiled) {
      if (std::string(one->name) == kernel->name) here.push_back(one);
    }
  }
  return here;
}

}  // namespace bordin::benchmarks
