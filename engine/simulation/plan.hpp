#pragma once

#include <optional>

#include "kernel/task.hpp"

namespace bordin {

class World;

//! Therapy in one arm made ready for a kernel; nothing if there is an ending rule in it that kernels do not know.
std::optional<TherapyPlan> plan_of(World const& world, std::size_t arm, bool has_therapist);

}  // namespace bordin
