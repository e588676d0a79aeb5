#include "core/machine.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace bordin {
namespace {

std::string after_key(char const* path, std::string const& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    auto const start = line.find_first_not_of(" \t:", key.size());
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

double number_in(char const* path) {
  std::ifstream file(path);
  double value = 0;
  return file >> value ? value : -1;  // "max" of a control group is no number: no limit
}

double control_group_memory() {
  double const limit = number_in("/sys/fs/cgroup/memory.max");
  double const used = number_in("/sys/fs/cgroup/memory.current");
  return limit < 0 || used < 0 ? std::numeric_limits<double>::infinity() : std::max(0.0, limit - used);
}

}  // namespace

double available_memory() {
  std::istringstream kilobytes(after_key("/proc/meminfo", "MemAvailable"));
  double value = 0;
  double const system = kilobytes >> value ? value * 1024 : std::numeric_limits<double>::infinity();
  return std::min(system, control_group_memory());
}

double available_disk(std::filesystem::path const& path) {
  auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code error;
  auto const space = std::filesystem::space(folder, error);
  return error ? std::numeric_limits<double>::infinity() : static_cast<double>(space.available);
}

std::string cpu_name() {
  std::string const name = after_key("/proc/cpuinfo", "model name");
  return name.empty() ? "unknown" : name;
}

bool cpu_runs([[maybe_unused]] std::string_view instruction_set) {
#if defined(__x86_64__)
  if (instruction_set == "sse4") return __builtin_cpu_supports("sse4.2");
  bool const avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("fma");
  if (instruction_set == "avx2") return avx2;
  if (instruction_set == "avx512")
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
  return false;
}

std::string_view wanted_target() {
  char const* const wanted = std::getenv("BORDIN_TARGET");
  return wanted == nullptr ? "" : wanted;
}

std::string compiler_name() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#else
  return "unknown";
#endif
}

}  // namespace bordin
