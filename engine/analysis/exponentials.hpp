#pragma once

#include <span>

namespace bordin {

//! exp of every value, in its place, to about the last digit; all at once, which the C library does one by one. For values
//! up to 700; below -700 they count as -700.
void exponentiate(std::span<double> values);

}  // namespace bordin
