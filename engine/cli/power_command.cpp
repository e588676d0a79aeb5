#include "cli/power_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/progress.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "planning/power_text.hpp"

namespace bordin {
namespace {

//! The table as a CSV file that grows by every finished cell.
class CsvFile {
 public:
  CsvFile(std::string path, bool overwrite) : path_(std::move(path)) {
    if (path_.empty()) return;
    if (!overwrite && std::filesystem::exists(path_))
      throw Error(fmt::format("{} exists; nothing was run. Name another file with -o, or say --overwrite", path_));
    file_.open(path_, std::ios::binary | std::ios::trunc);
    check();
  }
  void add(PowerResult const& result) {
    if (path_.empty()) return;
    if (result.cells == 1) file_ << power_csv_heading(result);
    file_ << power_csv_cell(result) << std::flush;
    check();
  }

 private:
  void check() const {
    if (!file_) throw Error(fmt::format("{} cannot be written: no such folder, no permission, or no space left", path_));
  }

  std::string path_;
  std::ofstream file_;
};

}  // namespace

void PowerCommand::add_to(CLI::App& command) {
  source.add_to(command);
  command
      .add_option("--vary", vary,
                  "what varies: design.therapists=10:60:10, alliance.effect=0,0.2,0.34, or together "
                  "design.therapists,design.caseload=4,15/5,10; repeated: all combinations")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("KEY=VALUES");
  add_replications(command, replications);
  add_until_half_width(command, until_half_width);
  add_seed(command, seed);
  add_threads(command, threads);
  command.add_option("-o,--output", output, "the table as a CSV file too, written cell by cell")->type_name("FILE");
  command.add_flag("--overwrite", overwrite, "replace an existing file");
  command.add_flag("--quiet", quiet, "no progress");
}

bool power(PowerCommand const& command) {
  auto const variants = command.source.variants();
  auto const scenario = variants({});
  std::vector<Axis> axes;
  std::transform(command.vary.begin(), command.vary.end(), std::back_inserter(axes), parse_axis);
  Grid const grid(std::move(axes));
  bool const looks = command.until_half_width > 0;
  PowerOptions const options{.seed = command.seed.value_or(static_cast<std::uint64_t>(scenario.study.seed)),
                             .replications = command.replications.value_or(
                                 looks ? most_looked_at : static_cast<std::uint32_t>(scenario.study.replications)),
                             .threads = command.threads,
                             .until_half_width = command.until_half_width};
  auto const total = power_replications(variants, grid, options);
  CsvFile file(command.output, command.overwrite);
  RunControl control;
  PowerResult result;
  {
    StopOnInterrupt const guard(control);
    ProgressLine const progress(control, total, command.quiet);
    result = run_power(variants, grid, options, control, [&](PowerResult const& so_far) { file.add(so_far); });
  }
  auto text = fmt::format("{}: power at alpha = {:g} (two-sided), {}{}, seed {}\n\n", scenario.title, scenario.study.alpha,
                          looks ? "at most " : "", count_text(options.replications, "replication"), options.seed);
  text += power_text(result);
  if (result.cells > 0) text += "\nMethods: " + power_methods(result, scenario) + "\n";
  if (!command.output.empty() && result.cells > 0) text += fmt::format("\nwritten: {}\n", command.output);
  if (result.cells < grid.cells())
    text += fmt::format("\nStopped after {} of {} cells; what was finished stands above.\n", result.cells, grid.cells());
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  return result.cells == grid.cells();
}

}  // namespace bordin
