#include "planning/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "core/formula.hpp"
#include "core/text.hpp"
#include "study/analysis_table.hpp"

namespace bordin {
namespace {

constexpr double failed_worth_saying = 0.05;

//! The row that is worst by `badness`, if any has one above 0.
template <class Badness>
PowerRow const* worst(std::vector<PowerRow> const& rows, std::string const& analysis, Badness const& badness) {
  PowerRow const* found = nullptr;
  for (auto const& row : rows)
    if (row.analysis == analysis && badness(row) > (found == nullptr ? 0 : badness(*found))) found = &row;
  return found;
}

std::string cell_text(PowerResult const& result, std::size_t cell) {
  if (result.keys.empty()) return "";
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < result.keys.size(); ++k)
    parts.push_back(fmt::format("{} = {}", result.keys[k], toml_text(result.values[cell][k])));
  return fmt::format(" (with {})", enumerate_words(parts));
}

std::vector<std::string> analyses_of(PowerResult const& result) {
  std::vector<std::string> names;
  for (auto const& row : result.rows)
    if (std::find(names.begin(), names.end(), row.analysis) == names.end()) names.push_back(row.analysis);
  return names;
}

//! Would a test of size alpha hardly ever reject so often in any of the rows that are looked through for the worst?
bool is_liberal(PowerResult const& result, Proportion const& type_one, double alpha) {
  auto const looked_through =
      std::count_if(result.rows.begin(), result.rows.end(), [](auto const& row) { return row.type_one.has_value(); });
  boost::math::binomial const sound(static_cast<double>(type_one.of), alpha);
  auto const rejected = std::round(type_one.value * static_cast<double>(type_one.of));
  return rejected > 0 && cdf(complement(sound, rejected - 1)) < 0.025 / static_cast<double>(looked_through);
}

void say_of_type_one(PowerResult const& result, Scenario const& scenario, std::string const& analysis,
                     std::vector<std::string>& said) {
  double const alpha = scenario.study.alpha;
  auto const liberal = worst(result.rows, analysis, [&](PowerRow const& row) {
    return row.type_one && is_liberal(result, *row.type_one, alpha) ? row.type_one->value - alpha : 0;
  });
  if (liberal != nullptr)
    said.push_back(fmt::format(
        "Where there is nothing to find, \"{}\" finds it in {:.1f} % of studies instead of {:g} %{}: its power is not "
        "comparable, and its p-values {} be trusted.",
        analysis, 100 * liberal->type_one->value, 100 * alpha, cell_text(result, liberal->cell),
        liberal->type_one->lower > 1.5 * alpha ? "must not" : "should not quite"));
  auto const conservative = worst(result.rows, analysis, [&](PowerRow const& row) {
    return row.type_one && row.type_one->upper < 0.8 * alpha ? alpha - row.type_one->value : 0;
  });
  if (conservative != nullptr)
    said.push_back(
        fmt::format("\"{}\" is conservative: a type I error of {:.1f} % instead of {:g} %{}. It gives power away.",
                    analysis, 100 * conservative->type_one->value, 100 * alpha, cell_text(result, conservative->cell)));
  for (auto const& row : result.rows) {
    if (row.analysis != analysis || row.type_one || !row.no_type_one.starts_with("not a null world")) continue;
    said.push_back(fmt::format("No type I error of \"{}: {}\": what the scenario calls its null is {}.", analysis, row.term,
                               row.no_type_one));
    break;
  }
}

void say_of_failures(PowerResult const& result, std::string const& analysis, std::vector<std::string>& said) {
  auto const failing = worst(result.rows, analysis, [](PowerRow const& row) {
    return row.failed.value > failed_worth_saying ? row.failed.value : 0;
  });
  if (failing != nullptr)
    said.push_back(fmt::format(
        "{:.1f} % of the fits of \"{}\" failed{}. Its power is that of the others; counted as not significant they make it "
        "{:.3f}.",
        100 * failing->failed.value, analysis, cell_text(result, failing->cell), failing->power_failed_as_no.value));
}

//! The random slope of an arm among therapists who work in both, or of time among therapists who differ in change.
void say_of_slopes(Scenario const& scenario, std::vector<std::string>& said) {
  if (!(scenario.therapy.therapists.direct_sd > 0) || scenario.instruments.empty()) return;
  for (auto const& planned : scenario.analyses) {
    auto const formula = parse_formula(planned.spec.formula);
    auto const names_time = [](Predictor const& p) {
      return std::any_of(p.variables.begin(), p.variables.end(), [](auto const& v) { return v.text == "time"; });
    };
    auto const of_therapist = [](RandomTerm const& r) { return r.group.back() == "therapist"; };
    bool const grows = names_time(formula.fixed) && !formula.random.empty();
    bool const slope = std::any_of(formula.random.begin(), formula.random.end(),
                                   [&](auto const& r) { return of_therapist(r) && names_time(r.effects); });
    if (grows && !slope)
      said.push_back(fmt::format(
          "\"{}\" has no (time | therapist), but in this scenario therapists differ in their clients' change: tests of "
          "change are too liberal without it.",
          planned.spec.name));
  }
}

void say_of_precision(PowerResult const& result, std::vector<std::string>& said) {
  constexpr double worth_telling_apart = 0.01;  // half of the distance between .78 and .80
  double half_width = 0;
  std::uint32_t fewest = 0;
  for (auto const& row : result.rows) {
    double const own = row.power.half_width();
    if (!(own > half_width)) continue;
    half_width = own;
    fewest = row.replications;
  }
  if (half_width > worth_telling_apart)
    said.push_back(fmt::format(
        "{} replications leave a power uncertain by up to {:.3f} to either side: too few to tell .78 from .80. About {} "
        "would do.",
        fewest, half_width, std::llround(std::ceil(fewest * std::pow(half_width / worth_telling_apart, 2) / 1000) * 1000)));
  if (result.options.until_half_width > 0)
    said.emplace_back(
        "It was looked at the results more than once, and a cell ended when its intervals were narrow enough: intervals of "
        "such cells are very slightly too narrow.");
}

}  // namespace

std::vector<std::string> advice_on(PowerResult const& result, Scenario const& scenario) {
  std::vector<std::string> said;
  for (auto const& analysis : analyses_of(result)) {
    say_of_type_one(result, scenario, analysis, said);
    say_of_failures(result, analysis, said);
  }
  say_of_slopes(scenario, said);
  say_of_precision(result, said);
  return said;
}

}  // namespace bordin
