#include "analysis/lagged_analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/ols.hpp"
#include "core/errors.hpp"

namespace bordin {
namespace {

using Eigen::Index;

[[noreturn]] void refuse(std::string const& text, std::size_t position, std::string const& problem) {
  throw FormulaError(text, fmt::format("character {}: {}", position, problem));
}

bool has_lag(Predictor const& predictor, Term const& term) {
  return std::any_of(term.begin(), term.end(), [&](auto v) { return predictor.variables[v].is_lagged(); });
}

void check_random_terms(std::string const& text, Formula const& formula) {
  if (formula.random.empty())
    throw FormulaError(text, "a lagged model needs to know whose sessions they are: add (1 | client)");
  for (auto const& random : formula.random)
    if (!random.effects.intercept || !random.effects.terms.empty())
      refuse(text, random.position,
             "a lagged model compares sessions within clients, who differ by a constant: (1 | client) names them, slopes "
             "cannot vary");
  if (formula.random.size() > 2)
    refuse(
        text, formula.random[2].position,
        "a lagged model has one random term for who is followed and one for what is independent: (1 | therapist/client)");
}

void check_lags(std::string const& text, Predictor const& fixed, std::string const& own) {
  bool found = false;
  for (auto const& term : fixed.terms) {
    if (!has_lag(fixed, term)) continue;
    auto const& first = fixed.variables[term.front()];
    if (term.size() > 1)
      refuse(text, first.position,
             fmt::format("{} is an interaction with lag(), which a lagged model has not; leave it out",
                         term_text(fixed, term)));
    found |= first.text == own;
  }
  if (!found)
    throw FormulaError(text,
                       fmt::format("a lagged model needs its response one session earlier on the right: add {}", own));
}

// A number of a session that is whole and has a successor.
bool is_whole(double session) {
  return session == std::floor(session) && std::abs(session) < 2e9;
}

}  // namespace

Formula lagged_formula(std::string const& text, Formula formula) {
  auto& fixed = formula.fixed;
  auto const own = fmt::format("lag({})", formula.response.front().text);
  check_random_terms(text, formula);
  check_lags(text, fixed, own);
  auto const rank = [&](Term const& term) {
    if (!has_lag(fixed, term)) return 2;
    return fixed.variables[term.front()].text == own ? 0 : 1;
  };
  std::stable_sort(fixed.terms.begin(), fixed.terms.end(), [&](Term const& a, Term const& b) { return rank(a) < rank(b); });
  fixed.intercept = true;  // categories get contrasts; what clients differ in takes up the intercept itself
  return formula;
}

std::string LaggedAnalysis::set_sessions(DesignPlan const& plan, Design const& design) {
  auto const strange = std::find_if_not(design.time.begin(), design.time.end(), is_whole);
  if (strange != design.time.end())
    return fmt::format("{} is {} in some row, but sessions are numbered by whole numbers", plan.inputs[*plan.time].name,
                       *strange);
  session_.resize(design.time.size());
  std::transform(design.time.begin(), design.time.end(), session_.begin(),
                 [](double session) { return static_cast<std::int32_t>(session); });
  return "";
}

std::string LaggedAnalysis::nesting_problem(Grouping const& client, Grouping const& cluster, std::string const& client_name,
                                            std::string const& cluster_name) {
  cluster_of_.assign(static_cast<std::size_t>(client.groups), -1);
  for (std::size_t row = 0; row < client.of_row.size(); ++row) {
    auto& known = cluster_of_[static_cast<std::size_t>(client.of_row[row])];
    if (known < 0) known = cluster.of_row[row];
    if (known != cluster.of_row[row])
      return fmt::format(
          "a {} has rows with different values of {}; where the same number means different clients of "
          "different therapists, write (1 | therapist/client)",
          client_name, cluster_name);
  }
  return "";
}

void LaggedAnalysis::fit(DesignPlan const& plan, Design const& design, LagBias bias, Fit& fit) {
  auto const problem = set_sessions(plan, design);
  if (!problem.empty()) return not_estimable(fit, problem);
  auto const& factors = design.factors;
  std::size_t const client = factors.size() > 1 && factors[1].groups > factors[0].groups ? 1 : 0;
  std::size_t const cluster = factors.size() > 1 ? 1 - client : client;
  auto const& client_name = plan.factors[client].name;
  auto const& cluster_name = plan.factors[cluster].name;
  auto const nesting = nesting_problem(factors[client], factors[cluster], client_name, cluster_name);
  if (!nesting.empty()) return not_estimable(fit, nesting);

  auto const is_lag = [&](auto const& column) { return plan.variables[column.front().variable].source.is_lagged(); };
  auto const lags = static_cast<Index>(std::count_if(plan.x.columns.begin(), plan.x.columns.end(), is_lag));
  lagged_ = design.x.middleCols(1, lags - 1);
  same_ = design.x.rightCols(design.x.cols() - lags);
  LaggedData const data{.client = factors[client].of_row,
                        .session = session_,
                        .y = design.y,
                        .lagged = lagged_,
                        .same = same_,
                        .cluster = cluster == client ? std::span<std::int32_t const>() : factors[cluster].of_row,
                        .clients = static_cast<std::size_t>(factors[client].groups),
                        .clusters = static_cast<std::size_t>(factors[cluster].groups)};
  model_.fit(data, bias, client_name, cluster_name, fit);
}

}  // namespace bordin
