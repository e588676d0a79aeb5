#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bordin {

//! Memory this process may still take, in bytes: what the system has left, or less where a control group limits it.
double available_memory();

//! Free space in bytes where `path` would be written.
double available_disk(std::filesystem::path const& path);

//! The CPU's name as the system reports it.
std::string cpu_name();

//! Whether this processor has all that code compiled for an instruction set ("sse4", "avx2", "avx512") uses.
bool cpu_runs(std::string_view instruction_set);

//! The environment variable BORDIN_TARGET, which chooses an instruction set; empty if nobody does.
std::string_view wanted_target();

//! "gcc 12.2.0"
std::string compiler_name();

}  // namespace bordin
