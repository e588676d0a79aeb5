#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "analysis/analysis.hpp"

namespace bordin {

//! `bordin fit DATA.csv "FORMULA"`: what was asked for on the command line.
struct FitCommand {
  std::string data;
  std::string formula;
  std::map<std::string, std::string> words;  //!< fields of AnalysisSpec as written: {"df", "wald"}
  bool ml = false;
  double alpha = 0.05;
  bool json = false;
  bool ranef = false;

  void add_to(CLI::App& command);
};

//! Reads, fits, and prints what came out; notes on the data go to standard error. What became of the fit.
//! Throws Error for data, formulas and options that cannot be used.
FitStatus fit(FitCommand const& command);

}  // namespace bordin
