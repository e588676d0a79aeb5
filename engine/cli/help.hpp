#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

namespace bordin {

//! The text behind --help for people who do not program: what an option takes, what it is otherwise and between which
//! limits, in lines that fit into a terminal.
class PlainHelp : public CLI::Formatter {
 public:
  PlainHelp() { column_width(33); }
  std::string make_option(CLI::Option const* option, bool is_positional) const override;
  std::string make_option_opts(CLI::Option const* option) const override;
  std::string make_option_desc(CLI::Option const* option) const override;
};

//! Refuses numbers outside of low .. high; --help says the limits, but for those that say nothing to a reader: a lower one
//! of 0 or 1, an upper one of the computer's.
template <class Number>
CLI::Validator from_to(Number low, Number high) {
  std::string words;
  if (static_cast<double>(high) < 4294967295.0)
    words = fmt::format("{} to {}", low, high);
  else if (low > 1)
    words = fmt::format("at least {}", low);
  return CLI::Range(low, high).description(words);
}

}  // namespace bordin
