#include "study/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "study/proportion.hpp"

namespace bordin {
namespace {

constexpr std::size_t most_intervals = 100'000;

double share(std::int64_t count, std::int64_t of) {
  return of > 0 ? static_cast<double>(count) / static_cast<double>(of) : not_a_number;
}

double share_se(double share, std::int64_t n) {
  return n > 0 ? std::sqrt(share * (1 - share) / static_cast<double>(n)) : not_a_number;
}

std::string figure(PerformanceRow const* row) {
  if (row == nullptr || std::isnan(row->value)) return "-";
  if (std::isnan(row->mcse)) return fmt::format("{:.4f}", row->value);
  return fmt::format("{:.4f} ({:.4f})", row->value, row->mcse);
}

std::vector<TalliedAnalysis> analyses_of(Study const& study) {
  std::vector<TalliedAnalysis> out;
  for (auto const& analysis : study.analyses())
    out.push_back({.name = analysis.spec().name, .terms = analysis.terms(), .tested = analysis.tested()});
  return out;
}

}  // namespace

PerformanceTally::PerformanceTally(std::vector<TalliedAnalysis> analyses, double alpha, TrueValues truths)
    : analyses_(std::move(analyses)), alpha_(alpha), truths_(std::move(truths)) {
  for (auto const& analysis : analyses_) tallies_.push_back({.terms = std::vector<Term>(analysis.terms.size())});
}

PerformanceTally::PerformanceTally(Study const& study, TrueValues truths)
    : PerformanceTally(analyses_of(study), study.scenario().study.alpha, std::move(truths)) {}

void PerformanceTally::add_term(Coefficient const& of, double truth, Term& to) const {
  to.estimate.add(of.estimate);
  to.squared_se.add(of.std_error * of.std_error);
  if (!std::isnan(of.p_value)) ++to.tested;
  bool const bounded = !std::isnan(of.lower) && !std::isnan(of.upper);
  if (bounded && to.intervals.size() < most_intervals) to.intervals.emplace_back(of.lower, of.upper);
  bool const rejects = of.p_value <= alpha_;
  if (rejects) ++to.rejected;
  if (std::isnan(truth)) return;
  to.squared_error.add((of.estimate - truth) * (of.estimate - truth));
  if (of.lower <= truth && truth <= of.upper) ++to.covered;
  if (!rejects || truth == 0) return;
  to.exaggeration.add(std::abs(of.estimate / truth));
  if (of.estimate * truth < 0) ++to.wrong_sign;
}

void PerformanceTally::add(std::vector<Estimates> const& estimates) {
  for (std::size_t a = 0; a < tallies_.size(); ++a) {
    auto& tally = tallies_[a];
    auto const status = estimates[a].status;
    ++tally.run;
    if (!is_usable(status)) {
      ++tally.failed;
      continue;
    }
    ++tally.converged;
    if (status == FitStatus::singular) ++tally.singular;
    for (std::size_t t = 0; t < tally.terms.size(); ++t)
      add_term(estimates[a].terms[t], truths_[a][t].value, tally.terms[t]);
  }
}

template <class Add>
void PerformanceTally::add_inference(PerAnalysis const& tally, Term const& own, Add const& add) const {
  auto const n = static_cast<double>(tally.converged);
  double const empirical = own.estimate.sd();
  double const model = std::sqrt(own.squared_se.mean());
  double const relative = own.squared_se.variance() / (4 * n * std::pow(model, 4));  // variance of log(model)
  bool const untested = tally.converged > 0 && own.tested == 0;  // an intraclass correlation has an interval, but no test
  double const rejected = untested ? not_a_number : share(own.rejected, tally.converged);
  double const of_all = untested ? not_a_number : share(own.rejected, tally.run);
  add("mean_estimate", own.estimate.mean(), empirical / std::sqrt(n));
  add("empirical_se", empirical, empirical / std::sqrt(2 * (n - 1)));
  add("model_se", model, model * std::sqrt(relative));
  add("se_ratio", model / empirical, model / empirical * std::sqrt(relative + 1 / (2 * (n - 1))));
  add("rejection_rate", rejected, share_se(rejected, tally.converged));
  add("rejection_rate_failed_as_no", of_all, share_se(of_all, tally.run));
}

template <class Add>
void PerformanceTally::add_accuracy(PerAnalysis const& tally, Term const& own, TrueValue const& truth,
                                    Add const& add) const {
  double const bias = own.estimate.mean() - truth.value;
  double const bias_se = std::hypot(own.estimate.se(), truth.se);
  double const size = std::abs(truth.value);
  double const rmse = std::sqrt(own.squared_error.mean());
  bool const unbounded = tally.converged > 0 && own.intervals.empty();  // and others a test, but no interval
  double const covered = unbounded ? not_a_number : share(own.covered, tally.converged);
  double const of_all = unbounded ? not_a_number : share(own.covered, tally.run);
  std::int64_t around_mean = 0;
  for (auto const& [lower, upper] : own.intervals)
    if (lower <= own.estimate.mean() && own.estimate.mean() <= upper) ++around_mean;
  auto const intervals = static_cast<std::int64_t>(own.intervals.size());
  double const eliminated = share(around_mean, intervals);
  double const wrong = share(own.wrong_sign, own.exaggeration.count());
  add("bias", bias, bias_se);
  if (size > 0) add("relative_bias", bias / size, bias_se / size);
  add("rmse", rmse, own.squared_error.se() / (2 * rmse));
  add("coverage", covered, share_se(covered, tally.converged));
  add("coverage_failed_as_no", of_all, share_se(of_all, tally.run));
  add("bias_eliminated_coverage", eliminated, share_se(eliminated, intervals));
  if (size > 0) {
    add("type_s", wrong, share_se(wrong, own.exaggeration.count()));
    add("type_m", own.exaggeration.mean(), own.exaggeration.se());
  }
}

void PerformanceTally::add_rows(std::size_t analysis, std::size_t term, std::vector<PerformanceRow>& rows) const {
  auto const& tally = tallies_[analysis];
  auto const& truth = truths_[analysis][term];
  auto const add = [&](char const* measure, double value, double mcse) {
    rows.push_back({.cell = 0,
                    .analysis = analyses_[analysis].name,
                    .term = analyses_[analysis].terms[term],
                    .truth = truth.value,
                    .measure = measure,
                    .value = value,
                    .mcse = mcse,
                    .run = tally.run,
                    .converged = tally.converged,
                    .singular = tally.singular,
                    .failed = tally.failed});
  };
  add_inference(tally, tally.terms[term], add);
  if (!std::isnan(truth.value)) add_accuracy(tally, tally.terms[term], truth, add);
}

std::vector<PerformanceRow> PerformanceTally::rows() const {
  std::vector<PerformanceRow> rows;
  for (std::size_t a = 0; a < tallies_.size(); ++a) {
    for (std::size_t t = 0; t < tallies_[a].terms.size(); ++t) add_rows(a, t, rows);
  }
  return rows;
}

double PerformanceTally::widest_half_width() const {
  double widest = 0;
  for (std::size_t a = 0; a < tallies_.size(); ++a)
    for (auto const t : analyses_[a].tested) {
      auto const rate = proportion(tallies_[a].terms[t].rejected, tallies_[a].converged);
      widest = rate.of > 0 ? std::max(widest, rate.half_width()) : std::numeric_limits<double>::infinity();
      if (std::isinf(widest)) return widest;
    }
  return widest;
}

namespace {

//! Rows of the long table by analysis and term, in order, and by measure.
class ByTerm {
 public:
  using Key = std::pair<std::string, std::string>;

