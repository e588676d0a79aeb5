#include "scenario/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/text.hpp"

namespace bordin {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_file = 1U << 20U;
constexpr std::size_t longest_chain = 8;

struct Source {
  std::string identity;  // for circles
  std::string shown;     // for messages
  std::string text;
  fs::path folder;  // what relative paths inside it mean
};

LibraryScenario const* library_entry(std::vector<LibraryScenario> const& library, std::string_view name) {
  auto const found = std::find_if(library.begin(), library.end(), [&](auto const& s) { return s.name == name; });
  return found == library.end() ? nullptr : &*found;
}

std::string read_text(fs::path const& path, SourcePlace const& asked) {
  auto const refuse = [&](std::string const& problem) { throw ScenarioError(asked, "", path.string() + " " + problem); };
  std::error_code error;
  if (!fs::is_regular_file(path, error)) refuse("is not a file; name a scenario file (.toml)");
  if (fs::file_size(path, error) > largest_file)
    refuse("is larger than 1 MiB, which no scenario is; name a scenario file (.toml)");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad() || !file.is_open()) refuse("cannot be read; check its permissions");
  if (text.starts_with("\x89HDF"))
    refuse("is a results file, not a scenario; `bordin info` says what it holds, `bordin replay` makes its studies again");
  return text;
}

Source find_source(std::string const& name, fs::path const& folder, std::vector<LibraryScenario> const& library,
                   SourcePlace const& asked) {
  bool const is_path = name.find('/') != std::string::npos || name.ends_with(".toml");
  fs::path const path = folder / name;
  std::error_code error;
  auto const* entry = is_path ? nullptr : library_entry(library, name);
  if (entry == nullptr && fs::exists(path, error)) {
    return {.identity = fs::weakly_canonical(path, error).string(),
            .shown = path.string(),
            .text = read_text(path, asked),
            .folder = path.parent_path()};
  }
  if (entry != nullptr) {
    std::string const shown = fmt::format("library/{}.toml", name);
    return {.identity = shown, .shown = shown, .text = std::string(entry->text), .folder = folder};
  }
  std::vector<std::string> names;
  for (auto const& s : library) names.emplace_back(s.name);
  if (is_path) throw ScenarioError(asked, "", fmt::format("there is no file {}", path.string()));
  throw ScenarioError(asked, "",
                      fmt::format("there is no scenario {}{} (or give a path to a file)", in_quotes(name.substr(0, 80)),
                                  did_you_mean(name, names)));
}

Node take_based_on(Node& tree) {
  Node const* based_on = tree.find("based_on");
  if (based_on == nullptr) return Node{};
  Node value = *based_on;
  if (!value.is(Node::Kind::text))
    throw ScenarioError(value.place, "based_on",
                        fmt::format("is {}, but must be a text: a library name or a path", shown(value)));
  std::erase_if(tree.members, [](auto const& m) { return m.first == "based_on"; });
  return value;
}

Node merged_chain(Source found, std::vector<LibraryScenario> const& library, std::vector<std::string> const& whole) {
  std::vector<Node> layers;
  std::vector<std::string> chain;
  while (true) {
    chain.push_back(found.identity);
    Node& tree = layers.emplace_back(parse_toml(found.text, found.shown));
    if (tree.find("title") == nullptr && tree.find("based_on") == nullptr) {
      throw ScenarioError({.file = found.shown}, "",
                          "has neither a title nor a based_on, so it is no scenario; write title = \"...\" at the top");
    }
    Node const based_on = take_based_on(tree);
    if (!based_on.is(Node::Kind::text)) break;
    found = find_source(based_on.text, found.folder, library, based_on.place);
    if (std::find(chain.begin(), chain.end(), found.identity) != chain.end())
      throw ScenarioError(based_on.place, "based_on",
                          fmt::format("{} is in the end based on itself; break the circle", found.shown));
    if (chain.size() == longest_chain)
      throw ScenarioError(based_on.place, "based_on",
                          fmt::format("more than {} scenarios build on one another; shorten the chain", longest_chain));
  }
  Node merged = std::move(layers.back());
  for (auto layer = layers.rbegin() + 1; layer != layers.rend(); ++layer) {
    // Whoever has a title of its own asks a question of its own.
    if (layer->find("title") != nullptr) std::erase_if(merged.members, [](auto const& m) { return m.first == "question"; });
    merge(merged, std::move(*layer), whole);
  }
  return merged;
}

}  // namespace

Node load_scenario_tree(std::string const& source, std::vector<LibraryScenario> const& library,
                        std::vector<std::string> const& whole) {
  return merged_chain(find_source(source, {}, library, {}), library, whole);
}

Node parse_scenario_tree(std::string const& text, std::string const& file, std::vector<LibraryScenario> const& library,
                         std::vector<std::string> const& whole) {
  return merged_chain({.identity = file, .shown = file, .text = text, .folder = {}}, library, whole);
}

}  // namespace bordin
