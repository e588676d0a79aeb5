#include "planning/solve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "planning/power_curve.hpp"
#include "study/parameter.hpp"
#include "study/resources.hpp"

namespace bordin {
namespace {

constexpr std::uint32_t first_replications = 500;
constexpr int most_searches = 12;   // for the neighbourhood of the answer
constexpr double reach = 0.15;      // how far the points around the answer lie from it
constexpr double wide_whole = 1.6;  // interval that will do: then it holds 3 whole numbers at most
constexpr double wide_relative = 0.06;

Node change(Unknown const& unknown, double value) {
  return at_path(unknown.key, number_node(value, unknown.whole));
}

//! Nothing but the analysis whose test is meant.
ScenarioVariants with_one_analysis(ScenarioVariants const& variants, std::string const& wanted, std::string& test) {
  Study const study(variants({}));
  auto const tests = tested_terms(study);
  std::size_t chosen = primary_test(study, tests);
  if (!wanted.empty()) {
    auto const found = std::find_if(tests.begin(), tests.end(), [&](auto const& t) { return t.name == wanted; });
    std::vector<std::string> names;
    for (auto const& t : tests) names.push_back(t.name);
    if (found == tests.end())
      throw Error(fmt::format("no analysis tests {}{}", in_quotes(wanted), did_you_mean(wanted, names)));
    chosen = static_cast<std::size_t>(found - tests.begin());
  }
  test = tests[chosen].name;
  auto const analysis = study.analyses()[tests[chosen].analysis].spec().name;
  return [&variants, analysis, primary = test](std::vector<Node> const& changes) {
    auto scenario = variants(changes);
    std::erase_if(scenario.analyses, [&](auto const& planned) { return planned.spec.name != analysis; });
    scenario.study.primary = primary;
    return scenario;
  };
}

//! Studies at numbers of the unknown, with the decisions made so far.
class Points {
 public:
  Points(ScenarioVariants const& variants, Unknown const& unknown, SolveOptions const& options, RunControl& control)
      : variants_(variants), unknown_(unknown), options_(options), control_(control) {}

  //! At least so many replications at `value`; false when stopped.
  bool simulate(double value, std::uint32_t replications) {
    auto& point = points_[value];
    if (!point) point = std::make_unique<Point>(changed(variants_, unknown_, value));
    auto const done = static_cast<std::uint32_t>(point->decisions.front().count());
    if (done >= replications) return true;
    return decide(point->study, point->test, options_.seed, done, replications - done, options_.threads, control_,
                  point->decisions) == replications - done;
  }
  Decisions const& decisions(double value) const { return points_.at(value)->decisions.front(); }
  double power(double value) const { return decisions(value).rejected_failed_as_no().value; }
  std::vector<double> values() const {
    std::vector<double> all;
    for (auto const& [value, point] : points_) all.push_back(value);
    return all;
  }

 private:
  struct Point {
    Study study;
    std::vector<TestedTerm> test;  // one
    std::vector<Decisions> decisions{1};

    explicit Point(Scenario scenario) : study(std::move(scenario)) {
      auto const tests = tested_terms(study);
      test = {tests[primary_test(study, tests)]};
      refuse_too_large(study, {.keep = KeepData::none}, "");
    }
  };

  ScenarioVariants const& variants_;
  Unknown const& unknown_;
  SolveOptions const& options_;
  RunControl& control_;
  std::map<double, std::unique_ptr<Point>> points_;
};

class Search {
 public:
  Search(ScenarioVariants const& variants, Unknown const& unknown, SolveOptions const& options, RunControl& control)
      : unknown_(unknown),
        options_(options),
        variants_(with_one_analysis(variants, options.test, solution_.test)),
        points_(variants_, unknown, options, control) {}

  Solution run() {
    solution_.unknown = unknown_;
    if (search()) close_in();
    for (double const value : points_.values())
      solution_.points.push_back({.at = value, .power = points_.decisions(value).rejected_failed_as_no()});
    return std::move(solution_);
  }

 private:
  double g(double value) const { return unknown_.whole ? std::sqrt(value) : value; }
  double from_g(double g) const { return unknown_.whole ? g * std::max(g, 0.0) : g; }
  double clamped(double value) const { return std::clamp(value, unknown_.low, unknown_.high); }
  double rounded(double value) const { return clamped(unknown_.whole ? std::round(value) : value); }

  bool simulate(double value, std::uint32_t replications) {
    if (points_.simulate(value, replications)) return true;
    solution_.status = Solution::Status::stopped;
    return false;
  }

