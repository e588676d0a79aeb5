#include "kernel/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "core/errors.hpp"
#include "core/machine.hpp"
#include "core/text.hpp"

namespace bordin {

#ifdef BORDIN_HAS_X86_KERNELS
extern Kernel const kernel_sse4, kernel_avx2, kernel_avx512;
#endif
#ifdef BORDIN_HAS_BASELINE_KERNEL
extern Kernel const kernel_baseline;
#endif

namespace {
constexpr std::align_val_t cache_line{64};
}

void* take_room(std::size_t bytes) {
  void* const room = ::operator new(bytes, cache_line);
  std::memset(room, 0, bytes);
  return room;
}

void give_room_back(void* room) {
  ::operator delete(room, cache_line);
}

std::vector<Kernel const*> kernels() {
  std::vector<Kernel const*> all;
#ifdef BORDIN_HAS_X86_KERNELS
  if (cpu_runs("sse4")) all.push_back(&kernel_sse4);
  if (cpu_runs("avx2")) all.push_back(&kernel_avx2);
  if (cpu_runs("avx512")) all.push_back(&kernel_avx512);
#endif
#ifdef BORDIN_HAS_BASELINE_KERNEL
  all.push_back(&kernel_baseline);
#endif
  return all;
}

Kernel const* kernel_in_use() {
  auto const all = kernels();
  std::string const name(wanted_target());
  if (name.empty()) return all.empty() ? nullptr : all.back();
  if (name == "scalar") return nullptr;
  auto const found = std::find_if(all.begin(), all.end(), [&](Kernel const* kernel) { return name == kernel->name; });
  if (found != all.end()) return *found;
  std::vector<std::string> names{"scalar"};
  for (auto const* kernel : all) names.emplace_back(kernel->name);
  throw Error(fmt::format("BORDIN_TARGET={}: this machine has {}; choose one of them or unset it for the fastest",
                          shortened(name, 60), enumerate_words(names)));
}

std::string kernel_name() {
  auto const* kernel = kernel_in_use();
  return kernel == nullptr ? "scalar" : kernel->name;
}

}  // namespace bordin
