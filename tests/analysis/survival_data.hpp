#pragma once

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/design_matrix.hpp"
#include "analysis/reference.hpp"
#include "support/csv.hpp"

namespace bordin::testing {

//! A design of survival times: y = time, and the events.
struct SurvivalData {
  Design design;
  Eigen::VectorXd event;
  std::vector<std::string> names;

  Fit empty_fit() const {
    Fit fit;
    for (auto const& name : names) fit.coefficients.push_back({name});
    return fit;
  }
};

inline SurvivalData survival_data(Eigen::Index rows, Eigen::Index columns) {
  SurvivalData out;
  out.design.x.setZero(rows, columns);
  out.design.y.setOnes(rows);
  out.event.setOnes(rows);
  for (Eigen::Index j = 0; j < columns; ++j) out.names.push_back("x" + std::to_string(j + 1));
  return out;
}

inline void set_clusters(Design& design, std::vector<std::int32_t> cluster) {
  std::int32_t groups = 0;
  for (auto const c : cluster) groups = std::max(groups, c + 1);
  design.factors = {{.of_row = std::move(cluster), .groups = groups}};
}

//! Normal covariates, exponential times with hazard exp(sum of x / 2), a fifth censored, 5 clusters; whole-number times up
//! to `periods`, or continuous ones for 0.
inline SurvivalData simulated_survival(Eigen::Index rows, Eigen::Index columns, int periods, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::exponential_distribution<double> exponential;
  auto out = survival_data(rows, columns);
  std::vector<std::int32_t> cluster;
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < columns; ++j) out.design.x(i, j) = normal(random);
    double const time = exponential(random) / std::exp(out.design.x.row(i).sum() / 2);
    out.design.y[i] = periods == 0 ? time : std::min(std::ceil(time * periods / 3), double(periods));
    out.event[i] = random() % 5 == 0 ? 0 : 1;
    cluster.push_back(static_cast<std::int32_t>(random() % 5));
  }
  set_clusters(out.design, cluster);
  return out;
}

//! One data set of tests/data/survival.csv.
inline SurvivalData read_survival(Table const& table, std::string const& name, Eigen::Index columns) {
  auto const& sets = *table.find("set");
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.rows(); ++i)
    if (sets.levels[static_cast<std::size_t>(sets.as<std::int32_t>()[i])] == name) rows.push_back(i);
  auto out = survival_data(static_cast<Eigen::Index>(rows.size()), columns);
  std::vector<std::int32_t> cluster;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const value = [&](std::string const& column) { return table.find(column)->as<double>()[rows[i]]; };
    auto const row = static_cast<Eigen::Index>(i);
    out.design.y[row] = value("time");
    out.event[row] = value("event");
    cluster.push_back(static_cast<std::int32_t>(value("cluster")) - 1);
    for (Eigen::Index j = 0; j < columns; ++j) out.design.x(row, j) = value(out.names[static_cast<std::size_t>(j)]);
  }
  set_clusters(out.design, cluster);
  return out;
}

}  // namespace bordin::testing
