#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "analysis/design_matrix.hpp"
#include "analysis/logistic.hpp"
#include "analysis/logistic_intercept.hpp"
#include "core/formula.hpp"

namespace bordin::testing {

//! A formula on a table, ready for the estimators: rows as numbers, names of coefficients, the orthonormal basis.
struct LogisticCase {
  LogisticCase(std::string const& formula, Table const& table)
      : parsed(parse_formula(formula)),
        plan(plan_design(formula, parsed, table, "")),
        design(build_design(plan, table)),
        basis(design.x, 1e-10) {}

  Fit blank() const {
    Fit fit;
    for (auto const& name : plan.x.names) fit.coefficients.push_back({.term = name});
    return fit;
  }
  Fit fit() const {
    Fit out = blank();
    LogisticRegression().fit(design, basis, out);
    return out;
  }
  Fit fit(int nodes) const {
    Fit out = blank();
    LogisticRandomIntercept(nodes).fit(design, basis, parsed.random.front().group.front(), out);
    return out;
  }

  Formula parsed;
  DesignPlan plan;
  Design design;
  OrthogonalBasis basis;
};

struct LogisticWorld {
  double rate = .3;
  double theta = 0;
  double slope = .4;
};

//! Columns x (continuous), z (0 or 1), y and g; clusters of the given sizes.
inline Table logistic_table(std::vector<int> const& sizes, LogisticWorld const& world, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> x;
  std::vector<double> z;
  std::vector<double> y;
  std::vector<std::int32_t> g;
  for (std::size_t j = 0; j < sizes.size(); ++j) {
    double const u = world.theta * normal(random);
    for (int i = 0; i < sizes[j]; ++i) {
      x.push_back(normal(random));
      z.push_back(uniform(random) < .5 ? 1 : 0);
      double const eta = std::log(world.rate / (1 - world.rate)) + world.slope * (x.back() + z.back() - .5) + u;
      y.push_back(uniform(random) < 1 / (1 + std::exp(-eta)) ? 1 : 0);
      g.push_back(static_cast<std::int32_t>(j));
    }
  }
  Table table;
  table.add({"x", "", "", x});
  table.add({"z", "", "", z});
  table.add({"y", "", "", y});
  table.add({"g", "", "", g});
  return table;
}

}  // namespace bordin::testing
