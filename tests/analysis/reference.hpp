#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analysis.hpp"
#include "support/csv.hpp"

namespace bordin::testing {

using Json = nlohmann::ordered_json;  // the order of coefficients matters

inline Json read_json(std::string const& name) {
  return Json::parse(std::ifstream(std::string(BORDIN_SOURCE_DIR) + "/tests/data/" + name));
}

//! The fits of tests/data/analysis_reference.json (made by make_reference.R) with one method.
inline std::vector<Json> reference_fits(std::string const& method) {
  std::vector<Json> out;
  for (auto const& fit : read_json("analysis_reference.json"))
    if (fit["method"] == method) out.push_back(fit);
  return out;
}

inline Fit fit_formula(std::string const& formula, Table const& table, Method method = Method::automatic,
                       FitOptions const& options = {}, DfMethod df = DfMethod::satterthwaite) {
  return Analysis({.name = "", .formula = formula, .method = method, .df = df, .test = {}}, table).fit(table, options);
}

inline std::string described(Json const& reference) {
  return reference["data"].get<std::string>() + ": " + reference["formula"].get<std::string>() +
         (reference.value("reml", false) ? " REML" : "");
}

inline void expect_relative(double value, double expected, double tolerance, std::string const& what) {
  EXPECT_LE(std::abs(value - expected), tolerance * std::abs(expected))
      << what << ": " << value << " where R has " << expected;
}

struct Tolerances {  // relative
  double std_error;
  double df;
  double p;
};

//! Same coefficients in the same order, estimates within `tolerances.std_error` standard errors.
inline void expect_coefficients(Fit const& fit, Json const& expected, Tolerances const& tolerances) {
  ASSERT_EQ(fit.coefficients.size(), expected.size());
  std::size_t i = 0;
  for (auto const& [term, numbers] : expected.items()) {
    auto const& c = fit.coefficients[i++];
    EXPECT_EQ(c.term, term);
    double const se = numbers["se"];
    EXPECT_LE(std::abs(c.estimate - numbers["estimate"].get<double>()), tolerances.std_error * se) << term;
    expect_relative(c.std_error, se, tolerances.std_error, "SE of " + term);
    expect_relative(c.df, numbers["df"], tolerances.df, "df of " + term);
    expect_relative(c.p_value, numbers["p"], tolerances.p, "p of " + term);
  }
}

}  // namespace bordin::testing
