#pragma once

#include <Eigen/LU>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "mixed/nested_fit.hpp"
#include "support/csv.hpp"

namespace bordin::testing {

using Json = nlohmann::json;

//! tests/data/mixed_reference.json, made by make_mixed_reference.R.
inline Json const& mixed_reference() {
  static Json const all = Json::parse(std::ifstream(std::string(BORDIN_SOURCE_DIR) + "/tests/data/mixed_reference.json"));
  return all;
}

inline int reference_models() {
  return static_cast<int>(mixed_reference().size());
}

inline Eigen::MatrixXd matrix(Json const& rows) {
  Eigen::MatrixXd out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.at(0).size()));
  for (Eigen::Index i = 0; i < out.rows(); ++i)
    for (Eigen::Index j = 0; j < out.cols(); ++j)
      out(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<double>();
  return out;
}

//! The groups of a column, numbered as they come.
inline Grouping grouping(Column const& column) {
  std::vector<double> known;
  Grouping out;
  for (double const key : column.numbers()) {
    auto const at = std::find(known.begin(), known.end(), key);
    out.of_row.push_back(static_cast<std::int32_t>(at - known.begin()));
    if (at == known.end()) known.push_back(key);
  }
  out.groups = static_cast<std::int32_t>(known.size());
  return out;
}

//! One of the models of mixed_reference.json, fitted here.
struct ReferenceModel {
  explicit ReferenceModel(int number) : expected(mixed_reference().at(static_cast<std::size_t>(number))) {
    auto const table = read_data(expected["data"].get<std::string>() + ".csv");
    auto const rows = static_cast<Eigen::Index>(table.rows());
    auto const values = [&](std::string const& name) -> Eigen::VectorXd {
      if (name == "1") return Eigen::VectorXd::Ones(rows);
      auto const column = table.column(name).numbers();
      return Eigen::Map<Eigen::VectorXd const>(column.data(), rows);
    };
    x.resize(rows, static_cast<Eigen::Index>(expected["columns"].size()));
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      auto const name = expected["columns"][static_cast<std::size_t>(j)].get<std::string>();
      auto const colon = name.find(':');
      x.col(j) = colon == std::string::npos ? values(name)
                                            : values(name.substr(0, colon)).cwiseProduct(values(name.substr(colon + 1)));
    }
    y = values("y");
    read_formula();
    z.resize(rows, slopes_ ? 2 : 1);
    z.col(0).setOnes();
    if (slopes_) z.col(1) = values("time");
    for (auto const& name : levels) factors.push_back(grouping(table.column(name)));
    fit_it();
  }

  std::string what() const { return expected["data"].get<std::string>() + ' ' + expected["formula"].get<std::string>(); }
  Eigen::VectorXd coefficients() const {
    return Eigen::VectorXd::NullaryExpr(x.cols(), [&](Eigen::Index i) { return fit.coefficient(static_cast<int>(i)); });
  }

  Json expected;
  Eigen::MatrixXd x, z, r_inverse;
  Eigen::VectorXd y;
  std::vector<std::string> levels;  // innermost first
  std::vector<Grouping> factors;
  std::vector<CovarianceBlock> blocks;
  NestedSums sums;
  NestedFit fit;

 private:
  void read_formula() {
    auto const formula = expected["formula"].get<std::string>();
    for (auto const* name : {"client", "therapist", "clinic"})
      if (formula.find(std::string("| ") + name) != std::string::npos) levels.emplace_back(name);
    slopes_ = formula.find("+ time |") != std::string::npos;
    std::regex const term(R"(\((1|0 \+ time|1 \+ time) \| (\w+)\))");
    for (std::sregex_iterator at(formula.begin(), formula.end(), term), end; at != end; ++at) {
      auto const level = std::find(levels.begin(), levels.end(), (*at)[2].str()) - levels.begin();
      auto const effects = (*at)[1].str();
      blocks.push_back({static_cast<int>(level), effects == "1"          ? std::vector<int>{0}
                                                 : effects == "0 + time" ? std::vector<int>{1}
                                                                         : std::vector<int>{0, 1}});
    }
  }
  void fit_it() {
    Eigen::HouseholderQR<Eigen::MatrixXd> const qr(x);
    Eigen::MatrixXd const r = qr.matrixQR().topRows(x.cols()).triangularView<Eigen::Upper>();
    r_inverse = r.inverse();
    std::vector<ScaledColumn> w, effects;
    for (Eigen::Index j = 0; j < x.cols(); ++j) w.push_back({x.col(j).data()});
    w.push_back({y.data()});
    for (Eigen::Index j = 0; j < z.cols(); ++j) effects.push_back({z.col(j).data()});
    std::vector<Grouping const*> pointers;
    for (auto const& factor : factors) pointers.push_back(&factor);
    Eigen::MatrixXd turn = Eigen::MatrixXd::Identity(x.cols() + 1, x.cols() + 1);
    turn.topLeftCorner(x.cols(), x.cols()) = r_inverse;
    sums.read(w, effects, pointers);
    sums.finish(turn);
    fit.fit(sums, blocks, static_cast<int>(x.rows()), true, 2 * r.diagonal().cwiseAbs().array().log().sum());
  }

  bool slopes_ = false;
};

}  // namespace bordin::testing
