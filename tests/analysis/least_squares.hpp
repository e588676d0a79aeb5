#pragma once

#include <Eigen/Core>
#include <random>
#include <string>
#include <vector>

#include "analysis/ols.hpp"
#include "analysis/reference.hpp"

namespace bordin::testing {

//! A data set with its least-squares fit, to which other standard errors and tests are then applied.
struct FittedBySquares {
  explicit FittedBySquares(Design d)
      : design(std::move(d)), basis(design.x, 1e-10), ls(design.y, basis), fit(fitted(std::vector<std::string>())) {}
  FittedBySquares(Design d, std::vector<std::string> const& terms)
      : design(std::move(d)), basis(design.x, 1e-10), ls(design.y, basis), fit(fitted(terms)) {}

  Fit fitted(std::vector<std::string> const& terms) const {
    Fit out;
    for (Eigen::Index k = 0; k < design.x.cols(); ++k) {
      Coefficient coefficient;
      coefficient.term = terms.empty() ? "x" + std::to_string(k) : terms[static_cast<std::size_t>(k)];
      out.coefficients.push_back(coefficient);
    }
    fit_ols(design, basis, "rows", out);
    return out;
  }

  Design design;
  OrthogonalBasis basis;
  LeastSquares ls;
  Fit fit;
};

//! A formula of a file of tests/data, clusters being therapists.
inline FittedBySquares fit_file(std::string const& formula, std::string const& file) {
  auto const table = read_data(file);
  auto const plan = plan_design(formula, parse_formula(formula), table, "therapist");
  return {build_design(plan, table), plan.x.names};
}

//! Clusters of the given sizes with an intercept, `within` standard normal columns and `between` columns that are constant
//! in clusters.
inline Design random_design(std::vector<int> const& sizes, int within, int between, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Design design;
  auto& clusters = design.factors.emplace_back(Grouping{.of_row = {}, .groups = static_cast<std::int32_t>(sizes.size())});
  for (std::size_t j = 0; j < sizes.size(); ++j)
    clusters.of_row.insert(clusters.of_row.end(), static_cast<std::size_t>(sizes[j]), static_cast<std::int32_t>(j));
  auto const rows = static_cast<Eigen::Index>(clusters.of_row.size());
  design.x = Eigen::MatrixXd::Ones(rows, 1 + within + between);
  design.y.resize(rows);
  Eigen::MatrixXd level(static_cast<Eigen::Index>(sizes.size()), between + 1);
  for (auto& v : level.reshaped()) v = normal(random);
  for (Eigen::Index i = 0; i < rows; ++i) {
    auto const j = design.cluster()[static_cast<std::size_t>(i)];
    for (int k = 0; k < within; ++k) design.x(i, 1 + k) = normal(random);
    for (int k = 0; k < between; ++k) design.x(i, 1 + within + k) = level(j, k);
    design.y[i] = level(j, between) / 2 + normal(random) + design.x.row(i).sum();
  }
  return design;
}

}  // namespace bordin::testing