  explicit ByTerm(std::vector<PerformanceRow> const& rows) {
    for (auto const& row : rows) {
      Key const key{row.analysis, row.term};
      if (found_[key].empty()) order_.push_back(key);
      found_[key][row.measure] = &row;
    }
  }
  std::vector<Key> const& keys() const { return order_; }
  PerformanceRow const* find(Key const& key, std::string const& measure) const {
    auto const& of = found_.at(key);
    auto const row = of.find(measure);
    return row == of.end() ? nullptr : row->second;
  }

 private:
  std::vector<Key> order_;
  std::map<Key, std::map<std::string, PerformanceRow const*>> found_;
};

struct Heading {
  std::string text;
  char const* measure;
};

//! A line per term that has the first of the measures; the analysis is named once.
std::string table_of(ByTerm const& terms, std::vector<Heading> const& headings, bool with_truth) {
  std::vector<std::vector<std::string>> table{{"analysis", "term"}};
  if (with_truth) table.front().emplace_back("truth");
  for (auto const& heading : headings) table.front().push_back(heading.text);
  std::string last;
  for (auto const& key : terms.keys()) {
    auto const* first = terms.find(key, headings.front().measure);
    if (first == nullptr) continue;
    std::vector<std::string> line{key.first == last ? "" : key.first, key.second};
    if (with_truth) line.push_back(fmt::format("{:.4f}", first->truth));
    for (auto const& heading : headings) line.push_back(figure(terms.find(key, heading.measure)));
    table.push_back(std::move(line));
    last = key.first;
  }
  return table.size() > 1 ? aligned_table(table) : "";
}

std::string counts_of(ByTerm const& terms) {
  std::vector<std::vector<std::string>> counts{{"analysis", "run", "converged", "of these singular", "failed"}};
  for (auto const& key : terms.keys()) {
    auto const& row = *terms.find(key, "rejection_rate");
    if (counts.back().front() != key.first)
      counts.push_back({key.first, std::to_string(row.run), std::to_string(row.converged), std::to_string(row.singular),
                        std::to_string(row.failed)});
  }
  return aligned_table(counts);
}

}  // namespace

std::string performance_text(std::vector<PerformanceRow> const& rows, double alpha) {
  if (rows.empty()) return "No analyses: the study makes data only.\n";
  ByTerm const terms(rows);
  std::string text = table_of(terms,
                              {{"mean estimate", "mean_estimate"},
                               {"empirical SE", "empirical_se"},
                               {"model SE", "model_se"},
                               {fmt::format("p <= {}", alpha), "rejection_rate"}},
                              false) +
                     "(in brackets: Monte Carlo standard error; estimates are those of fits that converged)\n\n";
  auto const accuracy = table_of(terms,
                                 {{"bias", "bias"},
                                  {"relative", "relative_bias"},
                                  {"RMSE", "rmse"},
                                  {"coverage", "coverage"},
                                  {"about the mean", "bias_eliminated_coverage"},
                                  {"wrong sign", "type_s"},
                                  {"exaggeration", "type_m"}},
                                 true);
  if (!accuracy.empty()) text += accuracy + "(wrong sign and exaggeration: of the estimates that are significant)\n\n";
  return text + counts_of(terms);
}

}  // namespace bordin
