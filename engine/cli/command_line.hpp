#pragma once

#include <string>
#include <vector>

namespace bordin {

//! The command `bordin`. `arguments` are those after the program's name. Prints to standard output and error; returns the
//! exit code: 0 done, 2 bad input, 3 stopped but everything finished so far is saved, 4 too many failed fits (of `fit`: the
//! one).
int run_command_line(std::vector<std::string> const& arguments);

}  // namespace bordin
