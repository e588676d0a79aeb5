#include "cli/solve_command.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "cli/help.hpp"
#include "cli/progress.hpp"
#include "core/errors.hpp"
#include "planning/solve_text.hpp"

namespace bordin {

void SolveCommand::add_to(CLI::App& command) {
  source.add_to(command);
  command
      .add_option(
          "--vary", vary,
          "what is looked for, and between which ends: design.therapists=5:120; a second one is the other size of a "
          "cheapest design and needs --cost")
      ->required()
      ->expected(1, 2)
      ->allow_extra_args(false)
      ->type_name("KEY=RANGE");
  command.add_option("--power", power, "the power that is wanted")->capture_default_str();
  command.add_option("--cost", cost, "\"900*therapists + 120*clients\"; sessions may be counted, too")->type_name("SUM");
  command.add_option("--test", test, "\"analysis: term\" whose power is meant; otherwise study.primary")->type_name("TEST");
  command.add_option("--replications", replications, "at most, at each point; otherwise as many as it takes, up to 200000")
      ->check(from_to(500U, 4294967295U));
  add_seed(command, seed);
  add_threads(command, threads);
  command.add_flag("--quiet", quiet, "no progress");
}

bool solve_command(SolveCommand const& command) {
  auto const variants = command.source.variants();
  auto const scenario = variants({});
  SolveOptions options{.power = command.power, .test = command.test, .threads = command.threads};
  options.seed = command.seed.value_or(static_cast<std::uint64_t>(scenario.study.seed));
  if (command.replications) options.replications = *command.replications;
  auto const unknown = parse_unknown(command.vary.front(), scenario);
  std::optional<Cost> cost;
  if (!command.cost.empty()) cost.emplace(command.cost);
  if (command.vary.size() == 2 && !cost)
    throw Error(
        "two unknowns have many solutions; --cost says which is best, such as --cost \"900*therapists + 120*clients\"");
  RunControl control;
  StopOnInterrupt const guard(control);
  std::string text =
      fmt::format("{}: alpha = {:g} (two-sided), seed {}\n\n", scenario.title, scenario.study.alpha, options.seed);
  bool stopped = false;
  {
    ProgressLine const progress(control, 0, command.quiet);
    if (command.vary.size() == 2) {
      auto const frontier =
          solve_cheapest(variants, unknown, parse_unknown(command.vary[1], scenario), *cost, options, control);
      text += frontier_text(frontier, options);
      stopped = frontier.stopped;
    } else {
      auto solution = solve(variants, unknown, options, control);
      if (cost && solution.status == Solution::Status::found)
        solution.cost = cost->of(changed(variants, unknown, solution.at));
      text += solution_text(solution, options);
      stopped = solution.status == Solution::Status::stopped;
    }
  }
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  return !stopped;
}

}  // namespace bordin
