#include "analysis/person_period.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace bordin {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr std::size_t most_periods = 100;

std::string problem_of(Design const& survival, VectorXd const& event) {
  constexpr double exact = 9007199254740992;  // up to here whole numbers are whole
  if (!survival.problem.empty()) return survival.problem;
  for (double const time : survival.y)
    if (!(time >= 1 && time <= exact && time == std::floor(time)))
      return fmt::format("a time is {}: in discrete time it has to be the period 1, 2, 3 ...", time);
  if (!(event.array() == 0 || event.array() == 1).all()) return "events must be 0 (censored) or 1 (happened)";
  if ((event.array() == 0).all()) return "no event happens: all times are censored";
  return "";
}

void clear(PersonPeriod& out) {
  out.design.x.resize(0, 0);
  out.design.y.resize(0);
  out.design.factors.clear();
  out.names.clear();
  out.periods.clear();
  out.person.clear();
}

// The periods in which some leave and some stay.
void find_periods(Design const& survival, VectorXd const& event, PersonPeriod& out) {
  out.sets.sort(survival.y, event);
  out.periods.clear();
  for (auto const& [first, events] : out.sets.event_times())
    if (first + events < out.sets.order().size())
      out.periods.push_back(static_cast<std::int64_t>(survival.y[out.sets.order()[first]]));
}

void set_names(std::vector<std::string> const& covariates, PersonPeriod& out) {
  auto const periods = out.periods.size();
  out.names.resize(periods + covariates.size());
  for (std::size_t g = 0; g < periods; ++g) out.names[g] = fmt::format("period{}", out.periods[g]);
  for (std::size_t j = 0; j < covariates.size(); ++j) out.names[periods + j] = covariates[j];
}

// Person by person: who is in which row, the periods and y.
void set_rows(Design const& survival, VectorXd const& event, PersonPeriod& out) {
  auto& x = out.design.x;
  auto& y = out.design.y;
  Index rows = 0;
  for (double const time : survival.y)
    for (std::size_t g = 0; g < out.periods.size() && static_cast<double>(out.periods[g]) <= time; ++g) ++rows;
  auto const periods = static_cast<Index>(out.periods.size());
  x.resize(rows, periods + survival.x.cols());
  x.leftCols(periods).setZero();
  y.resize(rows);
  out.person.resize(static_cast<std::size_t>(rows));
  Index row = 0;
  for (Index person = 0; person < survival.y.size(); ++person) {
    double const time = survival.y[person];
    for (Index g = 0; g < periods; ++g, ++row) {
      auto const period = static_cast<double>(out.periods[static_cast<std::size_t>(g)]);
      if (period > time) break;
      x(row, g) = 1;
      y[row] = period == time ? event[person] : 0;
      out.person[static_cast<std::size_t>(row)] = static_cast<std::int32_t>(person);
    }
  }
}

void copy_covariates(Design const& survival, PersonPeriod& out) {
  auto const periods = static_cast<Index>(out.periods.size());
  for (Index j = 0; j < survival.x.cols(); ++j)
    for (Index row = 0; row < out.design.x.rows(); ++row)
      out.design.x(row, periods + j) = survival.x(out.person[static_cast<std::size_t>(row)], j);
  out.design.factors.resize(survival.factors.empty() ? 0 : 1);
  if (survival.factors.empty()) return;
  auto const& of_client = survival.factors.front();
  auto& clusters = out.design.factors.front();  // its memory is used again
  clusters.groups = of_client.groups;
  clusters.of_row.clear();
  for (auto const person : out.person) clusters.of_row.push_back(of_client.of_row[static_cast<std::size_t>(person)]);
}

}  // namespace

void expand_person_period(Design const& survival, VectorXd const& event, std::vector<std::string> const& names,
                          PersonPeriod& out) {
  out.design.empty_levels = survival.empty_levels;
  out.design.problem = problem_of(survival, event);
  if (!out.design.problem.empty()) return clear(out);
  find_periods(survival, event, out);
  if (out.periods.empty())
    out.design.problem = "there is no period in which some leave and some stay";
  else if (out.periods.size() > most_periods)
    out.design.problem =
        fmt::format("events happen in {} different periods, more than {}: take wider periods or a Cox model",
                    out.periods.size(), most_periods);
  if (!out.design.problem.empty()) return clear(out);
  set_names(names, out);
  set_rows(survival, event, out);
  copy_covariates(survival, out);
}

}  // namespace bordin
