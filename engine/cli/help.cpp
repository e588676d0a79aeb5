#include "cli/help.hpp"

#include <map>
#include <sstream>

namespace bordin {
namespace {

constexpr std::size_t line_length = 100;

// CLI11 writes type:limits.
std::string kind_of(CLI::Option const& option) {
  static std::map<std::string, std::string> const plain{{"UINT", "N"}, {"INT", "N"}, {"FLOAT", "NUMBER"}};
  auto const type = option.get_type_name();
  auto const kind = type.substr(0, type.find(':'));
  auto const known = plain.find(kind);
  return known == plain.end() ? kind : known->second;
}

std::string limits_of(CLI::Option const& option) {
  auto const type = option.get_type_name();
  auto const colon = type.find(':');
  return colon == std::string::npos ? "" : type.substr(colon + 1);
}

std::string wrapped(std::string const& text, std::size_t width) {
  std::istringstream words(text);
  std::string out, word;
  std::size_t length = 0;
  while (words >> word) {
    bool const fits = length == 0 || length + 1 + word.size() <= width;
    if (length > 0) out += fits ? ' ' : '\n';
    length = fits && length > 0 ? length + 1 + word.size() : word.size();
    out += word;
  }
  return out;
}

}  // namespace

std::string PlainHelp::make_option(CLI::Option const* option, bool is_positional) const {
  std::ostringstream out;
  auto const width = get_column_width();
  CLI::detail::format_help(out, make_option_name(option, is_positional) + make_option_opts(option),
                           wrapped(make_option_desc(option), line_length - width), width);
  return out.str();
}

std::string PlainHelp::make_option_opts(CLI::Option const* option) const {
  if (option->get_type_size() == 0) return "";  // a flag
  return " " + kind_of(*option) + (option->get_required() ? " (required)" : "");
}

std::string PlainHelp::make_option_desc(CLI::Option const* option) const {
  auto const limits = limits_of(*option), otherwise = option->get_default_str();
  std::string more;
  if (!otherwise.empty()) more = "default " + otherwise;
  if (!limits.empty()) more += (more.empty() ? "" : "; ") + limits;
  return option->get_description() + (more.empty() ? "" : " (" + more + ")");
}

}  // namespace bordin
