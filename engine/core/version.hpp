#pragma once

namespace bordin {

//! "0.1.0", as stated in pyproject.toml.
char const* version();

}  // namespace bordin
