#include "mixed/nested_kernel.hpp"

#include "core/machine.hpp"

namespace bordin {

extern NestedKernel const nested_kernel_baseline;
#ifdef BORDIN_HAS_X86_KERNELS
extern NestedKernel const nested_kernel_avx2, nested_kernel_avx512;
#endif

std::vector<NestedKernel const*> nested_kernels() {
  std::vector<NestedKernel const*> all{&nested_kernel_baseline};
#ifdef BORDIN_HAS_X86_KERNELS
  if (cpu_runs("avx2")) all.push_back(&nested_kernel_avx2);
  if (cpu_runs("avx512")) all.push_back(&nested_kernel_avx512);
#endif
  return all;
}

NestedKernel const& nested_kernel_in_use() {
  static auto const all = nested_kernels();
  auto const wanted = wanted_target();
  if (wanted.empty()) return *all.back();
  for (auto const* kernel : all)
    if (wanted == kernel->name) return *kernel;
  return *all.front();
}

}  // namespace bordin
