#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <set>

#include "cli/csv.hpp"
#include "cli/fit_command.hpp"
#include "cli/help.hpp"
#include "cli/power_command.hpp"
#include "cli/progress.hpp"
#include "cli/solve_command.hpp"
#include "cli/source.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "results/reader.hpp"
#include "results/writer.hpp"
#include "study/describe.hpp"
#include "study/performance.hpp"
#include "study/resources.hpp"
#include "study/scorecard.hpp"

namespace bordin {
namespace {

enum ExitCode : int { done = 0, own_mistake = 1, bad_input = 2, stopped = 3, too_many_failed = 4 };

void print(std::string const& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

struct RunCommand {
  Source source;
  std::string output;
  std::optional<std::uint32_t> replications;
  std::optional<std::uint64_t> seed;
  int threads = 0;
  double until_half_width = 0;
  std::string data = "first";
  bool overwrite = false;
  bool quiet = false;

  void add_to(CLI::App& command) {
    source.add_to(command);
    command.add_option("-o,--output", output, "results file to write (.h5)")->required()->type_name("FILE");
    add_replications(command, replications);
    add_until_half_width(command, until_half_width);
    add_seed(command, seed);
    add_threads(command, threads);
    command
        .add_option("--data", data, "data sets to keep: none, first (of one replication, with the truth), observed, full")
        ->check(CLI::IsMember(keep_data_words()).description(""))
        ->type_name("WORD")
        ->capture_default_str();
    command.add_flag("--overwrite", overwrite, "replace an existing file");
    command.add_flag("--quiet", quiet, "no progress");
  }
  RunOptions options(Scenario const& scenario) const {
    auto const word = std::find(keep_data_words().begin(), keep_data_words().end(), data);
    return {.seed = seed.value_or(static_cast<std::uint64_t>(scenario.study.seed)),
            .replications = replications.value_or(
                until_half_width > 0 ? most_looked_at : static_cast<std::uint32_t>(scenario.study.replications)),
            .threads = threads,
            .keep = static_cast<KeepData>(word - keep_data_words().begin()),
            .until_half_width = until_half_width};
  }
};

//! Shares of failed fits that deserve a word, and that make the results worthless.
constexpr double failed_worth_saying = 0.05;
constexpr double failed_too_many = 0.5;

struct Failures {
  std::string analysis;
  double share = 0;
};

Failures most_failures(std::vector<PerformanceRow> const& rows) {
  Failures most;
  for (auto const& row : rows) {
    double const share = static_cast<double>(row.failed) / static_cast<double>(std::max<std::int64_t>(1, row.run));
    if (share > most.share) most = {.analysis = row.analysis, .share = share};
  }
  return most;
}

int run(RunCommand const& command) {
  Study const study(command.source.load());
  auto const options = command.options(study.scenario());
  RunControl control;
  ResultsWriter writer(command.output, command.overwrite);
  RunResult result;
  {
    StopOnInterrupt const guard(control);
    ProgressLine const progress(control, options.replications, command.quiet);
    result = run_study(study, options, control, writer, command.output);
  }
  print(fmt::format("{}: {}, seed {}\n\n", study.scenario().title, count_text(result.replications, "replication"),
                    options.seed));
  print(performance_text(result.performance, study.scenario().study.alpha));
  print(fmt::format("\n{}: {} in {} on {}\n", command.output, count_text(result.replications, "replication"),
                    duration_text(result.facts.seconds),
                    count_text(static_cast<std::uint64_t>(result.facts.threads), "thread")));
  auto const failed = most_failures(result.performance);
  if (failed.share > failed_worth_saying)
    print(
        fmt::format("Note: {:.0f} % of the fits of \"{}\" failed; its figures are those of the others. `bordin replay {} "
                    "--replication 0` shows one study and, where a fit failed, why.\n",
                    100 * failed.share, failed.analysis, command.output));
  if (options.until_half_width > 0)
    print(fmt::format("Looked {}; intervals of a run that ends when they are narrow are very slightly too narrow.\n",
                      result.looks == 1 ? "once" : fmt::format("{} times", result.looks)));
  if (!result.complete) {
    print(
        fmt::format("Stopped after {} of {} replications; these are saved.\n", result.replications, options.replications));
    return stopped;
  }
  return failed.share > failed_too_many ? too_many_failed : done;
}

struct ReplayCommand {
  Source source;
  std::uint32_t replication = 0;
  std::optional<std::uint64_t> seed;
  std::string csv;
  bool overwrite = false;

  void add_to(CLI::App& command) {
    command.add_option("source", source.scenario, "a scenario, or a results file (.h5) whose scenario and seed are used")
        ->required()
        ->type_name("SCENARIO");
    source.add_set_to(command);
    command.add_option("--replication", replication, "number of the replication, from 0")
        ->required()
        ->check(from_to(0U, 4294967295U));
    add_seed(command, seed);
    command.add_option("--csv", csv, "write the data set and the estimates as CSV files into this folder")
        ->type_name("FOLDER");
    command.add_flag("--overwrite", overwrite, "replace existing CSV files");
  }
};

bool is_results_file(std::string const& path) {
  return std::filesystem::path(path).extension() == ".h5";
}

std::string estimates_text(Study const& study, Replication const& replication) {
  std::string text;
  for (std::size_t a = 0; a < replication.estimates.size(); ++a) {
    auto const& own = replication.estimates[a];
    auto const& spec = study.analyses()[a].spec();
    text += fmt::format("\n{}: {}\nstatus: {}{}\n", spec.name, spec.formula, fit_status_name(own.status),
                        own.message.empty() ? "" : " (" + own.message + ")");
    std::vector<std::vector<std::string>> rows{
        {"term", "estimate", "std. error", "df", "statistic", "p", "lower", "upper"}};
    for (auto const& term : own.terms) {
      std::vector<std::string> row{term.term};
      for (double const value :
           {term.estimate, term.std_error, term.df, term.statistic, term.p_value, term.lower, term.upper})
        row.push_back(std::isnan(value) ? "-" : fmt::format("{:.6g}", value));
      rows.push_back(std::move(row));
    }
    text += aligned_table(rows);
  }
  return text;
}

std::uint64_t stored_seed(ResultsFile const& file) {
  for (auto const& [name, text] : file.attributes()) {
    if (name == "seed") return std::stoull(text);
  }
  throw ResultFileError(file.path(), "does not say its seed; state it with --seed");
}

int replay(ReplayCommand const& command) {
  Scenario scenario;
  std::optional<std::uint64_t> seed = command.seed;
  if (is_results_file(command.source.scenario)) {
    ResultsFile const file(command.source.scenario);
    std::vector<Node> overrides;
    std::transform(command.source.set.begin(), command.source.set.end(), std::back_inserter(overrides), parse_assignment);
    scenario = parse_scenario(file.scenario_text(), command.source.scenario, overrides);
    if (!seed) seed = stored_seed(file);
  } else {
    scenario = command.source.load();
  }
  Study const study(std::move(scenario));
  RunOptions const options{
      .seed = seed.value_or(static_cast<std::uint64_t>(study.scenario().study.seed)), .replications = 1, .threads = 1};
  refuse_too_large(study, options, "");
  auto const replication = study.replicate(options.seed, command.replication, KeepData::full);
  print(fmt::format("{}: replication {}, seed {}, {} clients\n", study.scenario().title, command.replication, options.seed,
                    replication.data->clients.rows()));
  print(estimates_text(study, replication));
  if (!command.csv.empty()) {
    write_csv(command.csv, study, replication, command.overwrite);
    print(fmt::format("\nwritten: therapists, clients, sessions, truth_* and estimates .csv in {}\n", command.csv));
  }
  return done;
}

std::string number_or_dash(std::optional<double> value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string instruments_text() {
  std::vector<std::vector<std::string>> rows{
      {"instrument", "measures", "range", "mean", "SD", "reliability", "step", "cutoff", "reliable change", "norms"}};
  for (auto const& [i, source] : instrument_catalogue()) {
    rows.push_back({i.name, i.measures == Measures::alliance ? "alliance" : "symptoms",
                    i.range.empty() ? "-" : fmt::format("{:g} to {:g}", i.range[0], i.range[1]), number_or_dash(i.mean),
                    number_or_dash(i.sd), number_or_dash(i.reliability), number_or_dash(i.step), number_or_dash(i.cutoff),
                    number_or_dash(i.reliable_change), source});
  }
  return aligned_table(rows);
}

struct DescribeCommand {
  Source source;

  void add_to(CLI::App& command) { source.add_to(command); }
};

int describe(DescribeCommand const& command) {
  print(describe_study(Study(command.source.load())));
  return done;
}

struct InfoCommand {
  std::string file;

  void add_to(CLI::App& command) {
    command.add_option("file", file, "a results file (.h5)")->required()->type_name("FILE");
  }
};

int info(InfoCommand const& command) {
  print(describe_results(ResultsFile(command.file)));
  return done;
}

struct ListCommand {
  bool schema = false;

  void add_to(CLI::App& command) {
    command.add_flag("--schema", schema, "JSON Schema of scenario files, with every parameter");
  }
};

int list(ListCommand const& command) {
  if (command.schema) {
    print(scenario_schema() + "\n");
    return done;
  }
  std::vector<std::vector<std::string>> rows{{"scenario", "title"}};
  for (auto const& entry : scenario_library())
    rows.push_back({std::string(entry.name), load_scenario(std::string(entry.name)).title});
  print(aligned_table(rows) + "\n" + instruments_text());
  return done;
}

struct EvidenceCommand {
  EvidenceOptions options;
  std::string scenario;
  bool markdown = false;
  bool quiet = false;

  void add_to(CLI::App& command) {
    command.add_option("--clients", options.clients, "simulated clients per scenario")
        ->check(from_to(std::int64_t{1000}, std::int64_t{1'000'000'000}))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "key of all random numbers; the default was not used for calibration")
        ->check(from_to(std::uint64_t{0}, std::uint64_t{9223372036854775807U}))
        ->capture_default_str();
    command.add_option("--threads", options.threads, "0 = all cores; the figures do not depend on it")
        ->check(from_to(0, 4096))
        ->capture_default_str();
    command.add_option("--scenario", scenario, "only the targets of this scenario")->type_name("SCENARIO");
    command.add_flag("--markdown", markdown, "the page scenarios/evidence/README.md instead of tables");
    command.add_flag("--quiet", quiet, "no progress");
  }
  std::vector<Target> targets() const {
    std::vector<Target> chosen;
    std::set<std::string> names;
    for (auto const& target : published_targets()) {
      names.insert(target.scenario);
      if (scenario.empty() || target.scenario == scenario) chosen.push_back(target);
    }
    if (chosen.empty())
      throw Error(fmt::format("no target is about the scenario {}{}", in_quotes(scenario),
                              did_you_mean(scenario, {names.begin(), names.end()})));
    return chosen;
  }
};

//! A report: its exit code says that it was made, not what stands in it.
int evidence(EvidenceCommand const& command) {
  auto const targets = command.targets();
  RunControl control;
  Evidence result;
  {
    StopOnInterrupt const guard(control);
    ProgressLine const progress(control, evidence_replications(targets, command.options), command.quiet);
    result = run_evidence(targets, command.options, control);
  }
  if (result.stopped) {
    print("Stopped; nothing was saved.\n");
    return stopped;
  }
  print(command.markdown ? scorecard_page(result) : scorecard_text(result));
  return done;
}

int power_of(PowerCommand const& command) {
  return power(command) ? done : stopped;
}

int solve_of(SolveCommand const& command) {
  return solve_command(command) ? done : stopped;
}

int fit_data(FitCommand const& command) {
  auto const status = fit(command);
  return is_usable(status) ? done : too_many_failed;
}

bool is_one_of(std::string const& word, std::vector<std::string> const& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

//! Runs `act` and turns what it throws into a message and an exit code.
int guarded(std::function<int()> const& act) {
  try {
    return act();
  } catch (Error const& error) {
    std::fputs(fmt::format("bordin: {}\n", error.what()).c_str(), stderr);
    return bad_input;
  } catch (std::bad_alloc const&) {
    std::fputs("bordin: out of memory; use fewer clients, sessions or threads (bordin describe says what a run needs)\n",
               stderr);
    return bad_input;
  } catch (std::exception const& error) {
    std::fputs(fmt::format("bordin: {}\n", error.what()).c_str(), stderr);
    return own_mistake;
  }
}

//! A subcommand whose options stand in `Command` and whose work is `act`; its exit code goes to `code`.
template <class Command>
void add_command(CLI::App& app, int& code, std::string const& name, std::string const& what, int (*act)(Command const&)) {
  auto* const subcommand = app.add_subcommand(name, what);
  auto const command = std::make_shared<Command>();
  command->add_to(*subcommand);
  subcommand->callback([&code, act, command] { code = guarded([&] { return act(*command); }); });
}

//! What CLI11 says of these is no help: that a command is required, or the words in reverse.
std::string misspelled(CLI::App const& app, std::vector<std::string> const& arguments) {
  std::vector<std::string> names;
  for (auto const* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (!arguments.empty() && arguments.front().front() != '-' && !is_one_of(arguments.front(), names))
    return fmt::format("there is no command {}{} (pictures and reports: python -m bordin)", in_quotes(arguments.front()),
                       did_you_mean(arguments.front(), names));
  auto const chosen = app.get_subcommands();
  if (chosen.empty()) return "";
  names.clear();
  for (auto const* option : chosen.front()->get_options())
    for (auto const& name : option->get_lnames()) names.push_back("--" + name);
  for (auto const& argument : arguments) {
    auto const name = argument.substr(0, argument.find('='));
    if (name.starts_with("--") && name.size() > 2 && !is_one_of(name, names))
      return fmt::format("{} has no option {}{}", chosen.front()->get_name(), name, did_you_mean(name, names));
  }
  return "";
}

}  // namespace

int run_command_line(std::vector<std::string> const& arguments) {
  CLI::App app("Bordin: Monte Carlo engine for therapy outcomes", "bordin");
  app.formatter(std::make_shared<PlainHelp>());
  app.set_help_flag("-h,--help", "this text");
  app.set_version_flag("--version", version(), "the version");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done; 2 bad input; 3 stopped, everything finished is saved; 4 most fits of an analysis failed, or the "
      "one of fit.");
  int code = done;
  add_command(app, code, "run", "simulate and analyse many studies, write a results file", run);
  add_command(app, code, "power", "power and type I error, over a grid of designs if wanted", power_of);
  add_command(app, code, "solve", "the smallest size, or effect, that reaches a power; the cheapest design", solve_of);
  add_command(app, code, "replay", "make and analyse one replication again, alone", replay);
  add_command(app, code, "describe", "what a scenario is and implies, or what is wrong with it", describe);
  add_command(app, code, "evidence", "published targets against what the engine gives", evidence);
  add_command(app, code, "fit", "fit a model to data of your own, a CSV file", fit_data);
  add_command(app, code, "list", "scenarios and instruments that come with Bordin", list);
  add_command(app, code, "info", "what a results file holds", info);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    app.parse(reversed);
  } catch (CLI::ParseError const& error) {
    auto const mistake = error.get_exit_code() == 0 ? std::string() : misspelled(app, arguments);
    if (!mistake.empty()) {
      std::fputs(fmt::format("bordin: {}\n", mistake).c_str(), stderr);
      return bad_input;
    }
    return app.exit(error) == 0 ? done : bad_input;
  }
  return code;
}

}  // namespace bordin
