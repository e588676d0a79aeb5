#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "simulation/world.hpp"
#include "study/study.hpp"

//! What stands where in a results file, once for writer and reader. FORMAT.md says the same to people.
namespace bordin::format {

inline constexpr char const* name = "bordin-results";
//! Raised when a reader of the version before would misunderstand a file. New groups, columns and attributes do not raise
//! it.
inline constexpr std::int32_t version = 1;

inline constexpr char const* replications_done = "cells/replications";
inline constexpr char const* offsets = "offsets";
inline constexpr char const* replication_numbers = "replications";

struct EstimateField {
  char const* name;
  double Coefficient::*in_coefficient;
  char const* unit;
  char const* description;
};

inline constexpr std::array<EstimateField, 7> estimate_fields{{
    {"estimate", &Coefficient::estimate, "units of the outcome per unit of the term", "estimated coefficient"},
    {"std_error", &Coefficient::std_error, "as estimate", "standard error"},
    {"df", &Coefficient::df, "", "degrees of freedom of the t test; infinite for a z test"},
    {"statistic", &Coefficient::statistic, "", "estimate / std_error: t, or z where df is infinite"},
    {"p_value", &Coefficient::p_value, "", "two-sided p value of the hypothesis that the coefficient is 0"},
    {"lower", &Coefficient::lower, "as estimate", "lower end of the confidence interval with coverage 1 - alpha"},
    {"upper", &Coefficient::upper, "as estimate", "upper end of the confidence interval with coverage 1 - alpha"},
}};

//! A column of a table that is kept as rows.
template <class Row, class T>
struct RowField {
  char const* name;
  T Row::*member;
  char const* unit;
  char const* description;
};
template <class T>
using PerformanceField = RowField<PerformanceRow, T>;

inline constexpr std::tuple performance_fields{
    PerformanceField<std::int32_t>{"cell", &PerformanceRow::cell, "", "row in /cells"},
    PerformanceField<std::string>{"analysis", &PerformanceRow::analysis, "", "name of the analysis"},
    PerformanceField<std::string>{"term", &PerformanceRow::term, "", "name of the coefficient"},
    PerformanceField<double>{"truth", &PerformanceRow::truth, "as estimate",
                             "true value of the coefficient, NaN where there is none"},
    PerformanceField<std::string>{"measure", &PerformanceRow::measure, "", "what is measured: power, bias, coverage ..."},
    PerformanceField<double>{"value", &PerformanceRow::value, "", "value of the measure"},
    PerformanceField<double>{"mcse", &PerformanceRow::mcse, "as value", "Monte Carlo standard error of value"},
    PerformanceField<std::int64_t>{"run", &PerformanceRow::run, "replications", "replications"},
    PerformanceField<std::int64_t>{"converged", &PerformanceRow::converged, "replications",
                                   "replications whose fit can be used, singular ones among them"},
    PerformanceField<std::int64_t>{"singular", &PerformanceRow::singular, "replications",
                                   "replications whose fit is singular"},
    PerformanceField<std::int64_t>{"failed", &PerformanceRow::failed, "replications",
                                   "replications whose fit did not converge or could not be made"},
};

//! A fit that failed, with what makes it again: bordin replay FILE --replication N.
struct ErrorRow {
  std::int32_t cell = 0;
  std::int64_t replication = 0;
  std::string analysis;
  std::string status;
  std::string message;
};

inline constexpr std::size_t most_errors = 10'000;
inline constexpr std::tuple error_fields{
    RowField<ErrorRow, std::int32_t>{"cell", &ErrorRow::cell, "", "row in /cells"},
    RowField<ErrorRow, std::int64_t>{"replication", &ErrorRow::replication, "", "number of the replication, for a replay"},
    RowField<ErrorRow, std::string>{"analysis", &ErrorRow::analysis, "", "name of the analysis"},
    RowField<ErrorRow, std::string>{"status", &ErrorRow::status, "", "not_converged or not_estimable"},
    RowField<ErrorRow, std::string>{"message", &ErrorRow::message, "", "why"},
};

struct TableField {
  char const* name;
  Table Dataset::*in_dataset;
};

//! /data or /truth.
struct Tables {
  char const* group;
  char const* description;
  std::array<TableField, 3> tables;
};

inline constexpr Tables data{
    "data",
    "what researchers see, all kept replications one below the other",
    {{{"therapists", &Dataset::therapists}, {"clients", &Dataset::clients}, {"sessions", &Dataset::sessions}}}};
inline constexpr Tables truth{"truth",
                              "what nobody sees, row by row beside /data",
                              {{{"therapists", &Dataset::truth_therapists},
                                {"clients", &Dataset::truth_clients},
                                {"sessions", &Dataset::truth_sessions}}}};

inline std::string table_description(std::string_view table) {
  if (table == "therapists") return "one row per therapist";
  if (table == "clients") return "one row per client";
  return "one row per client and occasion, 0 = intake";
}

//! The table whose rows an index column counts, from 0 and within one replication; empty for other columns.
inline std::string index_into(Column const& column) {
  if (!std::holds_alternative<std::vector<std::int32_t>>(column.values)) return "";
  if (column.name == "therapist") return "therapists";
  return column.name == "client" ? "clients" : "";
}

inline std::vector<std::string> status_names() {
  std::vector<std::string> out;
  for (auto const status : {FitStatus::ok, FitStatus::singular, FitStatus::not_converged, FitStatus::not_estimable})
    out.push_back(fit_status_name(status));
  return out;
}

//! The words of a scenario.
inline std::string const& method_name(Method method) {
  return method_words().at(static_cast<std::size_t>(method));
}

}  // namespace bordin::format