  // Is the power that is wanted within the range, and about where? The bracket shrinks around it.
  bool search() {
    if (!simulate(unknown_.low, first_replications) || !simulate(unknown_.high, first_replications)) return false;
    rises_ = points_.power(unknown_.high) >= points_.power(unknown_.low);
    double easy = rises_ ? unknown_.high : unknown_.low, hard = rises_ ? unknown_.low : unknown_.high;
    if (certainly(hard, true)) return reached(Solution::Status::below, hard);
    if (certainly(easy, false)) return reached(Solution::Status::above, easy);
    for (int step = 0; step < most_searches; ++step) {
      double const distance = std::abs(easy - hard);
      if (distance <= (unknown_.whole ? 1 : 0.02 * (unknown_.high - unknown_.low))) break;
      double const middle = rounded(from_g((g(easy) + g(hard)) / 2));
      if (middle == easy || middle == hard) break;
      if (!simulate(middle, first_replications)) return false;
      (points_.power(middle) >= options_.power ? easy : hard) = middle;
      if (distance < reach * std::abs(middle)) break;
    }
    centre_ = rounded(easy);
    return true;
  }

  //! By 95 % intervals: the power at `value` is above (below) what is wanted.
  bool certainly(double value, bool above) const {
    auto const p = points_.decisions(value).rejected_failed_as_no();
    return above ? p.lower > options_.power : p.upper < options_.power;
  }

  bool reached(Solution::Status status, double value) {
    solution_.status = status;
    solution_.at = value;
    solution_.power = points_.power(value);
    return false;
  }

  std::vector<double> around(double centre) const {
    double const range = unknown_.high - unknown_.low;
    double const step =
        unknown_.whole ? std::max(1.0, std::round(reach * centre)) : std::max(reach * std::abs(centre), 0.02 * range);
    std::vector<double> values{clamped(centre - step), centre, clamped(centre + step)};
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
  }

  // The same points with twice as many replications until the interval is narrow; the points follow the answer.
  void close_in() {
    std::uint32_t replications = 2 * first_replications;
    while (true) {
      auto const values = around(centre_);
      for (double const value : values)
        if (!simulate(value, replications)) return;
      PowerCurve const curve = curve_through(values);
      if (curve.exists() && (curve.slope() > 0) == rises_) {
        double const centre = rounded(from_g(curve.root(options_.power)));
        bool const near = values.front() <= centre && centre <= values.back();
        if (near) report(curve);
        if (near && (solution_.status != Solution::Status::found || narrow())) return;
        if (!near && moves_++ < most_searches) {
          centre_ = centre;
          continue;
        }
        centre_ = centre;
      }
      if (replications >= options_.replications) return settle(curve);
      replications = static_cast<std::uint32_t>(std::min<std::uint64_t>(2ULL * replications, options_.replications));
    }
  }

  PowerCurve curve_through(std::vector<double> const& values) const {
    std::vector<PowerCurve::Point> points;
    for (double const value : values) points.push_back({.g = g(value), .decisions = &points_.decisions(value)});
    return PowerCurve(std::move(points));
  }

  //! The smallest whole number not below `value` (the largest not above it, where power falls).
  double whole(double value) const {
    if (!unknown_.whole) return value;
    constexpr double tiny = 1e-9;
    return rises_ ? std::ceil(value - tiny) : std::floor(value + tiny);
  }

  void report(PowerCurve const& curve) {
    double const root = from_g(curve.root(options_.power));
    if (root > unknown_.high || root < unknown_.low) {
      bool const short_of_it = (root > unknown_.high) == rises_;
      double const end = root > unknown_.high ? unknown_.high : unknown_.low;
      reached(short_of_it ? Solution::Status::above : Solution::Status::below, end);
      return;
    }
    auto const [low, high] = curve.interval(options_.power, g(unknown_.low), g(unknown_.high));
    lower_ = from_g(low);
    upper_ = from_g(high);
    solution_.status = Solution::Status::found;
    solution_.at = clamped(whole(root));
    solution_.lower = clamped(whole(lower_));
    solution_.upper = clamped(whole(upper_));
    solution_.power = curve.at(g(solution_.at));
  }

  bool narrow() const {
    double const enough = wide_relative * std::abs(solution_.at);
    return upper_ - lower_ <= (unknown_.whole ? std::max(wide_whole, enough) : enough);
  }

  // Nothing more may be simulated: what is known stands, at worst the end that comes nearest.
  void settle(PowerCurve const& curve) {
    if (solution_.status == Solution::Status::found) return;
    if (curve.exists() && (curve.slope() > 0) == rises_) return report(curve);
    reached(Solution::Status::above, rises_ ? unknown_.high : unknown_.low);
  }

