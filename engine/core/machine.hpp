#pragma once

#include <filesystem>
#include <string>

namespace bordin {

//! Memory this process may still take, in bytes: what the system has left, or less where a control group limits it.
double available_memory();

//! Free space in bytes where `path` would be written.
double available_disk(std::filesystem::path const& path);

//! The CPU's name as the system reports it.
std::string cpu_name();

//! "gcc 12.2.0"
std::string compiler_name();

}  // namespace bordin
