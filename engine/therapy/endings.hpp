#pragma once

#include <cstdint>

#include "scenario/fields.hpp"

namespace bordin {

//! How a client's therapy ended. Written to files as these numbers. Who was assessed and never came did not engage.
enum class Ending : std::int8_t { dropout = 0, good_enough = 1, agreed = 2, maximum = 3, not_engaged = 4 };
Words const& ending_words();

}  // namespace bordin