  Unknown const& unknown_;
  SolveOptions const& options_;
  Solution solution_;
  ScenarioVariants variants_;
  Points points_;
  bool rises_ = true;
  double centre_ = 0;
  double lower_ = 0, upper_ = 0;  // of the interval, not rounded
  int moves_ = 0;
};

void check(SolveOptions const& options) {
  if (!(options.power > 0.05 && options.power < 0.999))
    throw Error(fmt::format("power is {}, but must be between 0.05 and 0.999", options.power));
}

bool is_fraction(Scenario const& scenario, std::string const& key) {
  try {
    return !numeric_parameter(scenario, key).whole;
  } catch (Error const&) {
    return false;  // no single number, such as a caseload: whole numbers
  }
}

}  // namespace

Scenario changed(ScenarioVariants const& variants, Unknown const& unknown, double value) {
  return variants({change(unknown, value)});
}

Unknown parse_unknown(std::string const& text, Scenario const& scenario) {
  auto const equals = text.find('='), colon = text.rfind(':');
  std::optional<double> low, high;
  if (equals != std::string::npos && colon != std::string::npos && colon > equals) {
    low = read_number(text.substr(equals + 1, colon - equals - 1));
    high = read_number(text.substr(colon + 1));
  }
  if (!low || !high || !(*low < *high))
    throw Error(
        fmt::format("--vary {} does not say where to look; write KEY=FROM:TO with FROM below TO, such as "
                    "design.therapists=5:120",
                    text));
  Unknown unknown{.key = text.substr(0, equals), .low = *low, .high = *high};
  unknown.whole = *low == std::round(*low) && *high == std::round(*high) && !is_fraction(scenario, unknown.key);
  return unknown;
}

Solution solve(ScenarioVariants const& variants, Unknown const& unknown, SolveOptions const& options, RunControl& control) {
  check(options);
  return Search(variants, unknown, options, control).run();
}

namespace {

//! Numbers between the ends, about evenly spaced by ratio, at most `count`.
std::vector<double> spread(Unknown const& unknown, int count) {
  std::vector<double> values;
  bool const by_ratio = unknown.low > 0;
  for (int k = 0; k < count; ++k) {
    double const t = k / static_cast<double>(count - 1);
    double const value =
        by_ratio ? unknown.low * std::pow(unknown.high / unknown.low, t) : unknown.low + t * (unknown.high - unknown.low);
    values.push_back(unknown.whole ? std::round(value) : value);
  }
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

bool is_pair(Solution const& solution) {
  return solution.status == Solution::Status::found || solution.status == Solution::Status::below;
}

}  // namespace

Frontier solve_cheapest(ScenarioVariants const& variants, Unknown const& first, Unknown const& second, Cost const& cost,
                        SolveOptions const& options, RunControl& control) {
  constexpr int coarse = 7;
  check(options);
  std::map<double, Solution> found;
  auto const solve_at = [&](double value) {
    if (found.contains(value)) return true;
    ScenarioVariants const here = [&](std::vector<Node> changes) {
      changes.push_back(change(second, value));
      return variants(changes);
    };
    auto solution = solve(here, first, options, control);
    if (solution.status == Solution::Status::stopped) return false;
    if (is_pair(solution)) solution.cost = cost.of(changed(here, first, solution.at));
    found.emplace(value, std::move(solution));
    return true;
  };
  auto const cheapest = [&] {
    return std::min_element(found.begin(), found.end(), [](auto const& a, auto const& b) {
      auto const dear = [](auto const& entry) {
        return std::isnan(entry.second.cost) ? std::numeric_limits<double>::infinity() : entry.second.cost;
      };
      return dear(a) < dear(b);
    });
  };
  bool going = true;
  for (double const value : spread(second, coarse)) going = going && solve_at(value);
  // Between the cheapest and its neighbours, until there is nothing between or it makes no difference.
  for (int round = 0; going && round < 4; ++round) {
    auto const best = cheapest();
    std::vector<double> between;
    auto const middle = [&](double a, double b) { return second.whole ? std::round((a + b) / 2) : (a + b) / 2; };
    if (best != found.begin()) between.push_back(middle(std::prev(best)->first, best->first));
    if (std::next(best) != found.end()) between.push_back(middle(best->first, std::next(best)->first));
    for (double const value : between) going = going && solve_at(value);
  }
  Frontier frontier{second, {}, std::nullopt, !going};
  auto const best = cheapest();
  for (auto const& [value, solution] : found) {
    if (value == best->first && !std::isnan(solution.cost)) frontier.cheapest = frontier.solutions.size();
    frontier.solutions.emplace_back(value, solution);
  }
  return frontier;
}

}  // namespace bordin
