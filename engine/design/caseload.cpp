#include "design/caseload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "core/text.hpp"
#include "scenario/tree.hpp"
#include "therapy/randomness.hpp"

namespace bordin {
namespace {

constexpr double most = most_clients_of_therapist;
constexpr double most_mean = 100'000;
constexpr std::uintmax_t largest_file = 1U << 20U;

[[noreturn]] void refuse(Node const& node, std::string const& must) {
  throw ScenarioError(node.place, "caseload", fmt::format("is {}, but {}", shown(node), must));
}

std::int64_t whole(Node const& node, double least) {
  if (!node.is(Node::Kind::integer) || node.number < least || node.number > most)
    refuse(node, fmt::format("a caseload must be a whole number from {:.0f} to {:.0f}", least, most));
  return node.integer;
}

double number_of(Node const& table, char const* key, double least, double largest) {
  Node const* node = table.find(key);
  if (node == nullptr) refuse(table, fmt::format("needs {} = ...", key));
  bool const numeric = node->is(Node::Kind::integer) || node->is(Node::Kind::number);
  if (!numeric || !(node->number >= least) || node->number > largest)
    refuse(*node, fmt::format("{} must be a number from {} to {:.0f}", key, least, largest));
  return node->number;
}

void only(Node const& table, std::vector<std::string> const& keys) {
  for (auto const& [key, value] : table.members) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw ScenarioError(value.place, "caseload." + key, "is not known here; write " + Caseload().allowed());
  }
}

double mean_of(std::vector<std::int64_t> const& values) {
  return static_cast<double>(std::accumulate(values.begin(), values.end(), std::int64_t{0})) /
         static_cast<double>(values.size());
}

}  // namespace

std::string Caseload::allowed() const {
  return "a number, a list of numbers, { poisson = { mean } }, { negative_binomial = { mean, dispersion } }, "
         "{ file = \"caseloads.csv\" } or { observed = [...] }";
}

void Caseload::read(Node const& node) {
  *this = Caseload();
  if (node.is(Node::Kind::integer)) {
    *this = Caseload(whole(node, 1));
  } else if (node.is(Node::Kind::array)) {
    read_list(node, Kind::list);
  } else if (node.is(Node::Kind::table) && node.members.size() == 1) {
    auto const* observed = node.find("observed");
    if (node.find("file") != nullptr) {
      read_file(node);
    } else if (observed != nullptr && observed->is(Node::Kind::array)) {
      read_list(*observed, Kind::empirical);
    } else {
      read_distribution(node);
    }
  } else {
    refuse(node, "must be " + allowed());
  }
}

void Caseload::read_list(Node const& node, Kind kind) {
  if (node.items.empty()) refuse(node, "the list must have at least one caseload");
  kind_ = kind;
  for (auto const& item : node.items) values_.push_back(whole(item, 1));
  mean_ = mean_of(values_);
}

void Caseload::read_distribution(Node const& node) {
  auto const& [name, inside] = node.members.front();
  if (name != "poisson" && name != "negative_binomial") only(node, {"poisson", "negative_binomial", "file", "observed"});
  if (!inside.is(Node::Kind::table)) refuse(inside, "must be a table such as { mean = 20 }");
  bool const poisson = name == "poisson";
  kind_ = poisson ? Kind::poisson : Kind::negative_binomial;
  only(inside, poisson ? std::vector<std::string>{"mean"} : std::vector<std::string>{"mean", "dispersion"});
  mean_ = number_of(inside, "mean", 0.001, most_mean);
  if (!poisson) dispersion_ = number_of(inside, "dispersion", 0.001, 1e6);
}

void Caseload::read_file(Node const& node) {
  Node const& name = *node.find("file");
  if (!name.is(Node::Kind::text)) refuse(name, "file must be a text: the path of a file with one caseload a line");
  // Relative to the scenario that names it.
  std::filesystem::path const path = std::filesystem::path(name.place.file).parent_path() / name.text;
  std::error_code error;
  bool const is_file =
      std::filesystem::is_regular_file(path, error) && std::filesystem::file_size(path, error) <= largest_file;
  std::ifstream file(path);
  if (!is_file || !file)
    throw ScenarioError(
        name.place, "caseload.file",
        fmt::format("{} cannot be read; name a file of at most 1 MiB with one caseload a line", path.string()));
  std::int64_t line = 0;
  for (std::string text; std::getline(file, text);) {
    ++line;
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    if (text.empty()) continue;
    std::int64_t value = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const number = problem == std::errc{} && end == text.data() + text.size();
    if (!number && line == 1) continue;  // a heading
    if (!number || value < 1 || static_cast<double>(value) > most) {
      throw ScenarioError({.file = path.string(), .line = line, .column = 1}, "caseload.file",
                          fmt::format("{} must be a whole number from 1 to {:.0f}", in_quotes(shortened(text, 40)), most));
    }
    values_.push_back(value);
  }
  if (values_.empty())
    throw ScenarioError(name.place, "caseload.file", path.string() + " has no caseloads; give one a line");
  kind_ = Kind::empirical;
  mean_ = mean_of(values_);
}

std::string Caseload::write() const {
  std::string list;
  for (auto const v : values_) list += (list.empty() ? "" : ", ") + std::to_string(v);
  switch (kind_) {
    case Kind::unset:
      return "";
    case Kind::fixed:
      return fmt::format("{:.0f}", mean_);
    case Kind::list:
      return "[" + list + "]";
    case Kind::poisson:
      return fmt::format("{{ poisson = {{ mean = {} }} }}", mean_);
    case Kind::negative_binomial:
      return fmt::format("{{ negative_binomial = {{ mean = {}, dispersion = {} }} }}", mean_, dispersion_);
    case Kind::empirical:
      return "{ observed = [" + list + "] }";
  }
  return "";
}

double Caseload::largest() const {
  switch (kind_) {
    case Kind::unset:
      return 0;
    case Kind::fixed:
      return mean_;
    case Kind::list:
    case Kind::empirical:
      return static_cast<double>(*std::max_element(values_.begin(), values_.end()));
    case Kind::poisson:
      return mean_ + 8 * std::sqrt(mean_) + 10;
    case Kind::negative_binomial:
      return mean_ + 8 * std::sqrt(mean_ + mean_ * mean_ / dispersion_) + 10;
  }
  return 0;
}

std::uint32_t Caseload::draw(std::uint32_t place, RandomStream stream) const {
  auto const bounded = [](double n) { return static_cast<std::uint32_t>(std::min(n, most)); };
  switch (kind_) {
    case Kind::unset:
      return 0;
    case Kind::fixed:
      return bounded(mean_);
    case Kind::list:
      return static_cast<std::uint32_t>(values_[place - 1]);
    case Kind::empirical: {
      boost::random::uniform_int_distribution<std::size_t> pick(0, values_.size() - 1);
      return static_cast<std::uint32_t>(values_[pick(stream)]);
    }
    case Kind::poisson:
      return bounded(static_cast<double>(boost::random::poisson_distribution<std::int64_t>(mean_)(stream)));
    case Kind::negative_binomial: {
      // A Poisson number whose mean is gamma distributed, which allows any dispersion.
      double const rate = boost::random::gamma_distribution<double>(dispersion_, mean_ / dispersion_)(stream);
      if (!(rate > 0)) return 0;
      return bounded(static_cast<double>(boost::random::poisson_distribution<std::int64_t>(std::min(rate, most))(stream)));
    }
  }
  return 0;
}

}  // namespace bordin
