#include "cli/source.hpp"

#include <algorithm>
#include <iterator>

#include "cli/help.hpp"

namespace bordin {

void Source::add_to(CLI::App& command) {
  command.add_option("scenario", scenario, "a scenario file (.toml) or the name of one that comes with Bordin")
      ->required()
      ->type_name("SCENARIO");
  add_set_to(command);
}

void Source::add_set_to(CLI::App& command) {
  command.add_option("--set", set, "a value laid over the scenario's, such as design.therapists=20; may be repeated")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

Scenario Source::load() const {
  return variants()({});
}

ScenarioVariants Source::variants() const {
  std::vector<Node> overrides;
  std::transform(set.begin(), set.end(), std::back_inserter(overrides), parse_assignment);
  return load_variants(scenario, overrides);
}

CLI::Option* add_seed(CLI::App& command, std::optional<std::uint64_t>& seed) {
  return command.add_option("--seed", seed, "key of all random numbers; otherwise study.seed of the scenario")
      ->check(from_to(std::uint64_t{0}, std::uint64_t{9223372036854775807U}));
}

CLI::Option* add_replications(CLI::App& command, std::optional<std::uint32_t>& replications) {
  return command
      .add_option("--replications", replications, "simulated studies; otherwise study.replications of the scenario")
      ->check(from_to(1U, 4294967295U));
}

CLI::Option* add_until_half_width(CLI::App& command, double& half_width) {
  return command
      .add_option("--until-half-width", half_width,
                  "end when the 95 % intervals of the powers are this wide to either side; --replications is then the most "
                  "(otherwise 100000)")
      ->check(from_to(1e-5, 0.5));
}

CLI::Option* add_threads(CLI::App& command, int& threads) {
  return command.add_option("--threads", threads, "0 = all cores; the results do not depend on it")
      ->check(from_to(0, 4096))
      ->capture_default_str();
}

}  // namespace bordin
