#include "study/performance.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <utility>

#include "core/text.hpp"

namespace bordin {
namespace {

double share_se(double share, std::int64_t n) {
  return n > 0 ? std::sqrt(share * (1 - share) / static_cast<double>(n)) : not_a_number;
}

std::string figure(PerformanceRow const* row) {
  if (row == nullptr || std::isnan(row->value)) return "-";
  if (std::isnan(row->mcse)) return fmt::format("{:.4f}", row->value);
  return fmt::format("{:.4f} ({:.4f})", row->value, row->mcse);
}

}  // namespace

PerformanceTally::PerformanceTally(Study const& study) : study_(study) {
  for (auto const& analysis : study.analyses()) tallies_.push_back({.terms = std::vector<Term>(analysis.terms().size())});
}

void PerformanceTally::add(std::vector<Estimates> const& estimates) {
  double const alpha = study_.scenario().study.alpha;
  for (std::size_t a = 0; a < tallies_.size(); ++a) {
    auto& tally = tallies_[a];
    auto const status = estimates[a].status;
    ++tally.run;
    if (status != FitStatus::ok && status != FitStatus::singular) {
      ++tally.failed;
      continue;
    }
    ++tally.converged;
    if (status == FitStatus::singular) ++tally.singular;
    for (std::size_t t = 0; t < tally.terms.size(); ++t) {
      auto const& term = estimates[a].terms[t];
      tally.terms[t].estimate.add(term.estimate);
      tally.terms[t].squared_se.add(term.std_error * term.std_error);
      if (!std::isnan(term.p_value)) ++tally.terms[t].tested;
      if (term.p_value <= alpha) ++tally.terms[t].rejected;
    }
  }
}

void PerformanceTally::add_rows(std::size_t analysis, std::size_t term, std::vector<PerformanceRow>& rows) const {
  auto const& tally = tallies_[analysis];
  auto const& own = tally.terms[term];
  auto const add = [&](char const* measure, double value, double mcse) {
    rows.push_back({.cell = 0,
                    .analysis = study_.analyses()[analysis].spec().name,
                    .term = study_.analyses()[analysis].terms()[term],
                    .truth = not_a_number,
                    .measure = measure,
                    .value = value,
                    .mcse = mcse,
                    .run = tally.run,
                    .converged = tally.converged,
                    .singular = tally.singular,
                    .failed = tally.failed});
  };
  auto const n = static_cast<double>(tally.converged);
  bool const any = tally.converged > 0;
  bool const untested = any && own.tested == 0;  // an intraclass correlation has an interval, but no test
  double const empirical = own.estimate.sd();
  double const model = any ? std::sqrt(own.squared_se.mean()) : not_a_number;
  double const rejected = any && !untested ? static_cast<double>(own.rejected) / n : not_a_number;
  double const of_all =
      tally.run > 0 && !untested ? static_cast<double>(own.rejected) / static_cast<double>(tally.run) : not_a_number;
  add("mean_estimate", own.estimate.mean(), empirical / std::sqrt(n));
  add("empirical_se", empirical, empirical / std::sqrt(2 * (n - 1)));
  add("model_se", model, std::sqrt(own.squared_se.variance() / (4 * n * model * model)));
  add("rejection_rate", rejected, share_se(rejected, tally.converged));
  add("rejection_rate_failed_as_no", of_all, share_se(of_all, tally.run));
}

std::vector<PerformanceRow> PerformanceTally::rows() const {
  std::vector<PerformanceRow> rows;
  for (std::size_t a = 0; a < tallies_.size(); ++a) {
    for (std::size_t t = 0; t < tallies_[a].terms.size(); ++t) add_rows(a, t, rows);
  }
  return rows;
}

std::string performance_text(std::vector<PerformanceRow> const& rows, double alpha) {
  if (rows.empty()) return "No analyses: the study makes data only.\n";
  using Key = std::pair<std::string, std::string>;
  std::vector<Key> order;
  std::map<Key, std::map<std::string, PerformanceRow const*>> found;
  for (auto const& row : rows) {
    Key const key{row.analysis, row.term};
    if (found[key].empty()) order.push_back(key);
    found[key][row.measure] = &row;
  }
  std::vector<std::vector<std::string>> table{
      {"analysis", "term", "mean estimate", "empirical SE", "model SE", fmt::format("p <= {}", alpha)}};
  std::vector<std::vector<std::string>> counts{{"analysis", "run", "converged", "of these singular", "failed"}};
  std::string last;
  for (auto const& key : order) {
    auto& of = found[key];
    bool const repeated = key.first == last;
    table.push_back({repeated ? "" : key.first, key.second, figure(of["mean_estimate"]), figure(of["empirical_se"]),
                     figure(of["model_se"]), figure(of["rejection_rate"])});
    if (!repeated) {
      auto const& row = *of["rejection_rate"];
      counts.push_back({key.first, std::to_string(row.run), std::to_string(row.converged), std::to_string(row.singular),
                        std::to_string(row.failed)});
    }
    last = key.first;
  }
  return aligned_table(table) +
         "(in brackets: Monte Carlo standard error; estimates are those of fits that converged)\n\n" +
         aligned_table(counts);
}

}  // namespace bordin
